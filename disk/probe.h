// Reads what is on a disk, through a descriptor that somebody else opened.
//
// libblkid 2.38 is asked for every signature it knows rather than for the
// likeliest, and Joist's own table (superblock.h) for every copy: leftovers and
// contradictions all count. What no format explains is looked for by samples.
// Nothing is ever written.
#pragma once

#include <string_view>

#include "base/result.h"
#include "disk/probe_result.h"

namespace joist::disk {

// `fd`: a whole disk, or an image in a regular file, open for reading. `name`:
// what its partitions are named after. Partitions are read through the same
// descriptor, so those that have no node count too. Leaves `holders` and `held`
// to the caller: they are not on the disk. Io if any of it cannot be read: a
// part that could not be read may hold anything. Blocks for as long as the
// device does. Needs no privilege.
Result<ProbeResult> probe(int fd, std::string_view name);

// Whether the areas that probe() samples hold nothing but zeros: without it no
// disk is blank. Explains no byte, so that a process with power may call it;
// stops at the first that is not zero. Io, and blocks, as probe().
Result<bool> samples_are_zero(int fd, std::string_view name);

// BLKGETDISKSEQ (Linux 5.15); 0 where the kernel does not number disks.
std::uint64_t diskseq_of(int fd);

}  // namespace joist::disk
