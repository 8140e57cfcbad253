#!/usr/bin/env python3
"""One host, end to end, on loopback: joins an installer and shows what is known of it.

    demo.py BIN [--once]

Everything shown was read from the running programs. With --once it ends by itself, with 0 only if
everything was really obtained; otherwise it stays until Ctrl-C. Whatever way it ends, it leaves no
process, loop device or file behind.
"""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "support"))
from stack import Failure, Stack, free_port, wait_for  # noqa: E402  (found only now)

PROMETHEUS_USER = "nobody"

# (heading, PromQL): each must give at least one sample.
QUERIES = (
    ("the host", 'node_uname_info{job="joist"}'),
    ("CPU seconds per second, by mode",
     'sum by (mode) (rate(node_cpu_seconds_total{job="joist"}[5s]))'),
    ("memory available, MiB", 'node_memory_MemAvailable_bytes{job="joist"} / 2^20'),
    ("conditions", 'joist_condition_status{job="joist"} == 1'),
)


def heading(text):
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{text}{plain}", flush=True)


def run(*argv):
    ran = subprocess.run([str(word) for word in argv], check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        raise Failure(f"{' '.join(map(str, argv))}: {(ran.stderr or ran.stdout).strip()}")
    return ran.stdout


def make_disks(stack):
    """Three loop-backed disks: device, what is on it, and the class that has to be seen."""
    blank = stack.attach("blank")

    filesystem = stack.attach("ext4")
    files = stack.dir / "files"
    files.mkdir()
    (files / "thesis.txt").write_text("the only copy\n", encoding="utf-8")
    run("mkfs.ext4", "-q", "-L", "precious", "-d", files, filesystem)

    lvm = stack.attach("lvm")
    only_it = f'devices {{ filter = [ "a|^{lvm}$|", "r|.*|" ] }}'
    run("pvcreate", "-qq", "--yes", "--config", only_it, lvm)

    # What the configuration says they are for.
    stack.use("thesis", "keep", filesystem)
    stack.use("osd", "ceph-raw", blank, lvm)

    return (
        (blank, "nothing", "blank", None),
        (filesystem, "ext4 with a file on it", "foreign", "ext4"),
        (lvm, "an LVM physical volume", "foreign", "LVM2_member"),
    )


def check_disks(stack, expected):
    """That the inventory has every expected disk in its class, as read by the helper."""

    def problems():
        disks = {disk["name"]: disk for disk in stack.ctl_json("disks").get("disks", [])}
        found = []
        for device, content, disk_class, signature in expected:
            disk = disks.get(pathlib.Path(device).name)
            if not disk:
                found.append(f"{device} is not in the inventory")
                continue
            types = [one.get("type") for one in disk.get("signatures", [])]
            if disk.get("class") != disk_class:
                found.append(f"{device} with {content} is {disk.get('class')}, not {disk_class}: "
                             f"{disk.get('probe_error') or disk.get('reasons')}")
            elif signature and signature not in types:
                found.append(f"{device} shows {types}, not {signature}")
        return found

    deadline = time.monotonic() + 20
    while (found := problems()) and time.monotonic() < deadline:
        time.sleep(0.2)
    if found:
        raise Failure("; ".join(found))


def check_plan(stack, disks):
    """That the plan keeps, takes and clears what storage.uses says, and nothing else."""
    blank, filesystem, lvm = (pathlib.Path(device).name for device, _, _, _ in disks)
    plan = stack.ctl_json("disk", "plan")["plan"]
    planned = {disk["name"]: disk for disk in plan["disks"]}
    with_steps = [name for name, disk in planned.items() if disk["steps"]]
    if with_steps != [lvm] or planned[lvm]["consent"] != "person":
        raise Failure(f"the plan has steps for {with_steps}, and should for {lvm} alone, which a "
                      "person must consent to")
    for name, wanted in ((blank, "AlreadyBlank"), (filesystem, "Kept")):
        codes = [reason["code"] for reason in planned[name]["reasons"]]
        if codes != [wanted]:
            raise Failure(f"the plan leaves {name} alone for {codes}, not {wanted}")


def prepare_and_undo(stack, disks):
    """Gives up what is on a disk, and changes its mind."""
    lvm = pathlib.Path(disks[2][0])
    content = lvm.read_bytes()
    stack.start_apply()
    digest = stack.plan_digest()
    heading(f"Somebody consents to plan {digest[:8]}, and it is done:")
    stack.ctl("disk", "approve", "--digest", digest)
    print(stack.ctl("disk", "apply", "--digest", digest).rstrip())
    check_disks(stack, [(str(lvm), "nothing any more", "blank", None)])
    print(stack.ctl("disk", "history").rstrip())
    heading("It was a mistake: what was cleared comes back, bit for bit:")
    print(stack.ctl("disk", "undo", lvm.name, "--yes").rstrip())
    if lvm.read_bytes() != content:
        raise Failure(f"{lvm} is not what it was")
    check_disks(stack, disks)


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def check_metrics(stack):
    """That promtool accepts the page. Returns how many samples it has."""
    page = fetch(f"{stack.metrics_url}/metrics")
    ran = subprocess.run(["promtool", "check", "metrics"], input=page, check=False,
                         capture_output=True, text=True)
    # 3: the page is right, and a name could be nicer. They are node_exporter's names.
    if ran.returncode not in (0, 3):
        raise Failure(f"promtool refuses {stack.metrics_url}/metrics: {ran.stderr.strip()}")
    return sum(1 for line in page.splitlines() if line and not line.startswith("#"))


def start_prometheus(stack):
    port = free_port(9090)
    config = stack.dir / "prometheus.yml"
    config.write_text(
        "global: { scrape_interval: 1s, scrape_timeout: 1s }\n"
        "scrape_configs:\n"
        "  - job_name: joist\n"
        "    static_configs:\n"
        f'      - targets: ["127.0.0.1:{stack.metrics_port}"]\n', encoding="utf-8")
    url = f"http://127.0.0.1:{port}"
    prometheus = stack.spawn("prometheus", [
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={stack.dir}/work/tsdb",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], user=PROMETHEUS_USER)
    return prometheus, url


def query(url, expression):
    """(labels, value) of each sample; nothing while Prometheus has none or does not answer."""
    ran = subprocess.run(["promtool", "query", "instant", "-o", "json", url, expression],
                         check=False, capture_output=True, text=True)
    if ran.returncode != 0:
        return []
    return [(sample["metric"], sample["value"][1]) for sample in json.loads(ran.stdout)]


def show_queries(stack, prometheus, url):
    for title, expression in QUERIES:
        samples = wait_for(f"Prometheus answers {expression}",
                           lambda asked=expression: query(url, asked), seconds=30,
                           alive=[prometheus, stack.agent])
        print(f"{title}:  {expression}")
        for labels, value in samples:
            shown = ", ".join(f'{name}="{labels[name]}"' for name in sorted(labels)
                              if name not in ("job", "instance", "__name__"))
            print(f"  {{{shown}}}  {float(value):g}")


def demo(stack, once):
    heading("Disks: three files as loop devices")
    disks = make_disks(stack)
    for device, content, _, _ in disks:
        print(f"  {device}  {content}")

    heading("Starting installer, helper and agent")
    stack.start_installer()
    stack.start_helper()
    stack.start_agent()
    print(f"  installer  pid {stack.installer.pid}, user daemon, https://127.0.0.1:"
          f"{stack.installer_port}")
    print(f"  helper     pid {stack.helper.pid}, root, {stack.helper_socket}")
    print(f"  agent      pid {stack.agent.pid}, user nobody, {stack.metrics_url}")

    stack.join()
    heading("Joined with a one-use token. The installer's nodes:")
    print(stack.ctl("nodes").rstrip())

    check_disks(stack, disks)
    wait_for("DisksInventoried is true",
             lambda: stack.condition("DisksInventoried").get("status") == "true")
    heading("This host's disks:")
    print(stack.ctl("disks").rstrip())

    check_plan(stack, disks)
    heading("What storage.uses in its configuration would do to them, once somebody consents:")
    print(stack.ctl("disk", "plan").rstrip())

    prepare_and_undo(stack, disks)

    heading("What it is ready for:")
    print(stack.ctl("conditions").rstrip())

    samples = check_metrics(stack)
    heading(f"Prometheus, scraping {stack.metrics_url}/metrics "
            f"({samples} samples, accepted by promtool)")
    prometheus, url = start_prometheus(stack)
    show_queries(stack, prometheus, url)

    heading("Look around")
    print(f"  {stack.metrics_url}/           the agent: /metrics /healthz /readyz\n"
          f"  {url}/graph      Prometheus\n"
          f"  {stack.bin}/joistctl --agent-socket {stack.agent_socket} status\n"
          f"  {stack.bin}/joistctl --installer-socket {stack.installer_socket} nodes", flush=True)
    if once:
        return
    heading("Ctrl-C ends it and removes everything.")
    programs = {"installer": stack.installer, "agent": stack.agent, "prometheus": prometheus}
    while True:
        time.sleep(0.5)
        for name, program in programs.items():
            if program.poll() is not None:
                raise Failure(f"{name} ended with {program.returncode}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bin", help="where the programs are")
    parser.add_argument("--once", action="store_true", help="end when everything was shown")
    arguments = parser.parse_args()
    # A shell that starts it in the background has Ctrl-C ignored; whoever sends it means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *unused: sys.exit(1))
    try:
        with Stack(arguments.bin) as stack:
            try:
                demo(stack, arguments.once)
            except Failure as failure:
                print(f"\ndemo: {failure}", file=sys.stderr)
                for name in ("installer", "helper", "agent", "prometheus"):
                    for line in stack.log_of(name).splitlines()[-10:]:
                        print(f"  {name}: {line}", file=sys.stderr)
                return 1
    except Failure as failure:  # nothing was started
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130 if arguments.once else 0
    print("\nEverything was shown, and everything is removed again.")
    return 0


def main_unless_nobody_reads():
    try:
        status = main()
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read has seen enough: `./dev demo | head`
        # What is still in the buffer is nobody's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


if __name__ == "__main__":
    sys.exit(main_unless_nobody_reads())
