"""A Ceph of one monitor, one manager and the OSDs it is given, on loopback, without systemd."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Cluster:
    """In `with`: it runs."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="joist-ceph-"))
        self._pids = []
        port = free_port()
        self._address = f"[v2:127.0.0.1:{port}]"
        self.config = self.directory / "ceph.conf"
        self.fsid = str(uuid.uuid4())
        settings = {
            "fsid": self.fsid, "mon host": f"v2:127.0.0.1:{port}/0", "mon initial members": "a",
            "auth cluster required": "cephx", "auth service required": "cephx",
            "auth client required": "cephx", "osd pool default size": "1",
            "osd pool default min size": "1", "osd crush chooseleaf type": "0",
            "mon allow pool size one": "true", "mon data avail warn": "2",
            "mon data avail crit": "1", "ms bind ipv6": "false", "ms bind msgr1": "false",
            "public addr": "127.0.0.1", "cluster addr": "127.0.0.1",
            "run dir": self.directory, "admin socket": f"{self.directory}/$name.asok",
            "pid file": f"{self.directory}/$name.pid", "log file": f"{self.directory}/$name.log",
            "keyring": f"{self.directory}/keyring", "mon data": f"{self.directory}/mon",
            "mgr data": f"{self.directory}/mgr", "mgr initial modules": "",
            "osd data": f"{self.directory}/osd-$id", "setuser": "root", "setgroup": "root"}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        self.config.write_text(f"[global]\n{lines}", encoding="utf-8")

    def _run(self, *words, **more):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr[-2000:]}")
        return done.stdout

    def ceph(self, *words, **more):
        return self._run("ceph", "-c", self.config, "--connect-timeout", "20", *words, **more)

    def _daemon(self, *words):
        """In the foreground, so that its pid is ours to end."""
        log = open(self.directory / "daemons.log", "ab")
        process = subprocess.Popen([*map(str, words), "-f"], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=log, start_new_session=True)
        log.close()
        self._pids.append(process)
        return process

    def __enter__(self):
        keyring = self.directory / "keyring"
        for directory in ("mon", "mgr"):
            (self.directory / directory).mkdir()
        allow = {"mon.": ["--cap", "mon", "allow *"],
                 "client.admin": ["--cap", "mon", "allow *", "--cap", "osd", "allow *",
                                  "--cap", "mgr", "allow *"],
                 "mgr.x": ["--cap", "mon", "allow profile mgr", "--cap", "osd", "allow *"]}
        for number, (name, capabilities) in enumerate(allow.items()):
            self._run("ceph-authtool", *(["-C"] if number == 0 else []), keyring, "--gen-key",
                      "-n", name, *capabilities)
        monmap = self.directory / "monmap"
        self._run("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", self._address, monmap)
        self._run("ceph-mon", "-c", self.config, "--mkfs", "-i", "a", "--monmap", monmap,
                  "--keyring", keyring)
        shutil.copy(keyring, self.directory / "mon/keyring")
        self._daemon("ceph-mon", "-c", self.config, "-i", "a")
        self.ceph("-s")
        self._daemon("ceph-mgr", "-c", self.config, "-i", "x")
        return self

    def __exit__(self, *_):
        for process in reversed(self._pids):
            process.send_signal(signal.SIGTERM)
        for process in self._pids:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def add_osd(self, device):
        """Makes an OSD of the device and starts it. Its number."""
        osd = str(uuid.uuid4())
        secret = self._run("ceph-authtool", "--gen-print-key").strip()
        number = self.ceph("osd", "new", osd, "-i", "-",
                           input=json.dumps({"cephx_secret": secret})).strip()
        data = self.directory / f"osd-{number}"
        data.mkdir()
        (data / "block").symlink_to(device)
        self._run("ceph-authtool", "-C", data / "keyring", "-n", f"osd.{number}", "--add-key", secret)
        self.ceph("mon", "getmap", "-o", data / "monmap")
        common = ["ceph-osd", "-c", self.config, "-i", number, "--keyring", data / "keyring"]
        self._run(*common, "--mkfs", "--osd-uuid", osd, "--monmap", data / "monmap",
                  "--osd-objectstore", "bluestore")
        self._daemon(*common)
        return number

    def until_healthy(self, osds, seconds=180):
        """Until a pool on them is active and clean, and takes an object."""
        until = time.monotonic() + seconds
        while f"{osds} up" not in (said := self.ceph("osd", "stat")):
            if time.monotonic() > until:
                raise RuntimeError(f"the OSDs are not up: {said}")
            time.sleep(0.5)
        self.ceph("osd", "pool", "create", "proof", "8", "8")
        # "9 pgs: 9 active+clean; …": of how many is the manager's to say.
        while not re.match(r"([1-9]\d*) pgs: \1 active\+clean;", said := self.ceph("pg", "stat")):
            if time.monotonic() > until:
                raise RuntimeError(f"the pool is not clean: {said}")
            time.sleep(0.5)
        content = os.urandom(1 << 20)
        rados = ["rados", "-c", self.config, "-p", "proof"]
        (self.directory / "object").write_bytes(content)
        self._run(*rados, "put", "object", self.directory / "object")
        self._run(*rados, "get", "object", self.directory / "object.back")
        if (self.directory / "object.back").read_bytes() != content:
            raise RuntimeError("an object came back with other bytes")
