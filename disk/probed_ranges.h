// Where a probe looks, and so what has to be zero before it calls a disk blank. Pure.
//
// The probe and the clearing read the one list: what is cleared is what would be found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disk/byte_range.h"
#include "disk/probe_result.h"
#include "disk/superblock.h"

namespace joist::disk {

// What is read as if it were a device.
struct Region {
  std::uint64_t start_bytes;
  std::uint64_t size_bytes;
  std::string device;  // what it is called: "sda", "sda1"
  bool lost = false;   // nothing says that it is one
};

// Where a first partition was whose table is gone: the same superblocks, 1 MiB further.
std::optional<Region> lost_partition(const Region& disk, bool has_partitions);

// Where superblocks are looked for in it. Of a lost one not in the large areas behind its
// beginning: a blank disk is read in 2 MiB.
std::vector<SuperblockPlace> places_in(const Region& region);

// Of a disk of that size: 512 KiB at both ends, where a first partition begins, every place of a
// superblock on it and on a first partition whose table is gone, wherever that ended, and 63 blocks
// spread evenly. The two ends come first.
std::vector<ByteRange> sampled_ranges(std::uint64_t disk_bytes);

// All that must become zero on a disk on which that was found: the samples, the first 10 MiB and
// the last, which are what others wipe, every place of a superblock on it and its partitions, and
// all that was found elsewhere. In whole blocks of 4 KiB, by offset, none overlapping or touching.
std::vector<ByteRange> ranges_to_clear(const ProbeResult& found);

// What of that is so whatever was found: where anybody who begins to use a disk of that size writes
// first. To be asked of a disk that is cleared or put back in part: half of a table, or an old one
// that the whole one hid, leads to places that nobody saved.
std::vector<ByteRange> ranges_always_cleared(std::uint64_t disk_bytes);

}  // namespace joist::disk
