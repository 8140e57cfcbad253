// What the disks did in the last minutes, from /proc/diskstats read once a minute. The window
// is long enough for a disk that is going bad to show among quiet minutes, and short enough to
// forget a rebuild.
// Threads: the caller's one.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "disk/inventory.h"
#include "disk/io_latency.h"

namespace joist::agent {

class LatencyWindow {
 public:
  static constexpr std::size_t kSamplesMax = 11;  // ten minutes, one sample a minute

  // /proc/diskstats as it is now, and the disks there are. What is no line of it is passed over.
  void add(std::string_view diskstats, const std::vector<disk::Disk>& disks);

  // Of every physical disk. Empty until there are two samples.
  const std::vector<disk::IoLatency>& latencies() const { return latencies_; }

 private:
  // Counts since the disk was attached, with its diskseq as part of the key.
  using Sample = std::map<std::string, disk::IoDone>;

  std::deque<Sample> samples_;
  std::vector<disk::IoLatency> latencies_;
};

}  // namespace joist::agent
