// Which of a host's equal disks answers far more slowly than the others: a disk that is
// going bad often tells by that first, and everything that is spread over all of them
// waits for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace joist::disk {

// Of one disk over one window. Times are those that requests took, queueing in the device
// included (/proc/diskstats, fields 1, 4, 5 and 8).
struct IoDone {
  std::string name;
  std::string equals;  // what makes disks comparable: model, size, rotation; empty: nothing
  std::uint64_t reads = 0;
  std::uint64_t read_ms = 0;
  std::uint64_t writes = 0;
  std::uint64_t write_ms = 0;
};

struct IoLatency {
  std::string name;
  std::optional<double> read_seconds;  // the mean of a read; nullopt: too few to say
  std::optional<double> write_seconds;
  bool compared = false;  // there were enough equal disks at work
  std::string outlier;    // in what it stands out, with figures; empty: it does not
};

// Fewer requests than this in a window say nothing, nor do fewer equal disks.
inline constexpr std::uint64_t kRequestsMin = 100;
inline constexpr std::size_t kEqualDisksMin = 3;
// It stands out past all three: so many times the median, so many seconds and so many
// (scaled) median deviations above it. Medians, so that the slow disk does not hide itself.
inline constexpr double kOutlierRatio = 4;
inline constexpr double kOutlierSeconds = 0.005;
inline constexpr double kOutlierDeviations = 6;

// In the order given. Pure.
std::vector<IoLatency> compare_latencies(const std::vector<IoDone>& done);

}  // namespace joist::disk
