#!/usr/bin/env python3
"""Speed and size of the agent against their goals, beside Debian's node_exporter.

    agent.py BIN [--seconds N]

Exits with 1 when a goal is missed. The peer runs with the collectors that the agent has, and does
nothing but metrics: no disks, no conditions, no session.
"""

import argparse
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from measure import Process, end  # noqa: E402
from stack import AGENT_USER, Failure, Stack, free_port, wait_for  # noqa: E402

STARTS = 15
SCRAPES = 50
PEER = "prometheus-node-exporter"
PEER_COLLECTORS = ("cpu", "meminfo", "loadavg", "stat", "diskstats", "filesystem", "netdev",
                   "pressure", "uname", "time", "vmstat")


def agent_start_seconds(stack):
    """From just before exec to READY=1 on NOTIFY_SOCKET (sd_notify(3)), once."""
    path = stack.dir / "work" / "notify"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(str(path))
        path.chmod(0o777)
        notify.settimeout(20)
        began = time.monotonic()
        agent = stack.spawn("agent-starts", [
            stack.bin / "joist-agent", "--config", stack.agent_config, "--state-dir",
            stack.dir / "agent-state", "--run-dir", stack.dir / "run", "--helper-socket",
            stack.helper_socket], user=AGENT_USER, env={"NOTIFY_SOCKET": str(path)})
        try:
            while b"READY=1" not in notify.recv(4096).split(b"\n"):
                pass
            took = time.monotonic() - began
        except TimeoutError:
            raise Failure("joist-agent was not READY in 20 s") from None
        finally:
            end(agent)
    return took


def start_peer(stack, port):
    return stack.spawn("peer", [
        PEER, f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults",
        "--log.level=error", *(f"--collector.{name}" for name in PEER_COLLECTORS)], user=AGENT_USER)


def peer_start_seconds(stack, port):
    """From just before exec to the first connection taken: the peer knows no READY."""
    began = time.monotonic()
    peer = start_peer(stack, port)
    try:
        while time.monotonic() - began < 20:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return time.monotonic() - began
            time.sleep(0.001)
        raise Failure(f"{PEER} took no connection in 20 s")
    finally:
        end(peer)


def scrape(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read()


def scrape_cost(process, port):
    """(wall seconds, median; CPU seconds of the process, mean; samples) of one scrape."""
    scrape(port)
    walls = []
    cpu_before = process.cpu_seconds()
    for _ in range(SCRAPES):
        began = time.monotonic()
        page = scrape(port)
        walls.append(time.monotonic() - began)
    cpu = (process.cpu_seconds() - cpu_before) / SCRAPES
    samples = sum(1 for line in page.splitlines() if line and not line.startswith(b"#"))
    return statistics.median(walls), cpu, samples


def idle(processes, seconds):
    """For each process: (CPU share of one core, wake-ups a second of its busiest thread)."""
    before = [(process.cpu_seconds(), process.wakeups(), time.monotonic()) for process in processes]
    time.sleep(seconds)
    rates = []
    for process, (cpu, wakeups, began) in zip(processes, before):
        elapsed = time.monotonic() - began
        after = process.wakeups()
        busiest = max(after[task] - wakeups.get(task, 0) for task in after) / elapsed
        rates.append(((process.cpu_seconds() - cpu) / elapsed, busiest))
    return rates


def measure(stack, idle_seconds):
    """Rows of (what, goal or None, agent, peer, format)."""
    stack.start_helper(idle_seconds=600)
    starts = [agent_start_seconds(stack) for _ in range(STARTS)]
    peer_port = free_port(9100)
    peer_starts = [peer_start_seconds(stack, peer_port) for _ in range(STARTS)]

    stack.start_installer()
    stack.start_agent()
    stack.join()
    peer_program = start_peer(stack, peer_port)
    wait_for("the peer answers", lambda: socket.socket().connect_ex(("127.0.0.1", peer_port)) == 0)
    agent = Process(stack.agent.pid)
    peer = Process(peer_program.pid)
    agent_scrape = scrape_cost(agent, stack.metrics_port)
    peer_scrape = scrape_cost(peer, peer_port)
    time.sleep(5)  # what the scrapes left to do is done
    (agent_idle, agent_wakeups), (peer_idle, peer_wakeups) = idle((agent, peer), idle_seconds)
    if not stack.agent_connected():
        raise Failure("the session was lost while measuring")

    return (
        ("exec to READY, median, ms", 50, statistics.median(starts) * 1e3,
         statistics.median(peer_starts) * 1e3, ".1f"),
        ("memory with a session, PSS, MiB", 16, agent.pss_bytes() / 2**20,
         peer.pss_bytes() / 2**20, ".1f"),
        ("idle CPU, % of a core", 0.1, agent_idle * 100, peer_idle * 100, ".3f"),
        ("wake-ups of the busiest thread, 1/s", 1, agent_wakeups, peer_wakeups, ".2f"),
        ("exec to READY, slowest, ms", None, max(starts) * 1e3, max(peer_starts) * 1e3, ".1f"),
        ("scrape, median, ms", None, agent_scrape[0] * 1e3, peer_scrape[0] * 1e3, ".2f"),
        ("scrape, CPU, ms", None, agent_scrape[1] * 1e3, peer_scrape[1] * 1e3, ".2f"),
        ("scrape, samples", None, agent_scrape[2], peer_scrape[2], ".0f"),
    )


def show(rows):
    """Prints the table. Returns how many goals were missed."""
    print(f"{'':36} {'goal':>7} {'joist-agent':>12} {'node_exporter':>14}")
    missed = 0
    for what, goal, agent, peer, form in rows:
        verdict = ""
        if goal is not None:
            missed += agent > goal
            verdict = "missed" if agent > goal else "met"
        limit = "" if goal is None else f"<= {goal:g}"
        print(f"{what:36} {limit:>7} {agent:>12{form}} {peer:>14{form}}  {verdict}".rstrip())
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", help="where the programs are: a release build")
    parser.add_argument("--seconds", type=int, default=40, help="how long to watch it idle")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(1))
    with Stack(arguments.bin) as stack:
        try:
            missed = show(measure(stack, arguments.seconds))
        except Failure as failure:
            print(f"bench: {failure}", file=sys.stderr)
            for line in stack.log_of("agent").splitlines()[-10:]:
                print(f"  agent: {line}", file=sys.stderr)
            return 1
    print(f"{missed} goals missed" if missed else "all goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
