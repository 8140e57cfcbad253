#include "disk/io_latency.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace joist::disk {
namespace {

// A normal distribution's standard deviation, in median absolute deviations.
constexpr double kDeviationScale = 1.4826;

using Mean = std::optional<double> IoLatency::*;

std::optional<double> mean_seconds(std::uint64_t requests, std::uint64_t milliseconds) {
  if (requests < kRequestsMin) return std::nullopt;
  return static_cast<double>(milliseconds) / 1e3 / static_cast<double>(requests);
}

// `values` is not empty.
double median(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string milliseconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f ms", seconds * 1e3);
  return text;
}

void mark(std::vector<IoLatency*>& equal, Mean mean, const char* what) {
  std::vector<double> means;
  for (const IoLatency* one : equal) {
    if (one->*mean) means.push_back(*(one->*mean));
  }
  if (means.size() < kEqualDisksMin) return;
  const double middle = median(means);
  std::vector<double> deviations;
  for (const double value : means) deviations.push_back(std::abs(value - middle));
  const double deviation = kDeviationScale * median(deviations);
  for (IoLatency* one : equal) {
    if (!(one->*mean)) continue;
    one->compared = true;
    const double value = *(one->*mean);
    if (value < kOutlierRatio * middle || value - middle < kOutlierSeconds ||
        value - middle < kOutlierDeviations * deviation) {
      continue;
    }
    one->outlier += (one->outlier.empty() ? "" : ", ") + std::string(what) + " take " +
                    milliseconds_text(value) + ", " + milliseconds_text(middle) + " on its equals";
  }
}

}  // namespace

std::vector<IoLatency> compare_latencies(const std::vector<IoDone>& done) {
  std::vector<IoLatency> all;
  for (const IoDone& one : done) {
    all.push_back({.name = one.name,
                   .read_seconds = mean_seconds(one.reads, one.read_ms),
                   .write_seconds = mean_seconds(one.writes, one.write_ms)});
  }
  for (std::size_t first = 0; first < done.size(); ++first) {
    std::vector<IoLatency*> equal;
    for (std::size_t other = 0; other < done.size(); ++other) {
      if (done[other].equals != done[first].equals) continue;
      if (other < first) break;  // the group was dealt with
      equal.push_back(&all[other]);
    }
    if (equal.empty() || done[first].equals.empty()) continue;
    mark(equal, &IoLatency::read_seconds, "reads");
    mark(equal, &IoLatency::write_seconds, "writes");
  }
  return all;
}

}  // namespace joist::disk
