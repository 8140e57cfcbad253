"""What LVM and md leave on a disk, as their own tools write it: each copy, with its checksum."""


def signatures(machine, disk):
    disks = machine.json("joistctl -o json disks")["disks"]
    shown = [one for one in disks if "/dev/" + one["name"] == disk.device]
    return {(one["type"], one["offset_bytes"], one["confidence"])
            for disk_shown in shown for one in disk_shown.get("signatures", [])}


def shows(machine, disk, *wanted):
    def holds():
        seen = signatures(machine, disk)
        return seen == set(wanted), seen
    machine.until(holds, seconds=60)


def run(machine):
    size = 256 << 20
    lvm = machine.plug("scsi-hd", size_bytes=size)
    machine.run(f"pvcreate -q --metadatacopies 2 {lvm.device}")
    copies = [("LVM2_metadata", 4100, "checked"),
              ("LVM2_metadata", size - (1 << 20) + 4, "checked")]
    shows(machine, lvm, ("LVM2_member", 536, "checked"), *copies)
    machine.run(f"dd if=/dev/zero of={lvm.device} bs=1M count=1 conv=fsync")
    shows(machine, lvm, copies[1])

    # A member that udev saw would be assembled again at once.
    machine.run("echo 'AUTO -all' > /etc/mdadm/mdadm.conf")
    places = {"0.90": (size - 65536, "plausible"), "1.0": (size - 8192, "checked"),
              "1.1": (0, "checked"), "1.2": (4096, "checked")}
    for metadata, (offset, confidence) in places.items():
        members = [machine.plug("scsi-hd", size_bytes=size) for _ in range(2)]
        names = " ".join(member.device for member in members)
        # Again where it meets the helper, which holds a blank disk for the blink of an open.
        machine.run("for try in 1 2 3 4 5; do "
                    f"yes | mdadm --create /dev/md0 --run --metadata={metadata} --level=1 "
                    f"--raid-devices=2 {names} && break; mdadm --stop /dev/md0; sleep 1; done; "
                    "mdadm --stop /dev/md0")
        for member in members:
            shows(machine, member, ("linux_raid_member", offset, confidence))
            member.unplug()
