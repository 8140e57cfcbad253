// What reading a disk brought to light. Strings may hold any byte.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "disk/inventory.h"
#include "disk/superblock.h"
#include "joist/v1/helper.pb.h"

namespace joist::disk {

// Something that says whose the bytes are. Offsets count from the start of the
// whole disk, also for what was found in a partition.
struct Signature {
  std::string type;   // libblkid's TYPE or PTTYPE: "ext4", "LVM2_member", "gpt"; superblock.h's
  std::string usage;  // "filesystem", "raid", "crypto", "other", "partition-table"
  std::uint64_t offset_bytes = 0;  // where the magic stands
  std::uint32_t length_bytes = 0;  // how long it is; 0: libblkid does not say
  std::string label;
  std::string uuid;
  std::string device;  // the disk or partition it was found in: "sda1"
  std::string owner;   // whose tools wrote it: "lvm2", "ceph"; empty: libblkid alone knows it
  Confidence confidence = Confidence::Magic;  // of who has an owner
  bool operator==(const Signature&) const = default;
};

struct ProbeResult {
  std::uint64_t diskseq = 0;  // of the very descriptor that was read; 0 before Linux 5.15
  std::uint64_t size_bytes = 0;
  std::uint32_t logical_sector_bytes = 0;
  std::uint32_t physical_sector_bytes = 0;
  bool read_only = false;
  std::vector<Signature> signatures;  // by offset
  std::vector<Partition> partitions;  // of the table on the disk, known to the kernel or not
  std::vector<std::string> holders;   // of the disk and its partitions, sorted
  bool held = false;                  // O_EXCL was refused with EBUSY; asked of zeros alone

  // First byte that is not zero in each sampled area (probed_ranges.h), for the first that have
  // one. Signatures stand in them too.
  std::vector<std::uint64_t> data_offsets_bytes;

  // SHA-256 over the sampled areas that are not zero: joist.v1.ProbeResponse.content_digest.
  std::string content_digest;

  // There was more than the limits below let through.
  bool truncated = false;

  Moment asked{};  // when the reading began; of whoever asked for it, not on the wire

  bool operator==(const ProbeResult&) const = default;
};

// So that an answer always fits a datagram (base/seqpacket.h).
inline constexpr std::size_t kSignaturesMax = 64;
inline constexpr std::size_t kDataOffsetsMax = 32;
inline constexpr std::size_t kPartitionsMax = 256;
inline constexpr std::size_t kHoldersMax = 64;
inline constexpr std::size_t kProbedTextMax = 80;  // characters of a label, uuid, name

// To the wire and back. Text is made printable on the way out; a message over
// the limits is Malformed on the way in.
v1::ProbeResponse to_message(const ProbeResult& result);
Result<ProbeResult> from_message(const v1::ProbeResponse& message);

}  // namespace joist::disk
