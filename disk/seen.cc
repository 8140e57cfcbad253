#include "disk/seen.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/printable.h"
#include "base/wall_time.h"
#include "disk/doubt.h"

namespace joist::disk {
namespace {

constexpr std::size_t kTextMax = 1024;
constexpr std::int64_t kDaySeconds = 86'400;  // finer, the record would be written at every look

bool is_comparable(const Disk& disk) {
  return disk.kind == v1::DISK_KIND_PHYSICAL && !disk.id.empty();
}

// As a record can hold it: what comes from a disk may be any bytes.
v1::SeenDisk shown(const Disk& disk) {
  v1::SeenDisk now;
  now.set_id(printable(disk.id, kTextMax));
  now.set_wwn(printable(disk.wwn, kTextMax));
  now.set_serial(printable(disk.serial, kTextMax));
  now.set_model(printable(disk.model, kTextMax));
  now.set_size_bytes(disk.size_bytes);
  if (!disk.by_path.empty()) now.set_path(printable(disk.by_path.front(), kTextMax));
  now.set_diskseq(disk.diskseq);
  return now;
}

using Likeness = bool (*)(const v1::SeenDisk& before, const v1::SeenDisk& now);

bool same(const std::string& before, const std::string& now) {
  return !before.empty() && before == now;
}
bool same_id(const v1::SeenDisk& before, const v1::SeenDisk& now) {
  return same(before.id(), now.id());
}
bool same_wwn(const v1::SeenDisk& before, const v1::SeenDisk& now) {
  return same(before.wwn(), now.wwn());
}
// Makers count from 1, each for himself: a serial alone is not enough.
bool same_serial(const v1::SeenDisk& before, const v1::SeenDisk& now) {
  return same(before.serial(), now.serial()) &&
         (before.model() == now.model() || before.size_bytes() == now.size_bytes());
}
bool same_serial_and_place(const v1::SeenDisk& before, const v1::SeenDisk& now) {
  return same_serial(before, now) && same(before.path(), now.path());
}
// With two serials it is another disk of the same model, that took the place of the first.
bool same_place(const v1::SeenDisk& before, const v1::SeenDisk& now) {
  return same(before.path(), now.path()) && (before.serial().empty() || now.serial().empty()) &&
         before.model() == now.model() && before.size_bytes() == now.size_bytes();
}

std::string or_none(const std::string& text) { return text.empty() ? "none" : text; }

// Empty: it is as it was.
std::string difference(const v1::SeenDisk& before, const v1::SeenDisk& now, bool same_attachment) {
  std::string text;
  const auto differs = [&text](const char* what, const std::string& was, const std::string& is) {
    text += (text.empty() ? "its " : ", its ") + std::string(what) + " was " + or_none(was) +
            " and is " + or_none(is);
  };
  const bool learnt = before.wwn().empty() && same_attachment;
  if (before.wwn() != now.wwn() && !learnt) differs("WWN", before.wwn(), now.wwn());
  const auto other = [](const std::string& was, const std::string& is) {
    return !was.empty() && !is.empty() && was != is;
  };
  if (other(before.serial(), now.serial())) differs("serial", before.serial(), now.serial());
  if (other(before.model(), now.model())) differs("model", before.model(), now.model());
  const std::uint64_t was = before.size_bytes();
  const std::uint64_t is = now.size_bytes();
  if (was != 0 && is != 0 && was != is) {  // 0: no medium, or none that answers
    differs("size", std::to_string(was) + " bytes", std::to_string(is));
  }
  return text;
}

std::string day(const google::protobuf::Timestamp& time) {
  return google::protobuf::util::TimeUtil::ToString(time).substr(0, 10);
}

template <typename Set>
void learn(const std::string& before, const std::string& now, Set set) {
  if (before.empty() && !now.empty()) set(now);
}

class Comparison {
 public:
  Comparison(v1::SeenDisks record, const std::vector<Disk>& disks) {
    outcome_.record = std::move(record);
    for (const Disk& disk : disks) {
      if (is_comparable(disk)) present_.push_back({&disk, shown(disk), nullptr});
    }
  }

  SeenOutcome compare(const std::string& boot_id, WallTime now) {
    for (const Likeness alike :
         {same_id, same_wwn, same_serial_and_place, same_serial, same_place}) {
      find(alike);
    }
    const auto time = to_timestamp(std::chrono::floor<std::chrono::seconds>(now));
    for (Present& one : present_) {
      one.now.set_boot_id(boot_id);
      *one.now.mutable_first_time() = time;
      *one.now.mutable_last_time() = time;
      if (one.before != nullptr) compare_one(one);
    }
    for (Present& one : present_) {
      if (one.before != nullptr) continue;
      *outcome_.record.add_disks() = std::move(one.now);
      outcome_.differs = true;
    }
    while (outcome_.record.disks_size() > kSeenMax) forget_one();
    return std::move(outcome_);
  }

 private:
  struct Present {
    const Disk* disk;
    v1::SeenDisk now;
    v1::SeenDisk* before;  // in the record
  };

  // Each disk of the record is one disk now.
  void find(Likeness alike) {
    for (Present& one : present_) {
      if (one.before != nullptr) continue;
      for (v1::SeenDisk& before : *outcome_.record.mutable_disks()) {
        const bool claimed =
            std::ranges::find(present_, &before, &Present::before) != present_.end();
        if (claimed || !alike(before, one.now)) continue;
        one.before = &before;
        break;
      }
    }
  }

  void compare_one(const Present& one) {
    v1::SeenDisk& before = *one.before;
    const bool same_attachment = before.diskseq() != 0 && before.diskseq() == one.now.diskseq() &&
                                 before.boot_id() == one.now.boot_id();
    const std::string difference = disk::difference(before, one.now, same_attachment);
    v1::SeenDisk kept = before;
    const auto age = one.now.last_time().seconds() - before.last_time().seconds();
    if (age >= kDaySeconds || age < 0) *kept.mutable_last_time() = one.now.last_time();
    if (difference.empty()) {
      kept.set_id(one.now.id());
      if (!one.now.path().empty()) kept.set_path(one.now.path());
      learn(kept.wwn(), one.now.wwn(), [&](const std::string& text) { kept.set_wwn(text); });
      learn(kept.serial(), one.now.serial(),
            [&](const std::string& text) { kept.set_serial(text); });
      learn(kept.model(), one.now.model(), [&](const std::string& text) { kept.set_model(text); });
      if (kept.size_bytes() == 0) kept.set_size_bytes(one.now.size_bytes());
    } else {
      outcome_.doubts.push_back(make_doubt(
          *one.disk, "IdentityChanged",
          "is not what this host saw on " + day(before.first_time()) + ": " + difference));
    }
    if (kept.SerializeAsString() == before.SerializeAsString()) return;
    before = std::move(kept);
    outcome_.differs = true;
  }

  void forget_one() {
    auto& disks = *outcome_.record.mutable_disks();
    const auto oldest = std::ranges::min_element(
        disks, {}, [](const v1::SeenDisk& disk) { return disk.last_time().seconds(); });
    disks.erase(oldest);
  }

  SeenOutcome outcome_;
  std::vector<Present> present_;
};

}  // namespace

SeenOutcome compare_seen(v1::SeenDisks record, const std::vector<Disk>& disks,
                         const std::string& boot_id, WallTime now) {
  return Comparison(std::move(record), disks).compare(boot_id, now);
}

std::vector<v1::DiskDoubt> doubt_all(const std::vector<Disk>& disks, const std::string& why) {
  std::vector<v1::DiskDoubt> doubts;
  for (const Disk& disk : disks) {
    if (!is_comparable(disk)) continue;
    doubts.push_back(
        make_doubt(disk, "IdentityUnknown", "what it was before is not known: " + why));
  }
  return doubts;
}

}  // namespace joist::disk
