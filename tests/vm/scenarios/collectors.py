"""What only a full kernel has, against node_exporter: md, XFS, btrfs, NVMe, SCSI, bonds."""

import io
import pathlib
import tarfile

TESTS = pathlib.Path(__file__).resolve().parents[2]
COMPARISON = TESTS / "collectors" / "node_exporter_comparison.py"


def comparison_files():
    """The comparison, and what it is told about each collector."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(COMPARISON, COMPARISON.name)
        for told in (TESTS / "fixtures" / "collectors").glob("*/compare"):
            archive.add(told, f"trees/{told.parent.name}/compare")
    return packed.getvalue()


def run(machine):
    scsi = [machine.plug("scsi-hd", size_bytes=512 << 20) for _ in range(6)]
    nvme = [machine.plug("nvme", size_bytes=512 << 20) for _ in range(2)]
    a, b, c, d, e, f = (disk.device for disk in scsi)
    x, y = (disk.device for disk in nvme)
    machine.run(f"""
        set -e
        mdadm --quiet --create /dev/md0 --run --metadata=1.2 --level=1 --raid-devices=2 {a} {b}
        mdadm --quiet --create /dev/md1 --run --metadata=1.2 --level=5 --raid-devices=3 {c} {d} {e}
        mdadm --quiet --wait /dev/md0 /dev/md1 || true
        mdadm --quiet /dev/md1 --fail {e}
        mkfs.xfs -q /dev/md0
        mkfs.btrfs -q -d raid1 -m raid1 {x} {y}
        mkdir /mnt/xfs /mnt/btrfs
        mount /dev/md0 /mnt/xfs
        mount {x} /mnt/btrfs
        cp /bin/bash /mnt/xfs; cp /bin/bash /mnt/btrfs; sync
        ip link add bond0 type bond mode active-backup miimon 100
        for name in left right; do
            ip link add $name type veth peer name $name-peer
            ip link set $name-peer up
            ip link set $name master bond0
        done
        ip link set bond0 up
        ip link set right-peer down""")
    machine.unpack(comparison_files(), "/root/comparison")
    said = machine.run("cd /root/comparison && "
                       "python3 node_exporter_comparison.py --live /usr/bin/joist-exporter trees/*")
    print(said, end="")
    page = machine.run("curl -sS http://127.0.0.1:9100/metrics")
    for begin in ('node_md_state{device="md1",state="active"} 1',
                  'node_md_disks{device="md1",state="failed"} 1',
                  'node_xfs_read_calls_total{device="md0"}',
                  'node_btrfs_device_size_bytes{',
                  'node_nvme_info{',
                  'node_bonding_slaves{master="bond0"} 2',
                  'node_bonding_active{master="bond0"} 1',
                  f'node_disk_info{{device="{a[5:]}"'):
        if not any(line.startswith(begin) for line in page.splitlines()):
            raise AssertionError(f"nothing begins with {begin} on the page:\n{page}")
    # udev would assemble again what is stopped, now and then.
    machine.run("""
        set -e
        mkdir -p /run/udev/rules.d
        ln -s /dev/null /run/udev/rules.d/64-md-raid-assembly.rules
        udevadm control --reload
        umount /mnt/xfs /mnt/btrfs; mdadm --quiet --stop /dev/md0 /dev/md1; ip link del bond0""")
    left = machine.run("curl -sS http://127.0.0.1:9100/metrics | "
                       "grep -E '^node_(md|xfs|btrfs|bonding)_' | cat")
    if left:
        raise AssertionError(f"what is gone still shows:\n{left}")
    for disk in scsi + nvme:
        disk.unplug()
    machine.eventually("! curl -sS http://127.0.0.1:9100/metrics | "
                       "grep -E '^node_(disk_.*device=\"(sd|nvme)|nvme_)'")
