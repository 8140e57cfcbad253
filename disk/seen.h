// Whether a disk is the one that it was. A kernel update that reports other WWNs, or none, gives a
// disk another id: a use that kept it by its old one no longer does, and the next use takes it with
// all that is on it. What a host saw before is all there is to tell it by. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

struct SeenOutcome {
  v1::SeenDisks record;               // to be kept
  bool differs = false;               // from the one before
  std::vector<v1::DiskDoubt> doubts;  // IdentityChanged
};

// Compares disks of one look with what was seen before; physical ones, whose identity is their own.
// A disk is the one of the record with the same id, else the same WWN, else the same serial and
// model or size, else, where one of the two states no serial, the same place, model and size. It
// has changed if its WWN is another one or there where there was none, or gone; or its serial,
// model or size is another. What has changed stays in the record as it was, so that it is told
// until somebody removes the record: only what comes to be known later in one attachment
// (`boot_id`, Disk::diskseq), as udev gets to it, is taken for learnt. Disks that are gone stay in
// it, up to kSeenMax, the one seen last the longest.
SeenOutcome compare_seen(v1::SeenDisks record, const std::vector<Disk>& disks,
                         const std::string& boot_id, WallTime now);

// IdentityUnknown, of every disk that compare_seen() would look at: `why` the record cannot be
// read.
std::vector<v1::DiskDoubt> doubt_all(const std::vector<Disk>& disks, const std::string& why);

inline constexpr int kSeenMax = 1024;

}  // namespace joist::disk
