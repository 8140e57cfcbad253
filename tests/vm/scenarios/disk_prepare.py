"""Disks prepared as somebody consented to: for Ceph, for Longhorn, mounted again after a power cut,
never filled where the mount fails, put back by undo, and gone on with where the power went."""

import pathlib

LONGHORN_RULES = (pathlib.Path(__file__).parents[1] / "longhorn_rules.py").read_text()

SPEC = """
storage:
  size_min_bytes: 256MiB
  uses:
    - name: osd
      kind: ceph-raw
      disks: {{ids: ["{osd}"]}}
    - name: volumes
      kind: longhorn-v1
      disks: {{ids: ["{volumes}"]}}
    - name: scratch
      kind: local
      filesystem: ext4
      mount_point: /data/scratch
      disks: {{ids: ["{scratch}"]}}
    - name: old
      kind: wipe
      wipe: zero
      disks: {{ids: ["{old}"]}}
"""


def id_of(machine, disk):
    """Once the agent has read it."""
    name = disk.device[5:]

    def known():
        disks = machine.json("joistctl -o json disk list")["disks"]
        seen = [one for one in disks if one["name"] == name and one.get("probed")]
        return bool(seen and seen[0].get("id")), seen
    machine.until(known, seconds=60)
    return known()[1][0]["id"]


def planned(machine, disk):
    name = disk.device[5:]
    disks = machine.json("joistctl -o json disk plan")["plan"]["disks"]
    return next(one for one in disks if one["name"] == name)


def has_steps(machine, disk, *kinds):
    def holds():
        seen = planned(machine, disk)
        return [step["kind"] for step in seen["steps"]] == list(kinds), seen
    machine.until(holds, seconds=60)


def has_reason(machine, disk, code):
    def holds():
        seen = planned(machine, disk)
        return not seen["steps"] and code in [why["code"] for why in seen["reasons"]], seen
    machine.until(holds, seconds=60)


def consent_and_apply(machine, *disks, seconds=300):
    """Only these; what is under way when it returns."""
    names = " ".join(disk.device[5:] for disk in disks)
    plan = machine.json(f"joistctl -o json disk plan {names}")["plan"]
    digest = machine.run(
        f"joistctl -o json disk plan {names} | python3 -c 'import base64, json, sys; "
        "print(base64.b64decode(json.load(sys.stdin)[\"plan\"][\"digest\"]).hex())'").strip()
    machine.run(f"joistctl disk approve {names} --digest {digest}")
    machine.run(f"joistctl disk apply {names} --digest {digest}", seconds=seconds)
    return plan


def jobs(machine):
    return machine.json("joistctl -o json disk history")["jobs"]


def job_of(machine, disk_id):
    return next(job for job in jobs(machine) if job["planned"]["id"] == disk_id)


def expect(machine, command, expected):
    seen = machine.run(command).strip()
    if seen != expected:
        raise AssertionError(f"{command}: {seen!r}, not {expected!r}")


def accepted_by_longhorn(machine):
    """Each disk's path and the UUID that Longhorn gave it."""
    machine.run(f"cat >/root/longhorn_rules.py <<'END'\n{LONGHORN_RULES}\nEND")
    return machine.run("joistctl disk longhorn | python3 /root/longhorn_rules.py")


def agent_is_back(machine):
    machine.eventually("joistctl -o json disk plan >/dev/null", seconds=120)


def run(machine):
    osd = machine.plug("scsi-hd", size_bytes=1 << 30, wwn=0x5000c50015ea0001)
    volumes = machine.plug("nvme", size_bytes=1 << 30)
    scratch = machine.plug("virtio-blk-pci", size_bytes=1 << 30)
    old = machine.plug("scsi-hd", size_bytes=512 << 20, wwn=0x5000c50015ea0002)
    disks = {"osd": osd, "volumes": volumes, "scratch": scratch, "old": old}
    # Somebody's data on three of them; one with a partition table that the kernel has read.
    machine.run(f"""
        set -e
        mkfs.ext4 -q {osd.device} && mount {osd.device} /mnt && cp -a /etc /mnt/ && umount /mnt
        sfdisk -q {volumes.device} <<<'label: gpt
            size=500M'
        udevadm settle
        mkfs.xfs -q {volumes.device}p1
        head -c 300M /dev/urandom >{old.device}
        udevadm settle""")
    before = machine.run(f"sha256sum <{osd.device}")
    ids = {name: id_of(machine, disk) for name, disk in disks.items()}
    spec = SPEC.format(**ids)
    machine.run(f"cat >/etc/joist/agent.yaml <<'END'\n{spec}\nEND\n"
                "joistctl config check /etc/joist/agent.yaml && "
                "systemctl reload joist-agent.service")
    has_steps(machine, osd, "clear", "verify-blank")
    has_steps(machine, volumes, "clear", "verify-blank", "make-filesystem", "mount")
    has_steps(machine, scratch, "verify-blank", "make-filesystem", "mount")
    has_steps(machine, old, "zero", "verify-blank")

    # Nobody but root may consent, and nothing is done without.
    status, said = machine.attempt("runuser -u nobody -- joistctl disk approve --digest 00000000")
    if status == 0:
        raise AssertionError(f"nobody consented: {said}")
    status, said = machine.attempt(f"joistctl disk apply {osd.device[5:]}")
    if status == 0 or "consent" not in said:
        raise AssertionError(f"applied without consent, or without saying so: {said}")
    expect(machine, f"sha256sum <{osd.device}", before.strip())

    plan = consent_and_apply(machine, osd, volumes, scratch)
    has_reason(machine, osd, "AlreadyBlank")
    has_reason(machine, volumes, "AlreadyMounted")
    has_reason(machine, scratch, "AlreadyMounted")
    expect(machine, f"lsblk -rno FSTYPE,PTTYPE {osd.device}", "")
    expect(machine, f"wipefs -n {osd.device}", "")
    points = {one["name"]: one["mount_point"] for one in plan["disks"] if "mount_point" in one}
    point = points[volumes.device[5:]]
    if not point.startswith("/var/lib/longhorn-disks/"):
        raise AssertionError(f"Longhorn's disk is at {point}")
    expect(machine, f"findmnt -rno SOURCE,FSTYPE {point}", f"{volumes.device} xfs")
    expect(machine, "findmnt -rno SOURCE,FSTYPE /data/scratch", f"{scratch.device} ext4")
    machine.run(f"echo kept >{point}/file && sync")
    machine.eventually(f"joistctl conditions DisksPrepared | grep -q '{old.device[5:]} is not yet'")
    accepted = accepted_by_longhorn(machine)
    if not accepted.startswith(point + " "):
        raise AssertionError(f"Longhorn took {accepted!r}, not {point}")
    ceph = machine.run("joistctl disk ceph")
    if "wwn-0x5000c50015ea0001" not in ceph:
        raise AssertionError(f"not what Rook needs: {ceph}")

    # The data that somebody lost by mistake.
    machine.run(f"joistctl disk undo {job_of(machine, ids['osd'])['id']} --yes")
    expect(machine, f"sha256sum <{osd.device}", before.strip())
    machine.run(f"e2fsck -fn {osd.device} && mount -r {osd.device} /mnt && "
                "diff -r /etc/joist /mnt/joist >/dev/null; test -s /mnt/etc/passwd && umount /mnt")

    # While every byte of a disk is zeroed, the power goes: it goes on.
    name = old.device[5:]
    digest = machine.run(
        f"joistctl -o json disk plan {name} | python3 -c 'import base64, json, sys; "
        "print(base64.b64decode(json.load(sys.stdin)[\"plan\"][\"digest\"]).hex())'").strip()
    machine.run(f"joistctl disk approve {name} --digest {digest} && "
                f"joistctl disk apply {name} --digest {digest} --no-wait")
    machine.cut_power()
    agent_is_back(machine)

    def zeroed():
        job = job_of(machine, ids["old"])
        return job["state"] == "done", job
    machine.until(zeroed, seconds=180)
    expect(machine, f"tr -d '\\0' <{old.device} | head -c 1 | wc -c", "0")

    # After a boot all is where it was; the names may not be.
    expect(machine, f"findmnt -rno FSTYPE {point}", "xfs")
    expect(machine, f"cat {point}/file", "kept")
    expect(machine, "findmnt -rno FSTYPE /data/scratch", "ext4")
    has_reason(machine, volumes, "AlreadyMounted")
    if accepted_by_longhorn(machine) != accepted:
        raise AssertionError(f"after a boot Longhorn has other disks than {accepted!r}")

    # A disk that does not come: the host boots, and nothing can be put where it was.
    volumes.unplug()
    machine.cut_power()
    agent_is_back(machine)
    status, said = machine.attempt(f"findmnt {point}")
    if status == 0:
        raise AssertionError(f"mounted without its disk: {said}")
    for attempt in (f"touch {point}/file", f"mkdir {point}/replicas", f"rmdir {point}"):
        status, said = machine.attempt(attempt)
        if status == 0:
            raise AssertionError(f"{attempt} succeeded in a place that is not mounted")
