"""An emulated machine (TCG: it works in any sandbox) that runs an image; disks come and go.

Booted once and its state saved; each test resumes from there in a second, on an overlay of its own.
"""

import base64
import ctypes
import itertools
import json
import pathlib
import shlex
import shutil
import signal
import subprocess
import sys
import time

from channel import Channel, CommandFailed

BOOT_SECONDS = 900
PORTS = [f"port{number}" for number in range(1, 7)]  # each takes a PCI device that comes later
PR_SET_PDEATHSIG = 1


class GuestFailed(Exception):
    """A command in the guest did not do what the test needs."""


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Disk:
    """A disk that is plugged in. What the guest calls it is found by its serial number."""

    def __init__(self, machine, name, properties, image):
        self._machine, self.name, self.image = machine, name, image
        self.serial, self._bus = properties["serial"], properties["bus"]

    @property
    def device(self):
        """/dev/NAME, once the guest has seen the disk and udev is done with it."""
        found = self._machine.eventually(
            f"udevadm settle; lsblk -dno NAME,SERIAL | "
            f"awk '$2 == \"{self.serial}\" {{print $1}}' | grep .")
        return f"/dev/{found.strip()}"

    def unplug(self):
        qmp = self._machine.qmp
        qmp.command("device_del", {"id": self.name})
        qmp.await_event("DEVICE_DELETED", lambda data: data.get("device") == self.name)
        qmp.command("blockdev-del", {"node-name": self.name})
        if self._bus in PORTS:
            self._machine.free_ports.append(self._bus)


class Machine:
    """In `with`: it runs. `state` is a saved one to resume from."""

    def __init__(self, image, work, root, root_format, state=None):
        self._image, self._work, self._state = image, work, state
        self._root = f"if=none,id=root,file={root},format={root_format},cache=unsafe"
        self._names = itertools.count(1)
        self.free_ports = list(PORTS)
        self.console = work / "console.log"

    def _arguments(self):
        sockets = {name: self._work / f"{name}.sock" for name in ("qmp", "agent")}
        for path in sockets.values():
            path.unlink(missing_ok=True)
        arguments = [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi,tb-size=512",
            "-cpu", "max", "-smp", "2", "-m", "1280", "-nodefaults", "-no-user-config",
            "-display", "none", "-serial", f"file:{self.console}",
            "-kernel", self._image.kernel, "-initrd", self._image.initrd,
            "-append", "console=ttyS0 root=/dev/vda rw quiet mitigations=off panic=-1 "
                       "systemd.show_status=0 nvme_core.multipath=N",
            "-qmp", f"unix:{sockets['qmp']},server=on,wait=off",
            "-chardev", f"socket,path={sockets['agent']},server=on,wait=off,id=agent",
            "-device", "virtio-serial-pci",
            "-device", "virtserialport,chardev=agent,name=org.qemu.guest_agent.0",
            "-drive", self._root, "-device", "virtio-blk-pci,drive=root,serial=ROOT",
            "-device", "virtio-scsi-pci,id=scsi", "-device", "qemu-xhci,id=usb"]
        for number, port in enumerate(PORTS, 1):
            arguments += ["-device", f"pcie-root-port,id={port},chassis={number},slot={number}"]
        if self._state:
            arguments += ["-incoming", f"exec:cat {shlex.quote(str(self._state))}"]
        return sockets, [str(argument) for argument in arguments]

    def __enter__(self):
        self._work.mkdir(parents=True, exist_ok=True)
        sockets, arguments = self._arguments()
        self._errors = open(self._work / "qemu.log", "wb")
        self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL,
                                         stdout=self._errors, stderr=self._errors,
                                         preexec_fn=die_with_parent)
        try:
            self.qmp = Channel(sockets["qmp"], 60)
            self.qmp.receive(60)  # its greeting
            self.qmp.command("qmp_capabilities")
            self._agent = Channel(sockets["agent"], 60)
            if self._state:
                self._until_running()
            self._until_answering()
            self.run(f"date -s @{time.time():.3f}")
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            self.qmp.command("quit", seconds=5)
            self._process.wait(10)
        except (AttributeError, OSError, EOFError, CommandFailed, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        self._errors.close()

    def _until_running(self):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            status = self.qmp.command("query-status")
            if status["running"]:
                return
            if status["status"] == "paused":
                self.qmp.command("cont")
            time.sleep(0.02)
        raise GuestFailed("the saved state does not run")

    def _until_answering(self):
        until = time.monotonic() + BOOT_SECONDS
        for token in itertools.count(time.time_ns() & 0xffffffff):
            # 0xff: what the agent got before, it forgets. Answers to earlier tries come first.
            self._agent.send_bytes(
                b'\xff{"execute": "guest-sync-delimited", "arguments": {"id": %d}}\n' % token)
            try:
                while self._agent.receive(2).get("return") != token:
                    pass
                return
            except TimeoutError:
                if time.monotonic() > until:
                    raise GuestFailed(f"no answer from the guest:\n{self.said()[-3000:]}") from None

    def said(self):
        """On the console."""
        if not self.console.exists():
            return ""
        return self.console.read_text(encoding="utf-8", errors="replace")

    def attempt(self, command, seconds=300):
        """Runs it in the guest's bash, as root. Its exit status, and what it wrote."""
        started = self._agent.command("guest-exec", {
            "path": "/bin/bash", "arg": ["-c", f"{{ {command}\n}} 2>&1"], "capture-output": True})
        until, pause = time.monotonic() + seconds, 0.005
        while True:
            status = self._agent.command("guest-exec-status", {"pid": started["pid"]})
            if status["exited"]:
                said = base64.b64decode(status.get("out-data", "")).decode(errors="replace")
                return status.get("exitcode", -status.get("signal", 0)), said
            if time.monotonic() > until:
                raise GuestFailed(f"not done in {seconds} s: {command}")
            time.sleep(pause)
            pause = min(pause * 1.5, 0.2)

    def run(self, command, seconds=300):
        """What it wrote. It must succeed."""
        status, said = self.attempt(command, seconds)
        if status != 0:
            raise GuestFailed(f"exit status {status} of: {command}\n{said}")
        return said

    def json(self, command):
        """What it wrote, as JSON."""
        return json.loads(self.run(command))

    def until(self, holds, seconds):
        """Asks until it holds. `holds` returns whether, and what was seen instead."""
        until = time.monotonic() + seconds
        while not (seen := holds())[0]:
            if time.monotonic() > until:
                raise GuestFailed(f"not within {seconds} s; the last was {seen[1]}")
            time.sleep(0.5)

    def eventually(self, command, seconds=90):
        """What it wrote when it succeeded at last."""
        until = time.monotonic() + seconds
        while True:
            status, said = self.attempt(command)
            if status == 0:
                return said
            if time.monotonic() > until:
                raise GuestFailed(f"not within {seconds} s: {command}\n{said}")
            time.sleep(0.3)

    def send(self, host_file, guest_file):
        """Copies a file in: as a disk, for the agent's own way is slow."""
        self._send(pathlib.Path(host_file).read_bytes(), f">{shlex.quote(guest_file)}")

    def unpack(self, archive, directory):
        """Unpacks the bytes of a tar archive into a new directory of the guest's."""
        self.run(f"mkdir -p {directory}")
        self._send(archive, f"| tar -x --no-same-owner -C {directory}")

    def _send(self, data, then):
        disk = self.plug("scsi-hd", content=data)
        self.run(f"head -c {len(data)} {disk.device} {then}")
        disk.unplug()

    def plug(self, driver, size_bytes=0, content=b"", iops=0, logged=False, **properties):
        """A new disk: blank, or with `content` at its start; slow when `iops` says so; with every
        write and flush in a log where `logged` (write_log.py).

        Drivers: virtio-blk-pci, nvme, scsi-hd, usb-storage; properties as QEMU names them.
        """
        name = f"disk{next(self._names)}"
        properties.setdefault("serial", name.upper())
        if driver in ("virtio-blk-pci", "nvme"):
            properties["bus"] = self.free_ports.pop(0)
        elif driver == "scsi-hd":
            properties["bus"] = "scsi.0"
        elif driver == "usb-storage":
            properties["bus"] = "usb.0"
        path = self._work / f"{name}.img"
        with open(path, "wb") as image:
            image.write(content)
            image.truncate(max(size_bytes, -(-len(content) // 512) * 512))
        node = {"driver": "raw", "node-name": name, "discard": "unmap",
                "file": {"driver": "file", "filename": str(path)}}
        if iops:
            self.qmp.command("object-add", {"qom-type": "throttle-group", "id": f"{name}-group",
                                            "limits": {"iops-total": iops}})
            node = {"driver": "throttle", "node-name": name, "throttle-group": f"{name}-group",
                    "file": {**node, "node-name": f"{name}-image"}}
        if logged:
            log = path.with_suffix(".log")
            log.write_bytes(b"")
            node = {"driver": "blklogwrites", "node-name": name, "log-sector-size": 512,
                    "file": {**node, "node-name": f"{name}-image"},
                    "log": {"driver": "file", "filename": str(log)}}
        self.qmp.command("blockdev-add", node)
        self.qmp.command("device_add", {"driver": driver, "id": name, "drive": name, **properties})
        return Disk(self, name, properties, path)

    def save(self, state):
        """Writes the running machine's state to a file, and stops it for good."""
        self.run("sync")
        self.qmp.command("stop")
        self.qmp.command("migrate-set-parameters", {"max-bandwidth": 1 << 40})
        self.qmp.command("migrate", {"uri": f"exec:cat >{shlex.quote(str(state))}"})
        while (status := self.qmp.command("query-migrate")["status"]) != "completed":
            if status in ("failed", "cancelled"):
                raise GuestFailed(f"the state could not be saved: {status}")
            time.sleep(0.05)

    def cut_power(self):
        """What the guest had not written is lost, and it boots again."""
        self.qmp.command("system_reset")
        self._until_answering()


def boot_once(image, work):
    """The state of a machine that has booted and started everything, made once for an image."""
    state = image.directory / "booted.state"
    if state.exists():
        return state
    print("== booting it once, emulated", file=sys.stderr)
    with Machine(image, work, image.root, "raw") as machine:
        machine.eventually("systemctl is-system-running | grep -E 'running|degraded'", BOOT_SECONDS)
        machine.save(state.with_suffix(".part"))
    state.with_suffix(".part").rename(state)
    return state


def resumed(image, state, work):
    """A machine of its own: what it writes is in an overlay."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    overlay = work / "root.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", image.root, "-F", "raw",
                    overlay], check=True)
    return Machine(image, work, overlay, "qcow2", state)
