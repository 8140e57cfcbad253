#!/usr/bin/env python3
"""Measures what looking at disks and preparing them costs, beside Ceph's own tool.

    disk.py BIN        root; BIN: the directory of the built release programs

Prints a table; exits 1 when a goal is missed.
"""

import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "support"))
from stack import Stack, wait_for  # noqa: E402

GIB = 1 << 30
DISK_BYTES = 6 * GIB
GOALS = {}


def goal(name, value, unit, limit, at_least=False):
    met = value >= limit if at_least else value <= limit
    GOALS[name] = met
    bound = f"{'>=' if at_least else '<='} {limit:g}"
    print(f"{name:<58} {value:>10.2f} {unit:<4} {bound:<10} {'met' if met else 'MISSED'}",
          flush=True)


def seconds_of(call):
    began = time.monotonic()
    call()
    return time.monotonic() - began


def read_bytes(device):
    return int(pathlib.Path(f"/sys/block/{device[5:]}/stat").read_text().split()[2]) * 512


def new_stack(bin_dir, disks):
    stack = Stack(bin_dir, size_min_bytes=5_000_000_000)
    devices = [stack.attach(f"disk{number}", DISK_BYTES) for number in range(disks)]
    if devices:
        stack.use("osd", "ceph-raw", *devices)
    return stack, devices


def recorded_host(root, disks):
    """A host of so many disks with two partitions each, as Linux and udev show them."""
    def write(path, text):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{text}\n", encoding="utf-8")

    def block(name, number, directory, attributes):
        path = f"sys/devices/{directory}"
        for key, value in {"dev": number, "size": 15625000000, "ro": 0, **attributes}.items():
            write(f"{path}/{key}", value)
        link = root / "sys/class/block" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(f"../../devices/{directory}")
        write(f"run/udev/data/b{number}", "E:ID_BUS=scsi\nE:ID_MODEL=ST8000NM0075\n"
              f"S:disk/by-id/wwn-0x5000c500{int(number.split(':')[1]):08x}")
    for index in range(disks):
        name = f"sd{chr(97 + index // 26)}{chr(97 + index % 26)}"
        path = f"pci0000:00/0000:03:00.0/host2/port-2:{index}/end_device-2:{index}/block/{name}"
        block(name, f"8:{index * 16}", path, {
            "queue/logical_block_size": 512, "queue/physical_block_size": 4096,
            "queue/rotational": 1, "queue/zoned": "none", "removable": 0, "diskseq": index + 1,
            "device/wwid": f"naa.5000c500{index:08x}", "device/model": "ST8000NM0075",
            "device/vendor": "SEAGATE"})
        for part in (1, 2):
            block(f"{name}{part}", f"8:{index * 16 + part}", f"{path}/{name}{part}",
                  {"partition": part, "start": 2048 * part, "size": 2048})
    write("proc/1/mountinfo", "25 1 8:1 / / rw - ext4 /dev/sdaa1 rw")
    write("proc/self/mountinfo", "25 1 8:1 / / rw - ext4 /dev/sdaa1 rw")
    write("proc/swaps", "Filename\tType\tSize\tUsed\tPriority")


def recorded(bin_dir):
    build = bin_dir.parent
    libraries = subprocess.run(
        ["pkg-config", "--libs", "protobuf", "blkid", "libudev", "libisal", "libcrypto",
         "libsystemd", "yaml-cpp"], check=True, capture_output=True, text=True).stdout.split()
    with tempfile.TemporaryDirectory() as work:
        program = pathlib.Path(work) / "disk_inventory"
        subprocess.run(
            ["c++", "-O2", "-std=c++20", f"-I{ROOT}", "-isystem", build / "proto", "-isystem",
             "/usr/include/blkid", "-o", program, HERE / "disk_inventory.cc",
             *(build / name / f"libjoist_{name}.a" for name in ("disk", "base", "proto")),
             *libraries], check=True)
        host = pathlib.Path(work) / "host"
        recorded_host(host, 100)
        said = subprocess.run([program, host, "21"], check=True, capture_output=True, text=True)
        disks, milliseconds = said.stdout.split()
        if disks != "100":
            raise SystemExit(f"{disks} disks were seen, not 100")
        goal("100 recorded disks, /sys to plan", float(milliseconds), "ms", 150)


def against_ceph(bin_dir):
    stack, devices = new_stack(bin_dir, 10)
    with stack:
        stack.start_apply()
        # What approving and applying start from: every disk observed and read anew, and planned.
        spec = stack.dir / "preview"
        spec.write_bytes(preview_request())

        def preview():
            ask(stack.apply_socket, spec.read_bytes())

        def inventory():
            subprocess.run(["ceph-volume", "--log-path", stack.dir, "inventory", "--format", "json"],
                           check=True, capture_output=True,
                           env={**os.environ, "CEPH_VOLUME_ALLOW_LOOP_DEVICES": "true"})
        preview()
        before = [read_bytes(device) for device in devices]
        for device in devices:
            subprocess.run(["blockdev", "--flushbufs", device], check=True)
        preview()
        most = max(read_bytes(device) - was for device, was in zip(devices, before))
        ours = statistics.median(seconds_of(preview) for _ in range(9))
        theirs = statistics.median(seconds_of(inventory) for _ in range(3))
        print(f"{'10 blank disks: joist-apply, all read anew':<58} {ours * 1000:>10.2f} ms")
        print(f"{'10 blank disks: ceph-volume inventory':<58} {theirs * 1000:>10.2f} ms")
        goal("ceph-volume inventory / Joist", theirs / ours, "x", 20, at_least=True)
        goal("read of one blank disk, nothing cached", most / (1 << 20), "MiB", 2)


def preview_request():
    """ApplyRequest{preview{spec{size_min_bytes, allowed_kinds: loop, uses{osd, ceph_raw}}}}."""
    def field(number, payload):
        return bytes([number << 3 | 2, len(payload)]) + payload
    spec = b"\x08\x80\xe4\x97\xd0\x12" + field(2, b"\x02") + field(4, field(1, b"osd") + b"\x10\x01")
    return field(6, field(1, spec))


def ask(path, request):
    import socket
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(str(path))
        connection.send(request)
        answer = connection.recv(1 << 17)
    if not answer or answer[0] >> 3 == 1:
        raise SystemExit(f"joist-apply says {answer!r}")
    return answer


def hot_plug(bin_dir):
    stack, _ = new_stack(bin_dir, 0)
    with stack:
        stack.start_helper()
        stack.start_agent()
        times = []
        for number in range(5):
            time.sleep(3)  # looks are 2 s apart at least, however much happens
            path = stack.dir / f"plugged{number}.img"
            path.touch()
            os.truncate(path, DISK_BYTES)
            began = time.monotonic()
            device = stack.attach_file(path)

            def blank(name=device[5:]):
                return [disk for disk in stack.ctl_json("disks")["disks"]
                        if disk["name"] == name and disk["class"] == "blank"]
            wait_for("the new disk is blank", blank)
            times.append(time.monotonic() - began)
        goal("a new disk: plugged in to known to be blank, median", statistics.median(times) * 1000,
             "ms", 500)


def many_at_once(bin_dir):
    def prepare(count):
        stack, devices = new_stack(bin_dir, count)
        with stack:
            for device in devices:
                subprocess.run(["mkfs.ext4", "-q", "-F", device], check=True)
            stack.start_apply()
            stack.start_helper()
            stack.start_agent()
            wait_for("all are planned", lambda: len(stack.planned_disks()) == count, seconds=60)
            digest = stack.plan_digest()
            stack.ctl("disk", "approve", "--digest", digest)
            began = time.monotonic()
            stack.ctl("disk", "apply", "--digest", digest)
            took = time.monotonic() - began
            jobs = stack.ctl_json("disk", "history")["jobs"]
            if len(jobs) != count or any(job["state"] != "done" for job in jobs):
                raise SystemExit(f"not all of {count} disks were prepared: {jobs}")
            alone = [seconds_between(job["begin_time"], job["change_time"]) for job in jobs]
            return took, max(alone)
    one, _ = prepare(1)
    took, slowest = prepare(36)
    print(f"{'one disk cleared, read back and probed, with joistctl':<58} {one:>10.2f} s")
    print(f"{'36 disks at once':<58} {took:>10.2f} s")
    goal("36 disks at once / the slowest of them", took / slowest, "x", 1.2)


def seconds_between(begin, end):
    from datetime import datetime

    def parse(text):
        return datetime.fromisoformat(text.replace("Z", "+00:00")[:26].rstrip("+") + "+00:00"
                                      if "." in text else text.replace("Z", "+00:00"))
    return (parse(end) - parse(begin)).total_seconds()


def main():
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    bin_dir = pathlib.Path(sys.argv[1]).resolve()
    for part in (recorded, against_ceph, hot_plug, many_at_once):
        part(bin_dir)
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps({name: met for name, met in GOALS.items() if not met}) if not all(
            GOALS.values()) else "all goals met")
    return 0 if all(GOALS.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
