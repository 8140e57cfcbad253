"""What is in use is never taken, whatever uses it; what only has it open is."""

import json

SPEC = """
storage:
  size_min_bytes: 64MiB
  uses:
    - name: everything
      kind: wipe
"""

# How a disk comes to be used, with $D for it and $E for a second one; and what ends that.
USES = {
    "mounted": ("mkfs.ext4 -q $D && mount $D /mnt", "umount /mnt"),
    "partition": ("sfdisk -q $D <<<'label: gpt\n,' && udevadm settle && P=$(lsblk -rno PATH $D | "
                  "tail -1) && mkfs.ext4 -q $P && mount $P /mnt", "umount /mnt"),
    "swap": ("mkswap -q $D && swapon $D", "swapoff $D"),
    "lvm": ("vgcreate -q vg $D && lvcreate -q -L 32M -n lv vg", "vgchange -q -an vg"),
    "thin": ("vgcreate -q vg2 $D && lvcreate -q -L 100M -T vg2/pool -V 200M -n thin",
             "vgchange -q -an vg2"),
    "md": ("yes | mdadm --create /dev/md7 --run --level=1 --raid-devices=2 $D $E",
           "mdadm --stop /dev/md7"),
    "crypt": ("printf k | cryptsetup -q luksFormat --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $D "
              "- && printf k | cryptsetup open --key-file - $D held", "cryptsetup close held"),
    "btrfs_members": ("mkfs.btrfs -q -f $D $E && udevadm settle && mount $D /mnt", "umount /mnt"),
    "loop_on_it": ("mkfs.ext4 -q $D && mount $D /mnt && truncate -s 64M /mnt/f && "
                   "losetup -f /mnt/f", "losetup -D; umount /mnt"),
    "held": ("systemd-run -q --unit=holder python3 -c 'import os, time; "
             "os.open(\"'$D'\", os.O_RDONLY | os.O_EXCL); time.sleep(1e6)' && sleep 2",
             "systemctl stop holder"),
    # The last: the kernel takes no "none" back, and another disk may get the number.
    "resume": ("cat /sys/class/block/$(basename $D)/dev >/sys/power/resume; mkswap -q $D", "true"),
}

# As Longhorn's v2 engine hands a disk to SPDK.
TO_USER_SPACE = """
    modprobe uio_pci_generic
    address=$(basename $(readlink -f /sys/class/block/{name}/device/device))
    echo uio_pci_generic >/sys/bus/pci/devices/$address/driver_override
    echo $address >/sys/bus/pci/drivers/nvme/unbind
    echo $address >/sys/bus/pci/drivers_probe
    echo $address
"""


def taken(machine):
    plan = machine.json("joistctl -o json disk plan")["plan"]
    return {one["name"]: [why["code"] for why in one["reasons"]] for one in plan["disks"]
            if not one["steps"]}, {one["name"] for one in plan["disks"] if one["steps"]}


def run(machine):
    machine.run("echo 'AUTO -all' >/etc/mdadm/mdadm.conf; "
                f"cat >/etc/joist/agent.yaml <<'END'\n{SPEC}\nEND\n"
                "systemctl reload joist-agent.service")
    for name, (use, leave) in USES.items():
        disks = [machine.plug("scsi-hd", size_bytes=256 << 20) for _ in range(2)]
        one, other = (disk.device for disk in disks)
        variables = f"D={one}; E={other}; "
        machine.run(f"{variables}{use}")
        both = "$E" in use
        used = {one[5:], other[5:]} if both else {one[5:]}

        def refused():
            machine.run("udevadm settle")
            reasons, stepped = taken(machine)
            good = all(reasons.get(disk) and not {"AlreadyBlank", "NotProbed"} &
                       set(reasons[disk]) for disk in used) and not used & stepped
            return good, (reasons, stepped)
        machine.until(refused, seconds=60)
        print(f"{name}: {json.dumps(refused()[1][0].get(one[5:]))}")
        machine.run(f"{variables}{leave}")
        for disk in disks:
            disk.unplug()

    nvme = machine.plug("nvme", size_bytes=256 << 20)
    address = machine.run(TO_USER_SPACE.format(name=nvme.device[5:])).strip()

    def shown():
        disks = {one["name"]: one for one in machine.json("joistctl -o json disk list")["disks"]}
        found = disks.get(address, {})
        good = (found.get("class") == "in-use" and found.get("kind") == "user-space" and
                nvme.serial not in {one.get("serial") for one in disks.values()})
        return good, found
    machine.until(shown, seconds=90)
    print(f"in user space: {json.dumps(shown()[1]['reasons'])}")
    reasons, _ = taken(machine)
    assert reasons[address] == ["HeldByUserSpace"], reasons[address]
