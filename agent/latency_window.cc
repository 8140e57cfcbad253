#include "agent/latency_window.h"

#include <algorithm>

#include "collectors/storage/diskstats.h"
#include "disk/health.h"

namespace joist::agent {
namespace {

// Columns of /proc/diskstats after the name.
constexpr std::size_t kReads = 0;
constexpr std::size_t kReadMilliseconds = 3;
constexpr std::size_t kWrites = 4;
constexpr std::size_t kWriteMilliseconds = 7;

std::string equals_of(const disk::Disk& disk) {
  if (disk.model.empty()) return "";
  return disk.model + '\n' + std::to_string(disk.size_bytes) + (disk.rotational ? " hdd" : " ssd");
}

std::string key_of(const disk::Disk& disk) {
  return disk.name + ' ' + std::to_string(disk.diskseq);
}

// Counters that went back began anew.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
  return now >= before ? now - before : now;
}

}  // namespace

void LatencyWindow::add(std::string_view diskstats, const std::vector<disk::Disk>& disks) {
  Sample sample;
  while (!diskstats.empty()) {
    const std::size_t end = std::min(diskstats.find('\n'), diskstats.size());
    const auto line = collectors::parse_diskstats_line(diskstats.substr(0, end));
    diskstats.remove_prefix(std::min(end + 1, diskstats.size()));
    if (!line) continue;
    const auto disk = std::ranges::find(disks, line->device, &disk::Disk::name);
    if (disk == disks.end() || !disk::worth_asking(*disk)) continue;
    sample[key_of(*disk)] = {.name = disk->name,
                             .equals = equals_of(*disk),
                             .reads = line->values[kReads],
                             .read_ms = line->values[kReadMilliseconds],
                             .writes = line->values[kWrites],
                             .write_ms = line->values[kWriteMilliseconds]};
  }
  samples_.push_back(std::move(sample));
  if (samples_.size() > kSamplesMax) samples_.pop_front();

  latencies_.clear();
  if (samples_.size() < 2) return;
  std::vector<disk::IoDone> done;
  for (const auto& [key, now] : samples_.back()) {
    // Since the oldest sample that has it: a disk that came meanwhile counts from there.
    const auto before = std::ranges::find_if(
        samples_, [&key = key](const Sample& one) { return one.contains(key); });
    const disk::IoDone& then = before->at(key);
    disk::IoDone one = now;
    one.reads = since(now.reads, then.reads);
    one.read_ms = since(now.read_ms, then.read_ms);
    one.writes = since(now.writes, then.writes);
    one.write_ms = since(now.write_ms, then.write_ms);
    done.push_back(std::move(one));
  }
  latencies_ = disk::compare_latencies(done);
}

}  // namespace joist::agent
