"""Our packages on a running system: they start, see the host as it is, upgrade, and are purged."""

import pathlib

GUEST = pathlib.Path(__file__).resolve().parents[2] / "packages" / "guest.sh"


def run(machine):
    blank = machine.plug("virtio-blk-pci", size_bytes=6 << 30)
    foreign = machine.plug("virtio-blk-pci", size_bytes=6 << 30)
    machine.run(f"mkfs.ext4 -q {foreign.device}")
    machine.send(GUEST, "/root/guest.sh")
    print(machine.run(f"bash /root/guest.sh {blank.device} {foreign.device}", seconds=1500), end="")
