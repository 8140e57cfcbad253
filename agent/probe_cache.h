// Which disk to read next, and what reading them brought so far. Reading costs
// the disk and the helper something, so a disk is read again only when it may
// have changed:
//   - it looks different in sysfs (another attachment, size, partitions, uses);
//   - the kernel or udevd says that it changed, at most every kRereadChanged;
//   - a device somewhere changed, and it was last read kReread ago;
//   - it counts as blank and was last read kBlankAge ago: that word may one day
//     cost somebody's data, and without udevd nobody tells of a new signature;
//   - it was last read kAge ago;
//   - it could not be read: after kRetryFirst, doubled each time up to kRetryMax.
// Pure. Threads: the caller's one.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/pulse.h"
#include "disk/classify.h"

namespace joist::agent {

class ProbeCache {
 public:
  static constexpr std::chrono::seconds kReread{30};
  static constexpr std::chrono::seconds kRereadChanged{2};
  static constexpr std::chrono::seconds kBlankAge{60};
  static constexpr std::chrono::seconds kBlankLife{180};
  static constexpr std::chrono::seconds kAge{600};
  static constexpr std::chrono::seconds kRetryFirst{2};
  static constexpr std::chrono::seconds kRetryMax{60};

  // The disks there are now; forgets those that are gone or were replaced.
  void observe(const std::vector<disk::Disk>& disks, const v1::StorageSpec& spec);

  // A block device came, went or changed: any disk may hold something else now.
  void disturb(SteadyTime now);

  // This disk came, went or changed: that it was blank is no longer known, from now
  // on and whatever is being read. True: it was known until now.
  bool change(const std::string& name, SteadyTime now);

  struct Due {
    std::string name;
    std::uint64_t diskseq = 0;
    SteadyTime time;                 // not before
    std::uint64_t changes = 0;       // of the disk, when it became due
    std::uint64_t disturbances = 0;  // of any disk
  };

  // The disk that is due first; nullopt: none is worth reading.
  std::optional<Due> next() const;

  // Whether `failed` tells more of the disk than the last attempt did.
  bool is_news(const Due& due, const Result<disk::ProbeResult>& failed) const;

  // What reading `due` brought. If the disk changed meanwhile, the reading counts for
  // nothing and the disk stays due; if any did, it is read again soon.
  void store(const Due& due, Result<disk::ProbeResult> result, SteadyTime now);

  // For classify(): by name. That a disk was blank is forgotten kBlankLife after
  // it was read, whatever keeps the next reading; what was found on one closes
  // gates only, and stays until the disk is read again or goes.
  std::map<std::string, Result<disk::ProbeResult>> results(SteadyTime now) const;

 private:
  struct Entry {
    disk::Disk disk;  // as it looked when it became due
    std::optional<Result<disk::ProbeResult>> result;
    SteadyTime read_at{};
    SteadyTime due{};  // the epoch: at once
    unsigned failures = 0;
    std::uint64_t changes = 0;
    std::uint64_t disturbances = 0;
  };

  bool forget_blank(Entry& entry);

  std::map<std::string, Entry> entries_;
  std::uint64_t changes_ = 0;  // of all disks: a replaced disk never has its predecessor's count
};

}  // namespace joist::agent
