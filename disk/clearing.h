// Takes away what a probe would find, in an order that any crash can be recovered from, and puts it
// back.
//
//   save_bytes -> (made durable by the caller) -> clear_bytes -> check_clear
//                                                     └──────────> restore_bytes
//
// What stands at the front of a disk goes last and comes back last: until then the disk shows what
// it was, never a blank that is not one.
#pragma once

#include <vector>

#include "base/result.h"
#include "disk/block_target.h"
#include "disk/byte_range.h"
#include "joist/v1/journal.pb.h"

namespace joist::disk {

// Most that is saved of one disk: all that ranges_to_clear() names of one with up to 32 partitions.
// One with more of them, all full where superblocks may stand, is refused, and not touched.
inline constexpr std::uint64_t kSavedBytesMax = std::uint64_t{64} << 20;

// All sectors in `ranges` that are not zero. Refused above kSavedBytesMax. Reads only.
Result<v1::SavedBytes> save_bytes(BlockTarget& target, const std::vector<ByteRange>& ranges);

// Zeroes the saved sectors. Each must hold what was saved, or zeros from an attempt before: what
// somebody else wrote meanwhile is nobody's to clear, and is Refused before the first write.
Result<void> clear_bytes(BlockTarget& target, const v1::SavedBytes& saved);

// That in `ranges` there is nothing but what was saved, or zeros: nobody else has begun to use the
// disk. Refused otherwise. Reads only.
Result<void> check_nothing_else(BlockTarget& target, const std::vector<ByteRange>& ranges,
                                const v1::SavedBytes& saved);

// That the medium gives back zeros for all of it; Io where it does not.
Result<void> check_clear(BlockTarget& target, const std::vector<ByteRange>& ranges);

// Puts the saved sectors back and reads them back. Each must hold zeros, or what was saved; else
// Refused, before the first write.
Result<void> restore_bytes(BlockTarget& target, const v1::SavedBytes& saved);

}  // namespace joist::disk
