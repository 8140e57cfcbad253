#include "agent/health_cache.h"

#include <algorithm>
#include <utility>

namespace joist::agent {
namespace {

using std::chrono::seconds;

disk::HealthHeard heard(const Result<v1::HealthResponse>& answer) {
  if (answer) return disk::hear(*answer);
  return {disk::HealthAnswer::Trouble, answer.error().message};
}

BootTime scaled(seconds time, double factor) {
  return std::chrono::duration_cast<BootTime>(std::chrono::duration<double>(time) * factor);
}

BootTime pause_after(disk::HealthAnswer answer, unsigned failures, seconds interval,
                     double random) {
  constexpr unsigned doublings_max = 6;  // more than kRetryMax takes
  seconds pause = interval;
  if (answer == disk::HealthAnswer::Trouble) {
    const unsigned doublings = std::min(failures > 0 ? failures - 1 : 0, doublings_max);
    pause = std::min(HealthCache::kRetryFirst * (1 << doublings), HealthCache::kRetryMax);
  } else if (answer == disk::HealthAnswer::NotOffered) {
    pause = std::max(interval, HealthCache::kMuteAgain);
  }
  return scaled(pause, 0.9 + 0.2 * random);
}

}  // namespace

bool HealthCache::observe(const std::vector<disk::Disk>& disks) {
  std::map<std::string, Entry> kept;
  bool differ = disks.size() != entries_.size();
  for (const disk::Disk& disk : disks) {
    Entry entry;
    const auto before = entries_.find(disk.name);
    const bool same = before != entries_.end() &&
                      before->second.known.disk.diskseq == disk.diskseq &&
                      before->second.known.disk.id == disk.id;
    if (same) entry = std::move(before->second);
    differ = differ || !same;
    entry.known.disk = disk;
    kept.emplace(disk.name, std::move(entry));
  }
  entries_ = std::move(kept);
  return differ;
}

std::optional<HealthCache::Due> HealthCache::next() const {
  const Entry* first = nullptr;
  for (const auto& [name, entry] : entries_) {
    if (!disk::worth_asking(entry.known.disk)) continue;
    if (first == nullptr || entry.due < first->due) first = &entry;
  }
  if (first == nullptr) return std::nullopt;
  return Due{first->known.disk.name, first->known.disk.diskseq, first->due};
}

bool HealthCache::is_news(const Due& due, const Result<v1::HealthResponse>& answer) const {
  const auto entry = entries_.find(due.name);
  if (entry == entries_.end()) return false;
  const disk::HealthHeard now = heard(answer);
  const auto& last = entry->second.known.last;
  return !last || last->answer != now.answer || last->why != now.why;
}

void HealthCache::store(const Due& due, const Result<v1::HealthResponse>& answer, seconds interval,
                        double random, Moment now) {
  const auto found = entries_.find(due.name);
  if (found == entries_.end() || found->second.known.disk.diskseq != due.diskseq) return;
  Entry& entry = found->second;
  entry.known.last = heard(answer);
  const disk::HealthAnswer kind = entry.known.last->answer;
  if (kind == disk::HealthAnswer::Figures) {
    entry.known.report = answer->report();
    entry.known.read = now;
  }
  entry.failures = kind == disk::HealthAnswer::Trouble ? entry.failures + 1 : 0;
  entry.due = now.boot + pause_after(kind, entry.failures, interval, random);
}

void HealthCache::reconsider(seconds interval, BootTime now) {
  for (auto& [name, entry] : entries_) {
    const bool regular =
        entry.known.last && entry.known.last->answer == disk::HealthAnswer::Figures;
    if (regular) entry.due = std::min(entry.due, now + interval);
  }
}

std::vector<disk::HealthKnown> HealthCache::known() const {
  std::vector<disk::HealthKnown> all;
  for (const auto& [name, entry] : entries_) all.push_back(entry.known);
  return all;
}

}  // namespace joist::agent
