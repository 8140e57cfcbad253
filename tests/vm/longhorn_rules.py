"""What Longhorn asks of the disks that a node's annotation names, and what it does to the accepted
ones, as root in the host's own mounts: fails where Longhorn would refuse. The annotation is in
what `joistctl disk longhorn` says, on standard input; prints each disk's path and UUID.

The rules are those of longhorn-manager 1.8 to 1.12: the default disks of a new node (paths, file
systems and names that differ, a reserve that fits, tags), the disk monitor (longhorn-disk.cfg and
the directory replicas), and the environment's check for extents (a replica is a sparse file).
"""
import fcntl
import json
import os
import re
import struct
import sys
import uuid

FS_IOC_FIEMAP = 0xC020660B
TAG = re.compile(r"^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$")


def refuse_unless(holds, why):
    if not holds:
        raise SystemExit(f"Longhorn would refuse: {why}")


def annotation(text):
    found = re.search(r"^    node\.longhorn\.io/default-disks-config: '(.*)'$", text, re.MULTILINE)
    refuse_unless(found, f"no annotation in {text!r}")
    return json.loads(found.group(1).replace("''", "'"))


def check_disk(disk):
    path = disk["path"]
    refuse_unless(path.startswith("/") and os.path.isdir(path), f"{path} is no directory")
    refuse_unless(disk.get("diskType") == "filesystem", f"{path}: type {disk.get('diskType')}")
    seen = os.statvfs(path)
    size_bytes = seen.f_blocks * seen.f_frsize
    refuse_unless(0 <= disk.get("storageReserved", 0) <= size_bytes, f"{path}: the reserve")
    for tag in disk.get("tags", []):
        refuse_unless(len(tag) <= 63 and TAG.match(tag), f"{path}: tag {tag!r}")
    return seen.f_fsid


def accept(disk):
    """What the manager writes on a disk that it takes for its own: its UUID from then on."""
    config = os.path.join(disk["path"], "longhorn-disk.cfg")
    if not os.path.exists(config):
        with open(config, "x") as file:
            json.dump({"diskName": disk["name"], "diskUUID": str(uuid.uuid4())}, file)
            file.flush()
            os.fsync(file.fileno())
        os.mkdir(os.path.join(disk["path"], "replicas"))
        os.sync()
    with open(config) as file:
        return json.load(file)["diskUUID"]


def check_extents(path):
    """A sparse file tells where its data is: a replica's volume is no larger than what is in it."""
    name = os.path.join(path, "replicas", "extents")
    with open(name, "w+b") as file:
        file.truncate(1 << 30)
        file.seek(512 << 20)
        file.write(b"x" * 4096)
        file.flush()
        os.fsync(file.fileno())
        request = struct.pack("=QQLLLL", 0, 1 << 30, 0, 0, 8, 0) + bytes(8 * 56)
        mapped = struct.unpack_from("=L", fcntl.ioctl(file, FS_IOC_FIEMAP, request), 20)[0]
        refuse_unless(mapped == 1, f"{path}: {mapped} extents of a file with one")
        refuse_unless(os.fstat(file.fileno()).st_blocks * 512 < 1 << 20, f"{path}: not sparse")
    os.unlink(name)


def main():
    disks = annotation(sys.stdin.read())
    refuse_unless(disks, "no disk is named")
    root = os.statvfs("/").f_fsid
    file_systems = [check_disk(disk) for disk in disks]
    refuse_unless(len(set(file_systems)) == len(disks), "two disks are one file system")
    refuse_unless(root not in file_systems, "a path on the root file system: nothing is mounted")
    for key in ("path", "name"):
        refuse_unless(len({disk[key] for disk in disks}) == len(disks), f"one {key} twice")
    for disk in disks:
        print(disk["path"], accept(disk))
        check_extents(disk["path"])


if __name__ == "__main__":
    main()
