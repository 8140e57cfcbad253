#include "agent/probe_cache.h"

#include <algorithm>
#include <set>
#include <utility>

namespace joist::agent {
namespace {

// Whether the disk may hold something else than when it looked like `before`.
bool looks_different(const disk::Disk& before, const disk::Disk& now) {
  return before.id != now.id || before.diskseq != now.diskseq ||
         before.size_bytes != now.size_bytes || before.read_only != now.read_only ||
         before.partitions != now.partitions || before.uses != now.uses ||
         before.udev_types != now.udev_types || before.backing_file != now.backing_file;
}

// Another disk under the same name: nothing known of the old one is of use.
bool is_another(const disk::Disk& before, const disk::Disk& now) {
  return before.id != now.id || before.diskseq != now.diskseq ||
         before.backing_file != now.backing_file;
}

bool seems_blank(const disk::ProbeResult& result) {
  return result.signatures.empty() && result.partitions.empty() &&
         result.data_offsets_bytes.empty();
}

std::chrono::seconds retry_after(unsigned failures) {
  std::chrono::seconds wait = ProbeCache::kRetryFirst;
  for (unsigned i = 1; i < failures && wait < ProbeCache::kRetryMax; ++i) wait *= 2;
  return std::min(wait, ProbeCache::kRetryMax);
}

}  // namespace

void ProbeCache::observe(const std::vector<disk::Disk>& disks, const v1::StorageSpec& spec) {
  std::set<std::string> names;
  for (const disk::Disk& disk : disks) {
    if (!disk::worth_probing(disk, spec)) continue;
    names.insert(disk.name);
    Entry& entry = entries_[disk.name];
    if (is_another(entry.disk, disk)) entry = {};
    if (looks_different(entry.disk, disk)) {
      entry.due = {};
      forget_blank(entry);
    }
    entry.disk = disk;
  }
  std::erase_if(entries_, [&](const auto& entry) { return !names.contains(entry.first); });
}

// What was found on it stays: it closes gates only.
bool ProbeCache::forget_blank(Entry& entry) {
  entry.changes = ++changes_;
  const bool blank = entry.result && entry.result->has_value() && seems_blank(**entry.result);
  if (blank) entry.result.reset();
  return blank;
}

bool ProbeCache::change(const std::string& name, SteadyTime now) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) return false;
  Entry& entry = found->second;
  entry.due = std::min(entry.due, std::max(now, entry.read_at + kRereadChanged));
  return forget_blank(entry);
}

void ProbeCache::disturb(SteadyTime now) {
  for (auto& [name, entry] : entries_) {
    ++entry.disturbances;
    entry.due = std::min(entry.due, std::max(now, entry.read_at + kReread));
  }
}

std::optional<ProbeCache::Due> ProbeCache::next() const {
  const auto first =
      std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.due; });
  if (first == entries_.end()) return std::nullopt;
  const Entry& entry = first->second;
  return Due{first->first, entry.disk.diskseq, entry.due, entry.changes, entry.disturbances};
}

bool ProbeCache::is_news(const Due& due, const Result<disk::ProbeResult>& failed) const {
  const auto found = entries_.find(due.name);
  if (found == entries_.end()) return false;
  const auto& before = found->second.result;
  return !before || before->has_value() || before->error().message != failed.error().message;
}

void ProbeCache::store(const Due& due, Result<disk::ProbeResult> result, SteadyTime now) {
  const auto found = entries_.find(due.name);
  // Gone, or replaced while it was read.
  if (found == entries_.end() || found->second.disk.diskseq != due.diskseq) return;
  Entry& entry = found->second;
  if (entry.changes != due.changes) return;
  entry.read_at = now;
  if (result) {
    entry.failures = 0;
    entry.due = now + (seems_blank(*result) ? kBlankAge : kAge);
  } else {
    ++entry.failures;
    const bool may_pass = result.error().code == ErrorCode::Unavailable;
    entry.due = now + (may_pass ? retry_after(entry.failures) : kRetryMax);
  }
  if (entry.disturbances != due.disturbances) entry.due = std::min(entry.due, now + kReread);
  entry.result = std::move(result);
}

std::map<std::string, Result<disk::ProbeResult>> ProbeCache::results(SteadyTime now) const {
  std::map<std::string, Result<disk::ProbeResult>> results;
  for (const auto& [name, entry] : entries_) {
    if (!entry.result) continue;
    const bool blank = entry.result->has_value() && seems_blank(**entry.result);
    if (blank && now - entry.read_at > kBlankLife) {
      results.emplace(
          name, fail(ErrorCode::Unavailable, "was blank, but was not read again for more than " +
                                                 std::to_string(kBlankLife.count()) + " s"));
    } else {
      results.emplace(name, *entry.result);
    }
  }
  return results;
}

}  // namespace joist::agent
