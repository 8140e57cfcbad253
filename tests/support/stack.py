"""Starts the built programs on loopback, as the packages would: for the demo, the benchmark and
the tests that need all of them together.

Everything lives in one temporary directory. A guardian process ends, detaches and removes all of
it when this process ends, even by SIGKILL.
"""

import base64
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

AGENT_USER = "nobody"
INSTALLER_USER = "daemon"


class Failure(Exception):
    """What went wrong, for a person."""


class Guardian:
    """A child that outlives its parent by as long as cleaning up takes.

    Learns over a pipe what was made; the pipe's end, however it came, is the signal to undo it.
    """

    def __init__(self):
        reader, self._writer = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._writer)
            os.setsid()  # Ctrl-C is for the parent
            try:
                self._clean(*self._listen(reader))
            finally:
                os._exit(0)
        os.close(reader)

    def _tell(self, *words):
        os.write(self._writer, (" ".join(words) + "\n").encode())

    def process(self, pid):
        self._tell("process", str(pid))

    def loop(self, device):
        self._tell("loop", device)

    def directory(self, path):
        self._tell("directory", str(path))

    def close(self):
        if self._writer is None:
            return
        os.close(self._writer)
        self._writer = None
        os.waitpid(self._pid, 0)

    @staticmethod
    def _listen(reader):
        processes, loops, directories = [], [], []
        with os.fdopen(reader) as lines:
            for line in lines:
                kind, value = line.split()
                if kind == "process":
                    # A descriptor, because the number may belong to another process later.
                    with contextlib.suppress(ProcessLookupError):
                        processes.append(os.pidfd_open(int(value)))
                elif kind == "loop":
                    loops.append(value)
                else:
                    directories.append(value)
        return processes, loops, directories

    @staticmethod
    def _clean(processes, loops, directories):
        for sig, patience_seconds in ((signal.SIGTERM, 5), (signal.SIGKILL, 2)):
            alive = []
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(process, sig)
                    alive.append(process)
            deadline = time.monotonic() + patience_seconds
            while alive and time.monotonic() < deadline:
                # A zombie that nobody reaps still takes signals: a readable descriptor has ended.
                alive = [process for process in alive if not _has_ended(process)]
                time.sleep(0.02)
            processes = alive
        for device in loops:
            subprocess.run(["losetup", "-d", device], check=False, capture_output=True)
        for path in directories:
            shutil.rmtree(path, ignore_errors=True)


def _has_ended(pidfd):
    import select

    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(0))


def free_port(wanted):
    """`wanted` where nobody has it on loopback, else another."""
    for port in (wanted, 0):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise Failure("no free port on 127.0.0.1")


def wait_for(what, check, seconds=20, alive=()):
    """Calls `check` until it returns something, and returns that. `alive`: what has to live on."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        for program in alive:
            if program.poll() is not None:
                raise Failure(f"{what}: {program.args[0]} ended with {program.returncode}")
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Stack:
    """Installer, helper and agent of one build. A context manager; start what you need."""

    def __init__(self, bin_dir, size_min_bytes=32 << 20, enabled_collectors=(), collector_settings=()):
        self.bin = pathlib.Path(bin_dir).resolve()
        for program in ("joist-agent", "joist-apply", "joist-helper", "joist-installer", "joistctl"):
            if not os.access(self.bin / program, os.X_OK):
                raise Failure(f"{self.bin / program} is missing: run ./dev build")
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="joist-"))
        self.guardian = Guardian()
        self.guardian.directory(self.dir)
        self.dir.chmod(0o755)
        self.installer = self.agent = None
        self._helper = None
        self._helper_thread = None
        self._stopping = threading.Event()
        self.size_min_bytes = size_min_bytes
        self.enabled_collectors = enabled_collectors
        self.collector_settings = collector_settings  # pairs of name and value
        self.images = {}  # of loop devices
        self.uses = []  # name, kind and ids of disks
        self.installer_port = free_port(7443)
        self.metrics_port = free_port(7444)
        self.installer_metrics_port = free_port(7445)
        self._lay_out()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self._stopping.set()
        self.guardian.close()

    # ---- layout

    def _lay_out(self):
        for name, user in (
            ("agent-state", AGENT_USER), ("run", AGENT_USER),
            ("installer-state", INSTALLER_USER), ("installer-run", INSTALLER_USER),
            ("work", AGENT_USER),
        ):
            path = self.dir / name
            path.mkdir()
            account = pwd.getpwnam(user)
            os.chown(path, account.pw_uid, account.pw_gid)
            path.chmod(0o755 if "run" in name else 0o700)
        (self.dir / "log").mkdir()
        self.agent_config = self.dir / "agent.yaml"
        self.installer_config = self.dir / "installer.yaml"
        self.agent_config.write_text(self.agent_yaml(), encoding="utf-8")
        self.installer_config.write_text(
            "name: demo\n"
            f'listen: "127.0.0.1:{self.installer_port}"\n'
            f'metrics_listen: "127.0.0.1:{self.installer_metrics_port}"\n', encoding="utf-8")

    def agent_yaml(self):
        return (
            "roles: [worker, ceph]\n"
            "metrics:\n"
            f'  listen: "127.0.0.1:{self.metrics_port}"\n'
            f"  enabled_collectors: [{', '.join(self.enabled_collectors)}]\n"
            "  collector_settings: ["
            + ", ".join(f'{{name: {name}, value: "{value}"}}'
                        for name, value in self.collector_settings) + "]\n"
            "storage:\n"
            f"  size_min_bytes: {self.size_min_bytes}\n"
            "  allowed_kinds: [loop]\n"
            # Ids are JSON's strings, and so YAML's.
            "  uses: " + json.dumps([{"name": name, "kind": kind, "disks": {"ids": ids}}
                                     for name, kind, ids in self.uses]) + "\n")

    def use(self, name, kind, *devices):
        """Says in the agent's configuration what loop devices are for. They are named one by one:
        the host may have loop devices that are not this stack's."""
        self.uses.append((name, kind, [f"file:{self.images[device]}" for device in devices]))
        self.agent_config.write_text(self.agent_yaml(), encoding="utf-8")

    @property
    def agent_socket(self):
        return self.dir / "run" / "agent.sock"

    @property
    def helper_socket(self):
        return self.dir / "run" / "helper.sock"

    @property
    def apply_socket(self):
        return self.dir / "run" / "apply.sock"

    @property
    def installer_socket(self):
        return self.dir / "installer-run" / "installer.sock"

    @property
    def metrics_url(self):
        return f"http://127.0.0.1:{self.metrics_port}"

    def log_of(self, name):
        path = self.dir / "log" / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # ---- programs

    def spawn(self, name, argv, user=None, env=None):
        """Starts a program that ends with this stack; its output goes to log_of(name)."""
        identity = {}
        if user:
            account = pwd.getpwnam(user)
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with open(self.dir / "log" / name, "ab") as log:
            program = subprocess.Popen(
                [str(word) for word in argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                cwd=self.dir, env={**os.environ, **(env or {})}, start_new_session=True, **identity)
        self.guardian.process(program.pid)
        return program

    def start_installer(self):
        self.installer = self.spawn("installer", [
            self.bin / "joist-installer", "--config", self.installer_config,
            "--state-dir", self.dir / "installer-state", "--run-dir", self.dir / "installer-run",
        ], user=INSTALLER_USER)
        wait_for("joist-installer answers", lambda: self._answers(
            "--installer-socket", self.installer_socket, "nodes"), alive=[self.installer])

    def start_helper(self, idle_seconds=30):
        """Kept running: it ends when idle, and systemd's socket would start it again."""

        def keep():
            while not self._stopping.is_set():
                self._helper = self.spawn("helper", [
                    self.bin / "joist-helper", "--listen", self.helper_socket,
                    "--agent-user", AGENT_USER, "--idle-seconds", idle_seconds])
                self._helper.wait()
                self._stopping.wait(0.1)

        self._helper_thread = threading.Thread(target=keep, daemon=True)
        self._helper_thread.start()
        wait_for("joist-helper listens", self.helper_socket.exists)

    @property
    def helper(self):
        return self._helper

    def start_apply(self):
        """Stays: it would end when idle, and systemd's socket start it again."""
        state = self.dir / "apply-state"
        program = self.spawn("apply", [
            self.bin / "joist-apply", "--listen", self.apply_socket, "--agent-user", AGENT_USER,
            "--state-directory", state, "--policy", self.dir / "apply.yaml", "--idle-seconds", 0])
        wait_for("joist-apply listens", self.apply_socket.exists, alive=[program])

    def start_agent(self, env=None):
        self.agent = self.spawn("agent", [
            self.bin / "joist-agent", "--config", self.agent_config,
            "--state-dir", self.dir / "agent-state", "--run-dir", self.dir / "run",
            "--helper-socket", self.helper_socket], user=AGENT_USER, env=env)
        wait_for("joist-agent answers", lambda: self._answers(
            "--agent-socket", self.agent_socket, "status"), alive=[self.agent])

    def _answers(self, *argv):
        return subprocess.run([str(word) for word in (self.bin / "joistctl", *argv)],
                              check=False, capture_output=True, stdin=subprocess.DEVNULL,
                              timeout=30).returncode == 0

    # ---- joistctl

    def ctl(self, *argv, stdin=None):
        """joistctl's output; raises Failure with what it said when it fails."""
        command = [str(word) for word in (
            self.bin / "joistctl", "--agent-socket", self.agent_socket,
            "--installer-socket", self.installer_socket, "--apply-socket", self.apply_socket,
            *argv)]
        ran = subprocess.run(command, check=False, capture_output=True, text=True, input=stdin or "",
                             timeout=60)
        if ran.returncode != 0:
            raise Failure(f"joistctl {' '.join(map(str, argv))}: {ran.stderr.strip()}")
        return ran.stdout

    def ctl_json(self, *argv):
        return json.loads(self.ctl("-o", "json", *argv))

    def join(self):
        """Joins with a real token, and waits until both sides say that they are connected."""
        token = self.ctl_json("token", "create", "--note", "joist stack")["text"]
        # By standard input: a command line is everybody's to read.
        self.ctl("join", f"127.0.0.1:{self.installer_port}", "--token-file", "-", stdin=token)
        wait_for("the agent is connected", self.agent_connected, alive=[self.agent, self.installer])
        return wait_for("the installer has the node", self.connected_node,
                        alive=[self.agent, self.installer])

    def agent_connected(self):
        return self.condition("InstallerConnected").get("status") == "true"

    def connected_node(self):
        for node in self.ctl_json("nodes").get("nodes", []):
            if node.get("state") == "connected":
                return node
        return None

    def condition(self, kind):
        for condition in self.ctl_json("conditions").get("conditions", []):
            if condition.get("type") == kind:
                return condition
        return {}

    # ---- disks

    def planned_disks(self):
        """Those that have steps, by name."""
        plan = self.ctl_json("disk", "plan")["plan"]
        return {disk["name"]: disk for disk in plan["disks"] if disk["steps"]}

    def plan_digest(self, *names):
        """In hexadecimal, of a plan of these disks alone, or of all."""
        digest = self.ctl_json("disk", "plan", *names)["plan"]["digest"]
        return base64.b64decode(digest).hex()

    def attach(self, name, size_bytes=64 << 20):
        """A new loop device on a new file of this stack."""
        path = self.dir / f"{name}.img"
        with open(path, "wb") as image:
            image.truncate(size_bytes)
        return self.attach_file(path)

    def attach_file(self, path):
        """A new loop device on that file."""
        ran = subprocess.run(["losetup", "--find", "--show", str(path)], check=False,
                             capture_output=True, text=True)
        if ran.returncode != 0:
            raise Failure(f"cannot attach a loop device: {ran.stderr.strip()}")
        device = ran.stdout.strip()
        self.guardian.loop(device)
        self.images[device] = os.path.realpath(path)
        return device
