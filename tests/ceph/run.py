#!/usr/bin/env python3
"""Holds Joist's word for a disk against Ceph's own, and brings up an OSD on one that Joist prepared.

    run.py BIN        root; BIN: the directory of the built programs

Goal: what Joist calls ready for Ceph, ceph-volume calls available, always. What ceph-volume would
take and Joist refuses is printed with Joist's reasons.
"""

import json
import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "support"), str(HERE)]
from cluster import Cluster  # noqa: E402
from corpus import BLANK, FOREIGN, SIZE_BYTES  # noqa: E402
from stack import Stack, wait_for  # noqa: E402


def ceph_inventory():
    """By device: whether ceph-volume calls it available, and why not."""
    said = subprocess.run(
        ["ceph-volume", "--log-path", "/tmp", "inventory", "--format", "json"], check=True,
        capture_output=True, text=True,
        env={**os.environ, "CEPH_VOLUME_ALLOW_LOOP_DEVICES": "true"}).stdout
    return {one["path"]: (one["available"], one["rejected_reasons"]) for one in json.loads(said)}


def joist_inventory(stack, devices):
    """By device: class and reasons, once each was read."""
    def all_read():
        disks = {"/dev/" + disk["name"]: disk for disk in stack.ctl_json("disks")["disks"]}
        read = [device for device in devices if disks.get(device, {}).get("probed")]
        return len(read) == len(devices) and disks
    return wait_for("every disk is read", all_read, seconds=120)


def reasons(disk):
    return "; ".join(why["message"] for why in disk["reasons"])


def compare(stack):
    """False: Joist calls ready what Ceph does not take."""
    stack.start_agent()
    devices = {}
    for name, build in {**FOREIGN, **BLANK}.items():
        path = stack.dir / f"{len(devices)}.img"
        path.touch()
        os.truncate(path, SIZE_BYTES)
        build(str(path))
        devices[stack.attach_file(path)] = name
    joist = joist_inventory(stack, devices)
    ceph = ceph_inventory()
    wrong, kept = [], []
    print(f"{'disk':<45} {'joist':<9} ceph-volume")
    for device, name in devices.items():
        disk, (available, rejected) = joist[device], ceph.get(device, (False, ["not listed"]))
        print(f"{name:<45} {disk['class']:<9} {'available' if available else ', '.join(rejected)}")
        if disk["class"] == "blank" and not available:
            wrong.append(f"{name}: Joist calls it blank, and Ceph says {rejected}")
        if disk["class"] == "blank" and name in FOREIGN:
            wrong.append(f"{name}: Joist calls it blank")
        if disk["class"] != "blank" and name in BLANK:
            wrong.append(f"{name}: Joist calls it {disk['class']}: {reasons(disk)}")
        if disk["class"] != "blank" and available:
            kept.append(f"  {name}: {reasons(disk)}")
    print(f"\n{len(kept)} of {len(FOREIGN)} that ceph-volume would take, and why Joist does not:")
    print("\n".join(kept))
    print("\n".join(["", *wrong]) if wrong else "\nwhat Joist calls blank, Ceph takes, always")
    return not wrong


def bring_up(stack):
    """An OSD on a disk with somebody's data that a person gave up."""
    disk = stack.attach("osd", SIZE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", disk], check=True)
    stack.use("osd", "ceph-raw", disk)
    stack.start_agent()
    stack.start_apply()
    name = disk.removeprefix("/dev/")
    plan = wait_for("the disk is planned", lambda: stack.planned_disks().get(name), seconds=60)
    digest = stack.plan_digest(name)
    print(f"\nplan {digest[:8]} for {name}: " + "; ".join(s["summary"] for s in plan["steps"]))
    stack.ctl("disk", "approve", name, "--digest", digest)
    stack.ctl("disk", "apply", name, "--digest", digest)
    if not ceph_inventory()[disk][0]:
        print("ceph-volume does not take what Joist prepared")
        return False
    began = time.monotonic()
    with Cluster() as cluster:
        cluster.add_osd(disk)
        cluster.until_healthy(1)
        print(f"one OSD up, a pool active and clean, an object written and read back, "
              f"{time.monotonic() - began:.0f} s")
        shown = stack.ctl_json("disks")["disks"]
        running = next(one for one in shown if one["name"] == name)
        if running["class"] == "blank":
            print(f"the running OSD's disk is called {running['class']}")
            return False
    return True


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    good = True
    for part in (compare, bring_up):
        with Stack(sys.argv[1], size_min_bytes=5_000_000_000) as stack:
            stack.start_helper()
            good = part(stack) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
