#!/usr/bin/env python3
"""What a scrape costs: joist-exporter beside Debian's node_exporter and beside the kernel's floor.

    metrics.py BIN [--quick] [--only WORD]

Both run on this machine in the same minute, scraped in turns; CPU is user and system time of the
server alone. Exits with 1 when a goal is missed. Needs root: for namespaces and mounts of its own.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "support"))
from measure import Process, end  # noqa: E402
from stack import AGENT_USER, free_port  # noqa: E402

PEER = "prometheus-node-exporter"
# The two take turns, and of each its least disturbed turn counts: other guests of the machine slow
# down one turn or another, by more than what is to be told apart.
ROUNDS = 10
PEER_MS = 5.5  # a scrape of node_exporter when the limits in milliseconds were set
CLONE_NEWNET = 0x40000000
VETH_PAIRS = 100
MOUNTS = 500
CPUS = 128


class Failure(Exception):
    """What went wrong, for a person."""


class Client:
    """One connection that is kept, as Prometheus keeps it."""

    def __init__(self, port, encoding=None):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        accept = f"Accept-Encoding: {encoding}\r\n" if encoding else ""
        self.request = (f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{accept}"
                        "User-Agent: bench\r\n\r\n").encode()
        self.rest = b""

    def read_until(self, mark):
        while mark not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(mark)
        return head

    def more(self):
        got = self.socket.recv(1 << 20)
        if not got:
            raise Failure("the server closed the connection")
        self.rest += got

    def take(self, size):
        while len(self.rest) < size:
            self.more()
        taken, self.rest = self.rest[:size], self.rest[size:]
        return taken

    def scrape(self):
        self.socket.sendall(self.request)
        head = self.read_until(b"\r\n\r\n").decode().lower()
        if " 200 " not in head.split("\r\n", 1)[0]:
            raise Failure(f"a scrape was answered {head.splitlines()[0]}")
        length = re.search(r"content-length: (\d+)", head)
        if length:
            return self.take(int(length.group(1)))
        body = b""
        while size := int(self.read_until(b"\r\n"), 16):
            body += self.take(size)
            self.take(2)
        self.take(2)
        return body

    def close(self):
        self.socket.close()


class Exporter:
    """A running exporter, by its own pid."""

    def __init__(self, name, command, port, before=(), within=None, user=AGENT_USER):
        self.name = name
        self.port = port
        listen = f"--web.listen-address=127.0.0.1:{self.port}"
        self.told = tempfile.TemporaryFile()  # not a pipe, which a talkative one would fill
        self.program = subprocess.Popen(
            [*before, *command, listen], stdout=subprocess.DEVNULL, stderr=self.told,
            user=None if before else user, env={"PATH": os.environ["PATH"], "GOMAXPROCS": "1"})
        self.within = within
        self.client = self.connect()
        self.process = Process(self.pid_that_listens())

    def connect(self, encoding=None):
        deadline = time.monotonic() + 30
        while True:
            try:
                with in_namespace(self.within):
                    return Client(self.port, encoding)
            except OSError as error:
                if self.program.poll() is not None:
                    self.told.seek(0)
                    raise Failure(f"{self.name} ended: {self.told.read().decode()}") from None
                if time.monotonic() > deadline:
                    raise Failure(f"{self.name} does not listen: {error}") from None
                time.sleep(0.05)

    def pid_that_listens(self):
        """`before` may fork: the youngest descendant is the exporter."""
        pid = self.program.pid
        while True:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if not children:
                return pid
            pid = int(children[0])

    def rss_bytes(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * 4096

    def scrape_many(self, count, client=None):
        """CPU seconds of one scrape."""
        client = client or self.client
        client.scrape()
        before = self.process.cpu_seconds()
        for _ in range(count):
            client.scrape()
        return (self.process.cpu_seconds() - before) / count

    def close(self):
        self.client.close()
        if self.process.pid != self.program.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, signal.SIGKILL)
        end(self.program)
        self.told.close()


@contextlib.contextmanager
def in_namespace(name):
    """This thread in a named network namespace: a connection belongs to where it was made."""
    if name is None:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/self/ns/net") as home, open(f"/run/netns/{name}") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(home.fileno(), CLONE_NEWNET)


@contextlib.contextmanager
def both(binaries, flags=(), before=(), within=None, user=AGENT_USER):
    with contextlib.ExitStack() as stack:
        started = []
        # Ports apart: which are free in another namespace is not seen from here.
        for name, program, port in (
                ("joist-exporter", str(binaries / "joist-exporter"), free_port(9300)),
                (PEER, PEER, free_port(9400))):
            exporter = Exporter(name, [program, *flags], port, before, within, user)
            stack.callback(exporter.close)
            started.append(exporter)
        yield started


def in_turns(exporters, count, encoding=None):
    """CPU seconds of a scrape of each, in its least disturbed turn."""
    spent = [float("inf")] * len(exporters)
    for exporter in exporters:
        client = exporter.connect(encoding) if encoding else None
        exporter.turn_client = client or exporter.client
        exporter.scrape_many(5, exporter.turn_client)
    for _ in range(ROUNDS):
        for number, exporter in enumerate(exporters):
            spent[number] = min(spent[number], exporter.scrape_many(count, exporter.turn_client))
    return spent


def node_samples(page):
    return sum(1 for line in page.splitlines() if line.startswith(b"node_"))


def open_files(process):
    """What the exporter keeps open of the kernel's files."""
    files = set()
    for link in (process.proc / "fd").iterdir():
        with contextlib.suppress(OSError):
            path = os.readlink(link)
            if path.startswith(("/proc/", "/sys/")):
                files.add(re.sub(r"^/proc/\d+/", "/proc/self/", path))
    return sorted(files)


def shown_mounts(page):
    return re.findall(rb'node_filesystem_size_bytes\{.*mountpoint="([^"]+)"', page)


def kernel_floor(work, exporter, rounds=200):
    program = work / "kernel_floor"
    subprocess.run(["c++", "-O2", "-std=c++20", "-o", program, HERE / "kernel_floor.cc"], check=True)
    mounts = [word for mount in shown_mounts(exporter.client.scrape())
              for word in ("--mount", mount.decode())]
    command = [program, str(rounds), *open_files(exporter.process), *mounts]
    return min(float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
               for _ in range(ROUNDS))


def system_calls(exporter, scrapes=100):
    """System calls of one scrape, as strace counts them."""
    exporter.scrape_many(20)
    with tempfile.NamedTemporaryFile() as counts:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-p", str(exporter.process.pid),
                                   "-o", counts.name], stderr=subprocess.PIPE)
        tracer.stderr.readline()  # "attached"
        time.sleep(0.3)
        for _ in range(scrapes):
            exporter.client.scrape()
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=20)
        total = re.search(r"^\s*100\.00\s+\S+\s+\S+\s+(\d+)", pathlib.Path(counts.name).read_text(),
                          re.MULTILINE)
    if not total:
        raise Failure("strace counted nothing")
    return int(total.group(1)) / scrapes


def every_five_seconds(exporters, times):
    """CPU seconds of a cold, packed scrape: the mean, what is done between them included."""
    clients = [exporter.connect("gzip") for exporter in exporters]
    for client in clients:
        client.scrape()
    time.sleep(5)
    before = [exporter.process.cpu_seconds() for exporter in exporters]
    for _ in range(times):
        for client in clients:
            client.scrape()
        time.sleep(5)
    return [(exporter.process.cpu_seconds() - was) / times
            for exporter, was in zip(exporters, before)]


@contextlib.contextmanager
def many_interfaces():
    name = f"joist-bench-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        batch = "link set lo up\n" + "".join(
            f"link add v{n} type veth peer name w{n}\n" for n in range(VETH_PAIRS))
        subprocess.run(["ip", "-n", name, "-batch", "-"], input=batch.encode(), check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


def many_mounts(work):
    """The command before an exporter that gives it mounts of its own, as PID 1."""
    script = (f"for n in $(seq {MOUNTS}); do mkdir -p {work}/mounts/$n && "
              f"mount -t tmpfs joist-bench {work}/mounts/$n || exit 1; done; exec \"$@\"")
    return ["unshare", "-mpf", "--mount-proc", "--propagation", "private", "sh", "-c", script, "sh"]


def measure(binaries, work, quick, wanted):
    """Rows of (what, unit, node_exporter, joist, goal as a limit or None, goal as a ratio)."""
    count = 20 if quick else 60
    rows = []

    def row(what, unit, figures, limit=None, ratio=None):
        rows.append((what, unit, figures[1], figures[0], limit, ratio))

    if wanted("host"):
        with both(binaries) as exporters:
            joist = exporters[0]
            pages = [exporter.client.scrape() for exporter in exporters]
            row("node_* samples on the page", "", [node_samples(page) for page in pages])
            plain = in_turns(exporters, count)
            floor = kernel_floor(work, joist)
            slower = max(1.0, plain[1] * 1e3 / PEER_MS)  # the machine now, than it was then
            row("CPU per scrape", "ms", [s * 1e3 for s in plain], 0.28 * slower, 20)
            row("CPU per scrape, gzip", "ms",
                [s * 1e3 for s in in_turns(exporters, count, "gzip")], None, 19)
            rows.append(("the kernel's floor, CPU", "ms", None, floor * 1e3, None, None))
            rows.append(("our CPU against the floor", "x", None, plain[0] / floor, 1.7, None))
            row("system calls per scrape", "", [system_calls(e) for e in exporters], 40)
            for exporter in exporters:
                exporter.scrape_many(1000)
            resident = [exporter.rss_bytes() for exporter in exporters]
            row("resident memory after 1,000 scrapes", "MiB", [r / 2**20 for r in resident], 8)
            # What is done once a minute brings the pages of its code, once.
            many, a_minute = (2000, 0) if quick else (100_000, 65)
            time.sleep(a_minute)
            joist.scrape_many(1000)
            settled = joist.rss_bytes()
            joist.scrape_many(many)
            rows.append((f"its growth over {many:,} scrapes", "KiB", None,
                         (joist.rss_bytes() - settled) / 1024, 0, None))
            row("CPU of one scrape every 5 s, gzip", "ms",
                [s * 1e3 for s in every_five_seconds(exporters, 2 if quick else 12)], None, 11)
    if wanted("interfaces"):
        with many_interfaces() as name, \
                both(binaries, before=["ip", "netns", "exec", name], within=name) as exporters:
            row(f"CPU with {2 * VETH_PAIRS} veth interfaces", "ms",
                [s * 1e3 for s in in_turns(exporters, count // 3)], None, 150)
    if wanted("mounts"):
        with both(binaries, before=many_mounts(work)) as exporters:
            row(f"CPU with {MOUNTS} mounts", "ms",
                [s * 1e3 for s in in_turns(exporters, count // 4)], None, 19)
    if wanted("cpus"):
        tree = work / "cpus"
        subprocess.run([sys.executable, HERE / "many_cpus.py", tree, str(CPUS)], check=True)
        flags = [f"--path.procfs={tree}/proc", f"--path.sysfs={tree}/sys", "--no-collector.netclass"]
        with both(binaries, flags) as exporters:
            row(f"CPU on a tree of {CPUS} CPUs", "ms",
                [s * 1e3 for s in in_turns(exporters, count // 4)], None, 20)
    return rows


def number(value):
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 1000 or value == int(value) else f"{value:.3f}"


def show(rows):
    """Prints the table. Returns how many goals were missed."""
    print(f"{'':38} {'node_exporter':>13} {'joist-exporter':>14} {'ratio':>7}  goal")
    missed = 0
    for what, unit, peer, joist, limit, ratio in rows:
        times = peer / joist if peer and joist else None
        goals = []
        if limit is not None:
            goals.append((f"<= {limit:.3g}", joist <= limit))
        if ratio is not None:
            goals.append((f"{ratio}x less", times is not None and times >= ratio))
        verdict = ", ".join(f"{text} {'met' if met else 'missed'}" for text, met in goals)
        missed += sum(not met for _, met in goals)
        label = f"{what}, {unit}" if unit else what
        print(f"{label:38} {number(peer):>13} {number(joist):>14} "
              f"{f'{times:.1f}x' if times else '':>7}  {verdict}".rstrip())
    print("heap allocations per steady scrape: counted by the test collectors_allocation")
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", type=pathlib.Path, help="where the programs are: a release build")
    parser.add_argument("--quick", action="store_true", help="fewer scrapes: a look, no proof")
    parser.add_argument("--only", help="host, interfaces, mounts or cpus")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(1))
    work = pathlib.Path(tempfile.mkdtemp(prefix="joist-bench-"))
    work.chmod(0o755)
    try:
        missed = show(measure(arguments.bin.resolve(), work, arguments.quick,
                              lambda part: arguments.only in (None, part)))
    except Failure as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"{missed} goals missed" if missed else "all goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
