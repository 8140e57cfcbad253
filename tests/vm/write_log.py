"""What a guest wrote to a disk, as QEMU's blklogwrites keeps it (the kernel's dm-log-writes format,
Documentation/admin-guide/device-mapper/log-writes.rst), and the disks that a power cut could leave.
"""

import dataclasses
import random
import struct

MAGIC = 0x6a736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


@dataclasses.dataclass
class Write:
    sector: int
    count: int
    flags: int
    data: bytes


def read_log(path):
    """All writes and flushes, in the order they came."""
    with open(path, "rb") as file:
        magic, _, entries, sector_bytes = struct.unpack("<QQQI", file.read(28))
        if magic != MAGIC:
            raise ValueError(f"{path}: no log of writes")
        writes, at = [], sector_bytes
        for _ in range(entries):
            file.seek(at)
            sector, count, flags, length = struct.unpack("<QQQQ", file.read(32))
            at += sector_bytes
            data = b""
            if count and not flags & DISCARD:
                file.seek(at)
                data = file.read(count * sector_bytes)
                at += len(data)
            writes.append(Write(sector, count, flags, data))
        return writes


def after_cuts(writes, tries, seed=0):
    """For a cut before each entry: what is on the medium, as {sector: bytes}, `tries` times. What was
    flushed is; of the rest each sector by itself is or is not."""
    chance = random.Random(seed)
    durable, volatile = {}, {}
    for write in writes:
        for _ in range(tries if volatile else 1):
            yield {**durable, **{sector: data for sector, data in volatile.items()
                                 if chance.random() < 0.5}}
        if write.flags & FLUSH:
            durable.update(volatile)
            volatile.clear()
        sectors = {write.sector + index: write.data[index * 512:(index + 1) * 512]
                   for index in range(len(write.data) // 512)}
        (durable if write.flags & FUA else volatile).update(sectors)
    yield {**durable, **volatile}
