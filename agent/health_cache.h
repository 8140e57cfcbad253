// Which disk to ask for its health next, and what asking them brought so far. One at a time, and
// each again
//   - an interval after it was asked, give or take a tenth, so that the disks of many hosts, and
//     those that share a power supply, do not all answer at once;
//   - kRetryFirst after it gave trouble, doubled each time up to kRetryMax;
//   - kMuteAgain after it said that it has nothing to tell.
// A disk that is gone is forgotten, and one that came in its place is asked anew. Pure.
// Threads: the caller's one.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "disk/health.h"

namespace joist::agent {

class HealthCache {
 public:
  static constexpr std::chrono::seconds kRetryFirst{60};
  static constexpr std::chrono::seconds kRetryMax{3600};
  static constexpr std::chrono::seconds kMuteAgain{6 * 3600};

  // The disks there are now. Whether they are others than before.
  bool observe(const std::vector<disk::Disk>& disks);

  struct Due {
    std::string name;
    std::uint64_t diskseq = 0;
    BootTime time;  // not before
  };

  // The disk that is due first; nullopt: none is worth asking.
  std::optional<Due> next() const;

  // Whether what `answer` says of the disk differs from the last answer in more than figures.
  bool is_news(const Due& due, const Result<v1::HealthResponse>& answer) const;

  // What asking `due` brought; counts for nothing if the disk is another by now. `random` is
  // from 0 to 1.
  void store(const Due& due, const Result<v1::HealthResponse>& answer,
             std::chrono::seconds interval, double random, Moment now);

  // The interval became shorter: whoever waits longer than that waits no longer.
  void reconsider(std::chrono::seconds interval, BootTime now);

  // All disks, by name.
  std::vector<disk::HealthKnown> known() const;

 private:
  struct Entry {
    disk::HealthKnown known;
    BootTime due{0};
    unsigned failures = 0;
  };

  std::map<std::string, Entry> entries_;
};

}  // namespace joist::agent
