"""Every write and flush of real clearings and undos is recorded outside of the machine; of the disks
that a power cut at any of them could leave, each shows the old state, or what the journal names."""

from write_log import after_cuts, read_log

MIB = 1 << 20
FRONT_SECTORS = MIB // 512
CUTS = 2000
SIZE_BYTES = 320 * MIB  # mkfs.xfs takes no less

SPEC = """
storage:
  size_min_bytes: 64MiB
  uses:
    - name: osd
      kind: ceph-raw
"""

# How the disk came to be what somebody gives up.
MAKERS = [
    "mkfs.ext4 -q -F $D",
    "mkfs.btrfs -q -f $D",
    "mkfs.xfs -q -f $D",
    "sfdisk -q $D <<<'label: gpt\n,' && udevadm settle && mkfs.ext4 -q ${D}1",
    "pvcreate -q -y --metadatacopies 2 $D",
    "printf k | cryptsetup -q luksFormat --pbkdf pbkdf2 --pbkdf-force-iterations 1000 $D -",
]


def sectors_of(image):
    """Those that are not zero."""
    found, zeros = {}, bytes(512)
    with open(image, "rb") as file:
        number = 0
        while chunk := file.read(MIB):
            if any(chunk):
                for at in range(0, len(chunk), 512):
                    if chunk[at:at + 512] != zeros:
                        found[number + at // 512] = chunk[at:at + 512]
            number += len(chunk) // 512
    return found


def judge(before, written, left, undoing):
    """What is wrong with a disk that a cut left; None: nothing. `written`: sectors that were cleared
    or put back."""
    zeros = bytes(512)
    states = {"front": set(), "back": set()}
    for sector in written:
        now = left.get(sector, zeros if undoing else before[sector])
        if now not in (before[sector], zeros):
            return f"sector {sector} is neither what it was nor zero"
        states["front" if sector < FRONT_SECTORS else "back"].add(now != zeros)
    if undoing and True in states["front"] and False in states["back"]:
        return "it looks whole before it is"
    if not undoing and False in states["front"] and True in states["back"]:
        return "it looks blank before it is"
    return None


def cut_everywhere(before, log, undoing, tries):
    writes = read_log(log)
    touched = {sector for write in writes for sector in
               range(write.sector, write.sector + write.count)}
    written = touched & set(before)
    if touched - set(before):
        raise AssertionError(f"{len(touched - set(before))} sectors were written that held nothing")
    count = 0
    for left in after_cuts(writes, tries):
        if wrong := judge(before, written, left, undoing):
            raise AssertionError(wrong)
        count += 1
    return count, len(writes)


def run(machine):
    machine.run(f"cat >/etc/joist/agent.yaml <<'END'\n{SPEC}\nEND\n"
                "systemctl reload joist-agent.service")
    cuts = 0
    for maker in MAKERS:
        disk = machine.plug("scsi-hd", size_bytes=SIZE_BYTES)
        machine.run(f"set -e; D={disk.device}; {maker}; sync; udevadm settle")
        disk.unplug()
        before = sectors_of(disk.image)
        content = disk.image.read_bytes()
        for undoing in (False, True):
            if not undoing:
                logged = machine.plug("scsi-hd", size_bytes=SIZE_BYTES, content=content, logged=True,
                                      wwn=0x5000c50015eb0000 + len(maker))
                name = logged.device[5:]
                machine.eventually(f"joistctl disk plan {name} | grep -q 'In short'")
                digest = machine.run(
                    f"joistctl -o json disk plan {name} | python3 -c 'import base64, json, sys; "
                    "print(base64.b64decode(json.load(sys.stdin)[\"plan\"][\"digest\"]).hex())'")
                machine.run(f"joistctl disk approve {name} --digest {digest.strip()} && "
                            f"joistctl disk apply {name} --digest {digest.strip()}")
                jobs = machine.json("joistctl -o json disk history")["jobs"]
            else:
                cleared = logged.image.read_bytes()
                logged.unplug()
                logged = machine.plug("scsi-hd", size_bytes=SIZE_BYTES, content=cleared, logged=True,
                                      wwn=0x5000c50015eb0000 + len(maker))
                assert logged.device
                machine.run(f"joistctl disk undo {jobs[0]['id']} --yes")
                if sectors_of(logged.image) != before:
                    raise AssertionError(f"undo did not bring back: {maker}")
            count, writes = cut_everywhere(before, logged.image.with_suffix(".log"), undoing,
                                           tries=CUTS // 40)
            print(f"{'undo of' if undoing else 'clearing'} {maker.split()[0]}: {writes} writes and "
                  f"flushes, {count} disks after a cut")
            cuts += count
        logged.unplug()
    if cuts < CUTS:
        raise AssertionError(f"{cuts} cuts, wanted {CUTS}")
