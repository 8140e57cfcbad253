// What a disk is to Joist. Pure: the whole of the decision is in classify().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "disk/inventory.h"
#include "disk/probe_result.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

struct Reason {
  std::string code;     // CamelCase and stable: "ReadOnly"
  std::string message;  // for people
};

struct Verdict {
  v1::DiskClass disk_class = v1::DISK_CLASS_UNSPECIFIED;
  std::vector<Reason> reasons;  // every one that holds, most decisive first; never empty
};

// nullopt: nobody asked yet, or the disk is not worth_probing().
using ProbeOutcome = std::optional<Result<ProbeResult>>;

// A disk, what reading it brought, and what it therefore is.
struct ClassifiedDisk {
  Disk disk;
  ProbeOutcome probe;
  Verdict verdict;
};

// Whether its contents could change what the disk is: there is something to
// read, and its kind is one that Joist may consider.
bool worth_probing(const Disk& disk, const v1::StorageSpec& spec);

// The first that holds is the class, and all that holds is in the reasons:
//   system    a system mount, swap, what the kernel resumes from, or an EFI/BIOS-boot partition
//             stands on it, or `system_unresolved` is not empty (Inventory)
//   in-use    mounted, held, or O_EXCL refused
//   unusable  could not be used even if it is blank
//   foreign   something is on it, or it is not known that nothing is
//   blank     probed to the end, and nothing found
// A probe of another attachment, size or sector size than `disk` counts as none: in the list
// it is replaced by an Unavailable error.
Verdict classify(const Disk& disk, const std::string& system_unresolved, const ProbeOutcome& probe,
                 const v1::StorageSpec& spec,
                 const std::vector<std::string>& resume_unresolved = {});

// All of them, by name. `probes` is keyed by Disk::name.
std::vector<ClassifiedDisk> classify(const Inventory& inventory,
                                     const std::map<std::string, Result<ProbeResult>>& probes,
                                     const v1::StorageSpec& spec);

// "in-use": for people and in evidence.
std::string_view class_name(v1::DiskClass disk_class);

// StorageSpec.size_min_bytes, or its default.
std::uint64_t size_min_bytes(const v1::StorageSpec& spec);

}  // namespace joist::disk
