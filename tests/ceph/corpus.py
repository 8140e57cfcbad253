"""Disks as people really have them: what once was on them, whole, damaged and half wiped."""

import os
import pathlib
import struct
import subprocess
import uuid

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SIZE_BYTES = 6 * GIB  # Ceph takes none below 5 GB


def run(*words, **more):
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def write(path, *pieces):
    with open(path, "r+b") as file:
        for offset, data in pieces:
            file.seek(offset if offset >= 0 else SIZE_BYTES + offset)
            file.write(data)


def zero(path, *stretches):
    write(path, *((offset, bytes(length)) for offset, length in stretches))


def made_by(*words):
    return lambda path: run(*words, path)


def then_zeroed(make, *stretches):
    def build(path):
        make(path)
        zero(path, *stretches)
    return build


def lvm(path):
    """pvcreate takes block devices alone."""
    device = subprocess.run(["losetup", "--find", "--show", path], check=True, capture_output=True,
                            text=True).stdout.strip()
    try:
        run("pvcreate", "-q", "-y", device)
    finally:
        run("losetup", "-d", device)


def table(kind, script=","):
    return lambda path: run("sfdisk", "-q", path, input=f"label: {kind}\n{script}\n", text=True)


def in_partition(make_type):
    """A file system 1 MiB into the disk, with the table that led there gone."""
    def build(path):
        part = pathlib.Path(f"{path}.part")
        part.touch()
        os.truncate(part, GIB)
        run(*make_type, part)
        run("dd", f"if={part}", f"of={path}", "bs=1M", "seek=1", "conv=notrunc,sparse")
        part.unlink()
    return build


def luks(*options):
    def build(path):
        run("cryptsetup", "-q", "luksFormat", "--pbkdf", "pbkdf2", "--pbkdf-force-iterations",
            "1000", *options, path, "-", input=b"secret")
    return build


def bluestore(path):
    """A real OSD's disk; no cluster is needed to make one."""
    directory = pathlib.Path(f"{path}.osd")
    directory.mkdir()
    (directory / "block").symlink_to(path)
    config = directory / "conf"
    config.write_text(f"[global]\nfsid = {uuid.uuid4()}\nrun dir = {directory}\n"
                      f"log file = {directory}/log\npid file =\nadmin socket =\n", encoding="utf-8")
    run("ceph-osd", "-c", config, "-i", "7", "--mkfs", "--no-mon-config", "--osd-data", directory,
        "--osd-uuid", str(uuid.uuid4()), "--osd-objectstore", "bluestore",
        "--setuser", "root", "--setgroup", "root")
    run("rm", "-rf", directory)


def bluestore_copy_at(offset):
    """The label of an OSD of newer Ceph, whose other copies were zapped (ceph PR 55374)."""
    def build(path):
        bluestore(path)
        with open(path, "rb") as file:
            label = file.read(4 * KIB)
        os.truncate(path, 0)
        os.truncate(path, SIZE_BYTES)
        write(path, (offset, label))
    return build


def md_superblock(version, offset):
    data = bytearray(4 * KIB)
    if version == 0:
        struct.pack_into("<IIII", data, 0, 0xa92b4efc, 0, 90, 0)
    else:
        struct.pack_into("<IIII", data, 0, 0xa92b4efc, 1, 0, 0)
        struct.pack_into("<Q", data, 144, offset // 512)
    return lambda path: write(path, (offset, bytes(data)))


def written(*pieces):
    return lambda path: write(path, *pieces)


EXT4 = made_by("mkfs.ext4", "-q", "-F")
XFS = made_by("mkfs.xfs", "-q", "-f")
BTRFS = made_by("mkfs.btrfs", "-q", "-f")
NTFS = made_by("mkntfs", "-q", "-F", "-f")
NOISE = os.urandom(64 * KIB)

FOREIGN = {
    "ext4": EXT4,
    "ext4 without its first superblock": then_zeroed(EXT4, (0, 4 * KIB)),
    "ext4 without its first MiB": then_zeroed(EXT4, (0, MIB)),
    "ext2 of 1 KiB blocks": made_by("mkfs.ext2", "-q", "-F", "-b", "1024"),
    "ext4 after wipefs of its magic": then_zeroed(EXT4, (1080, 2)),
    "xfs": XFS,
    "xfs without its first superblock": then_zeroed(XFS, (0, 4 * KIB)),
    "btrfs": BTRFS,
    "btrfs without its first superblock": then_zeroed(BTRFS, (64 * KIB, 4 * KIB)),
    "btrfs after wipefs of its magic": then_zeroed(BTRFS, (64 * KIB + 64, 8)),
    "ntfs": NTFS,
    "ntfs without its boot sector": then_zeroed(NTFS, (0, 512)),
    "swap": made_by("mkswap", "-q"),
    "luks1": luks("--type", "luks1"),
    "luks2": luks("--type", "luks2"),
    "luks2 without its first header": then_zeroed(luks("--type", "luks2"), (0, 4 * KIB)),
    "luks2 without both headers": then_zeroed(
        luks("--type", "luks2"), (0, 4 * KIB), (16 * KIB, 4 * KIB)),
    "lvm": lvm,
    "lvm without its label": then_zeroed(lvm, (0, 4 * KIB)),
    "gpt": table("gpt"),
    "gpt without partitions": table("gpt", ""),
    "gpt, its backup alone": then_zeroed(table("gpt"), (0, 34 * 512)),
    "gpt, its primary alone": then_zeroed(table("gpt"), (-34 * 512, 34 * 512)),
    "gpt, its protective MBR alone": then_zeroed(
        table("gpt"), (512, 33 * 512), (-34 * 512, 34 * 512)),
    "dos with a partition": table("dos"),
    "dos without partitions": table("dos", ""),
    "ext4 in a partition whose table is gone": in_partition(("mkfs.ext4", "-q", "-F")),
    "xfs in a partition whose table is gone": in_partition(("mkfs.xfs", "-q", "-f")),
    "btrfs in a partition whose table is gone": in_partition(("mkfs.btrfs", "-q", "-f")),
    "swap in a partition whose table is gone": in_partition(("mkswap", "-q")),
    "md 0.90": md_superblock(0, SIZE_BYTES // (64 * KIB) * 64 * KIB - 64 * KIB),
    "md 1.0": md_superblock(1, SIZE_BYTES - 8 * KIB),
    "md 1.1": md_superblock(1, 0),
    "md 1.2": md_superblock(1, 4 * KIB),
    "zfs uberblocks in the last label": written(
        (SIZE_BYTES - 256 * KIB + 128 * KIB, struct.pack("<QQ", 0x00bab10c, 5000) * 8)),
    "bluestore": bluestore,
    "bluestore without its 22 letters": then_zeroed(bluestore, (0, 22)),
    "bluestore without its label": then_zeroed(bluestore, (0, 4 * KIB)),
    "bluestore, its copy at 1 GiB alone": bluestore_copy_at(GIB),
    "spdk, Longhorn v2": written((0, b"SPDKBLOB" + struct.pack("<I", 3) + bytes(500))),
    "bytes of no format at 0": written((0, NOISE)),
    "bytes of no format at 100 KiB": written((100 * KIB, NOISE)),
    "bytes of no format in the middle": written(
        *((SIZE_BYTES // 64 * part, NOISE) for part in range(1, 64))),
    "bytes of no format at the end": written((-64 * KIB, NOISE)),
    "one byte in the last sector": written((-1, b"x")),
}

BLANK = {
    "blank": lambda path: None,
    "blank, all of it written once": then_zeroed(written((0, bytes(MIB)))),
    "blank, of an odd size": lambda path: os.truncate(path, SIZE_BYTES + 512 * 7777),
    "blank, just large enough": lambda path: os.truncate(path, 5 * GIB),
    "blank, 15 TiB": lambda path: os.truncate(path, 15 << 40),
}
