#!/usr/bin/env python3
"""Debian's node_exporter and joist-exporter, side by side on this host, with the same flags.

  node_exporter_comparison.py [--live] JOIST_EXPORTER TREE...

Every family, HELP, TYPE and label set must be the same. Values: on the recorded
trees the same; on the live host, what stands still is the same and what moves lies
between a node_exporter page before ours and one after it. promtool must take
our page and find no more to say about it than about node_exporter's.

A tree holds proc, sys, udev and root as far as it needs them, and a file "compare"
that says what is compared on it and, together with all the others, on this host (with --live: on
this host alone):

  collector NAME              a collector that both have
  host-collector NAME         the same; its figures come from this host even on a tree
  live-collector NAME         the same; a tree has nothing of it, so on this host only
  joist-collector NAME        one that this node_exporter lacks: seen by the tree's
                              expected.prom alone (tests/collectors/scrape_test.cc)
  flag FLAG                   given to both, on the tree only; {tree} stands for its path
  exporter-flag FLAG          given to node_exporter, on the tree only
  differs REGEX  REASON       differences allowed: of the samples and the families whose
                              name (with labels) begins with a match, any kind
  live-differs REGEX  REASON  the same, on this host only
  later-label REGEX LABEL     of families whose name begins with a match, a label that came
                              after this node_exporter: ours is compared without it

Exit status: 0, 1 with every difference listed, or 77 (skipped) without node_exporter.
"""

import math
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

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
    (re.compile(r"node_filefd_allocated"), 0, 1e4),
    (re.compile(r"node_processes_(pids|threads|state)"), 0, 1000),
]
# Idle time and pressure totals, in seconds, go back a little.
COUNTER_SLACK = 0.05
# Joist divides where node_exporter multiplies by 0.001: the last bits differ.
ROUNDING = 1e-14


class Comparison:
    """What a tree's file "compare" says."""

    def __init__(self, tree):
        self.collectors, self.live_collectors = [], []
        self.flags, self.exporter_flags = [], []
        self.differs, self.live_differs, self.later_labels = [], [], []
        path = pathlib.Path(tree, "compare")
        for number, line in enumerate(path.read_text().splitlines(), 1):
            word, _, rest = line.partition(" ")
            if word in ("collector", "host-collector"):
                self.collectors.append(rest)
            elif word == "live-collector":
                self.live_collectors.append(rest)
            elif word == "flag":
                self.flags.append(rest.replace("{tree}", str(tree)))
            elif word == "exporter-flag":
                self.exporter_flags.append(rest)
            elif word in ("differs", "live-differs"):
                pattern, _, reason = rest.partition("  ")
                if not reason:
                    raise SystemExit(f"{path}:{number}: two spaces and a reason are missing")
                allowed = self.differs if word == "differs" else self.live_differs
                allowed.append(re.compile(pattern))
            elif word == "later-label":
                family, label = rest.split()
                value = r'"(?:[^"\\]|\\.)*"'
                self.later_labels.append(
                    (re.compile(family), re.compile(f"(?<=[{{,]){label}={value},?|,{label}={value}(?=}})")))
            elif word and word[0] != "#" and word != "joist-collector":
                raise SystemExit(f"{path}:{number}: unknown word {word}")


class Page:
    def __init__(self, text, later_labels=()):
        self.help, self.type, self.samples = {}, {}, {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                name, _, self.help[name] = line[7:].partition(" ")
            elif line.startswith("# TYPE "):
                name, _, self.type[name] = line[7:].partition(" ")
            elif line:
                series, _, value = line.rpartition(" ")
                name = series.partition("{")[0]
                for family, label in later_labels:
                    series = label.sub("", series) if family.match(name) else series
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


class Exporter:
    def __init__(self, program, arguments):
        self.program, self.address = program, f"127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [program, f"--web.listen-address={self.address}"] + arguments,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        for _ in range(100):
            try:
                self.text()
                return self
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise SystemExit(f"{self.program} does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def text(self):
        with urllib.request.urlopen(f"http://{self.address}/metrics", timeout=10) as answer:
            return answer.read().decode()


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
    if ours == before or math.isnan(ours) and math.isnan(before):
        return False
    slack = slack_of(name, kind, ours, live) + ROUNDING * abs(ours)
    return not min(before, after) - slack <= ours <= max(before, after) + slack


def differences(before, ours, after, live, allowed):
    found = []

    def note(name, text):
        if not any(pattern.match(name) for pattern in allowed):
            found.append(text)

    for what in ("help", "type"):
        theirs, mine = getattr(before, what), getattr(ours, what)
        for name in sorted(theirs.keys() | mine.keys()):
            if theirs.get(name) != mine.get(name):
                note(name, f"{what} of {name}: node_exporter {theirs.get(name)!r}, "
                           f"Joist {mine.get(name)!r}")
    for series in sorted(before.samples.keys() | ours.samples.keys()):
        if series not in ours.samples:
            note(series, f"missing: {series}")
        elif series not in before.samples:
            note(series, f"only Joist has: {series}")
        elif series in after.samples:
            name, value = ours.samples[series]
            bracket = before.samples[series][1], after.samples[series][1]
            if value_differs(name, ours.type.get(name), bracket[0], value, bracket[1], live):
                note(series, f"{series}: Joist {value!r}, node_exporter {bracket[0]!r} before, "
                             f"{bracket[1]!r} after")
    return found


def compare(title, programs, comparison, paths=None):
    """`paths` are the flags of a tree; without them this host is looked at."""
    live = paths is None
    flags = ["--collector.disable-defaults"]
    flags += [f"--collector.{name}" for name in comparison.collectors]
    flags += [] if live else paths + comparison.flags
    allowed = comparison.differs + (comparison.live_differs if live else [])
    # Other tests plug and pull devices on this host meanwhile: a difference must last.
    attempts = 5 if live else 1
    theirs, ours_program = programs
    their_flags = flags + ([] if live else comparison.exporter_flags)
    with Exporter(theirs, their_flags) as exporter, Exporter(ours_program, flags) as joist:
        for attempt in range(attempts):
            before, mine, after = exporter.text(), joist.text(), exporter.text()
            ours = Page(mine, comparison.later_labels)
            found = differences(Page(before), ours, Page(after), live, allowed)
            if not found:
                break
            time.sleep(attempt)
    print(f"{title}: {len(comparison.collectors)} collectors, {len(ours.type)} families, "
          f"{len(ours.samples)} samples, {len(found)} differences")
    for difference in found:
        print(f"  {difference}")
    return not found, mine, before


def complaints(text):
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # 3: the text is good, but some names are not to promtool's taste.
    return done.returncode in (0, 3), set(done.stdout.decode().splitlines())


def promtool_accepts(ours, theirs, allowed):
    if not shutil.which("promtool"):
        print("promtool: not installed, left out")
        return True
    valid, said = complaints(ours)
    more = {complaint for complaint in said - complaints(theirs)[1]
            if not any(pattern.match(complaint.split(" ")[0]) for pattern in allowed)}
    print(f"promtool: {'accepts' if valid else 'refuses'} the page, "
          f"{len(more)} complaints that node_exporter's does not get")
    for complaint in sorted(more):
        print(f"  {complaint}")
    return valid and not more


def joined(comparisons):
    everything = Comparison.__new__(Comparison)
    for part in ("collectors", "live_collectors", "differs", "live_differs", "later_labels"):
        setattr(everything, part, sum((getattr(c, part) for c in comparisons), []))
    everything.collectors = sorted(set(everything.collectors + everything.live_collectors))
    return everything


def main():
    arguments = sys.argv[1:]
    live_only = arguments[0] == "--live"
    joist_exporter, *trees = arguments[live_only:]
    program = shutil.which("prometheus-node-exporter") or shutil.which("node_exporter")
    if not program:
        print("skipped: needs Debian's prometheus-node-exporter")
        return 77
    programs = program, joist_exporter
    comparisons = [Comparison(tree) for tree in trees]
    everything = joined(comparisons)
    good, ours, theirs = compare("this host", programs, everything)
    for tree, comparison in zip(trees, comparisons):
        if live_only or not comparison.collectors:
            continue
        paths = [f"--path.procfs={tree}/proc", f"--path.sysfs={tree}/sys",
                 f"--path.udev.data={tree}/udev"]
        if pathlib.Path(tree, "root").exists():
            paths.append(f"--path.rootfs={tree}/root")
        good &= compare(pathlib.Path(tree).name, programs, comparison, paths)[0]
    return 0 if good and promtool_accepts(ours, theirs, everything.differs) else 1


if __name__ == "__main__":
    sys.exit(main())
