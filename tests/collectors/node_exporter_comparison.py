#!/usr/bin/env python3
"""Debian's node_exporter and Joist's collectors, side by side on this host.

  node_exporter_comparison.py JOIST_COLLECT FIXTURE_TREE

Every family, HELP, TYPE and label set must be the same. Values: on the recorded
tree the same; on the live host, what stands still is the same and what moves lies
between a node_exporter page before ours and one after it. promtool must take
our page and find no more to say about it than about node_exporter's.

Exit status: 0, 1 with every difference listed, or 77 (skipped) without node_exporter.
"""

import math
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

COLLECTORS = ("cpu diskstats filesystem loadavg meminfo netdev pressure stat time uname "
              "vmstat").split()
# About node_exporter's own program, which Joist is not.
NOT_OURS = re.compile(r"go_|promhttp_|node_exporter_build_info$")
# About the process that collects, or about the collecting: never equal.
OWN_VALUES = re.compile(r"process_|node_scrape_collector_duration_seconds$")
# Gauges that move while three pages are taken; how far from the bracket they may
# lie, as a share of the value and absolutely (bytes, tasks, requests).
UNSTEADY = [
    (re.compile(r"node_memory_(MemTotal|SwapTotal|VmallocTotal|Hugepagesize|CommitLimit)_bytes"),
     0, 0),
    (re.compile(r"node_memory_"), 0.25, 512 << 20),
    (re.compile(r"node_filesystem_(avail|free)_bytes"), 0.1, 1 << 30),
    (re.compile(r"node_filesystem_files_free"), 0.1, 1e5),
    (re.compile(r"node_load"), 0, 2),
    (re.compile(r"node_procs_|node_disk_io_now"), 0, 1000),
]
# Idle time and pressure totals, in seconds, go back a little.
COUNTER_SLACK = 0.05
# Joist divides where node_exporter multiplies by 0.001: the last bits differ.
ROUNDING = 1e-14


class Page:
    def __init__(self, text):
        self.help, self.type, self.samples = {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, _, self.help[name] = line[7:].partition(" ")
            elif line.startswith("# TYPE "):
                name, _, self.type[name] = line[7:].partition(" ")
            elif line:
                series, _, value = line.rpartition(" ")
                name = series.partition("{")[0]
                if series in self.samples:
                    raise SystemExit(f"twice on one page: {series}")
                self.samples[series] = (name, float(value))
        self.help = {k: v for k, v in self.help.items() if not NOT_OURS.match(k)}
        self.type = {k: v for k, v in self.type.items() if not NOT_OURS.match(k)}
        self.samples = {k: v for k, v in self.samples.items() if not NOT_OURS.match(v[0])}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class NodeExporter:
    def __init__(self, program, arguments):
        self.address = f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [program, f"--web.listen-address={self.address}", "--collector.disable-defaults"]
            + [f"--collector.{name}" for name in COLLECTORS] + arguments,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(100):
            try:
                self.text()
                return self
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise SystemExit("node_exporter does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def text(self):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as answer:
            return answer.read().decode()


def collect(joist_collect, arguments):
    done = subprocess.run([joist_collect, "--pages=3"] + arguments, stdout=subprocess.PIPE,
                          check=True, timeout=60)
    return done.stdout.decode()


def slack_of(name, kind, value, live):
    if not live and not name.startswith("node_filesystem_"):
        return 0
    if kind in ("counter", "untyped"):
        return COUNTER_SLACK
    for pattern, share, absolute in UNSTEADY:
        if pattern.match(name):
            return max(share * abs(value), absolute)
    return 0


def value_differs(name, kind, before, ours, after, live):
    if OWN_VALUES.match(name):
        return not (math.isfinite(ours) and ours >= 0)
    if name == "node_time_seconds":
        return not before <= ours <= after
    slack = slack_of(name, kind, ours, live) + ROUNDING * abs(ours)
    return not min(before, after) - slack <= ours <= max(before, after) + slack


def differences(before, ours, after, live):
    found = []
    for what in ("help", "type"):
        theirs, mine = getattr(before, what), getattr(ours, what)
        for name in sorted(theirs.keys() | mine.keys()):
            if theirs.get(name) != mine.get(name):
                found.append(f"{what} of {name}: node_exporter {theirs.get(name)!r}, "
                             f"Joist {mine.get(name)!r}")
    for series in sorted(before.samples.keys() | ours.samples.keys()):
        if series not in ours.samples:
            found.append(f"missing: {series}")
        elif series not in before.samples:
            found.append(f"only Joist has: {series}")
        elif series in after.samples:
            name, value = ours.samples[series]
            bracket = before.samples[series][1], after.samples[series][1]
            if value_differs(name, ours.type.get(name), bracket[0], value, bracket[1], live):
                found.append(f"{series}: Joist {value!r}, node_exporter {bracket[0]!r} before, "
                             f"{bracket[1]!r} after")
    return found


def compare(title, program, joist_collect, arguments, exporter_arguments, live):
    # Other tests plug and pull devices on this host meanwhile: a difference must last.
    attempts = 5 if live else 1
    with NodeExporter(program, arguments + exporter_arguments) as exporter:
        for attempt in range(attempts):
            before, mine, after = (exporter.text(), collect(joist_collect, arguments),
                                   exporter.text())
            ours = Page(mine)
            found = differences(Page(before), ours, Page(after), live)
            if not found:
                break
            time.sleep(attempt)
    print(f"{title}: {len(ours.type)} families, {len(ours.samples)} samples, "
          f"{len(found)} differences")
    for difference in found:
        print(f"  {difference}")
    return not found, mine, before


def complaints(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # 3: the text is good, but some names are not to promtool's taste.
    return done.returncode in (0, 3), set(done.stdout.decode().splitlines())


def promtool_accepts(ours, theirs):
    if not shutil.which("promtool"):
        print("promtool: not installed, left out")
        return True
    valid, said = complaints(ours)
    more = said - complaints(theirs)[1]
    print(f"promtool: {'accepts' if valid else 'refuses'} the page, "
          f"{len(more)} complaints that node_exporter's does not get")
    for complaint in sorted(more):
        print(f"  {complaint}")
    return valid and not more


def main():
    joist_collect, tree = sys.argv[1:]
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not program:
        print("skipped: needs Debian's prometheus-node-exporter")
        return 77
    live, ours, theirs = compare("this host", program, joist_collect, [], [], True)
    paths = [f"--path.procfs={tree}/proc", f"--path.sysfs={tree}/sys",
             f"--path.udev.data={tree}/udev"]
    recorded, _, _ = compare("recorded tree", program, joist_collect, paths,
                             ["--no-collector.netdev.netlink"], False)
    accepted = promtool_accepts(ours, theirs)
    return 0 if live and recorded and accepted else 1


if __name__ == "__main__":
    sys.exit(main())
