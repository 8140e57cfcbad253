#include "disk/plan.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "base/printable.h"
#include "base/sha256.h"
#include "disk/doubt.h"
#include "disk/fingerprint.h"
#include "disk/found_text.h"
#include "disk/selector.h"

namespace joist::disk {
namespace {

constexpr std::size_t kTextMax = 1024;

// Of zeroing a whole disk; slow ones, so that the estimate is not too low.
constexpr std::uint64_t kRotatingBytesPerSecond = 120'000'000;
constexpr std::uint64_t kSolidBytesPerSecond = 400'000'000;
constexpr std::uint64_t kDiscardedBytesPerSecond = 10'000'000'000;

// How a disk stands to the use that wants it.
enum class Standing {
  Settled,   // has what the use gives
  Ready,     // blank, which is all that the use gives
  Takeable,  // something is to be done
  Refused,
  InDoubt,  // refused, unless a later use names the disk
};

struct Candidate {
  const ClassifiedDisk* disk;
  v1::PlannedDisk* planned;
  Standing standing;
};

std::string shown(const std::string& text) { return printable(text, kTextMax); }

void add_reason(v1::PlannedDisk& planned, std::string_view code, const std::string& message) {
  v1::DiskReason& reason = *planned.add_reasons();
  reason.set_code(std::string(code));
  reason.set_message(shown(message));
}

const ProbeResult* probed(const ClassifiedDisk& disk) {
  return disk.probe.has_value() && disk.probe->has_value() ? &**disk.probe : nullptr;
}

bool makes_filesystem(v1::StorageUseKind kind) {
  return kind == v1::STORAGE_USE_KIND_LONGHORN_V1 || kind == v1::STORAGE_USE_KIND_LOCAL;
}

bool carries_osd(const ClassifiedDisk& disk) {
  const ProbeResult* found = probed(disk);
  return found != nullptr && std::ranges::any_of(found->signatures, [](const Signature& signature) {
           return signature.owner == "ceph" || signature.type == "ceph_bluestore";
         });
}

// ---- what speaks against a disk

// A use that puts nothing on the disk may have a failing one: to wipe it before it is sent back.
bool matters(const v1::DiskReason& doubt, v1::StorageUseKind kind) {
  return doubt.code() != "DiskFailing" || kind != v1::STORAGE_USE_KIND_WIPE;
}

// Whoever wrote the disk's own id into a use knows which disk is meant.
bool is_named(const v1::StorageUse& use, const Disk& disk) {
  return !disk.id.empty() &&
         std::ranges::find(use.disks().ids(), disk.id) != use.disks().ids().end();
}

// A hibernated system has all that it had not written yet in its image, and no other disk of it
// looks used.
std::optional<v1::DiskReason> sleeping_system(const ClassifiedDisk& disk) {
  const ProbeResult* found = probed(disk);
  if (found == nullptr) return std::nullopt;
  const auto image = std::ranges::find(found->signatures, "swsuspend", &Signature::type);
  if (image == found->signatures.end()) return std::nullopt;
  v1::DiskReason reason;
  reason.set_code("HibernationImage");
  reason.set_message(shown("a hibernated system sleeps on " + image->device +
                           "; to give it up, name the disk by its id"));
  return reason;
}

std::vector<v1::DiskReason> objections(const PlanGround& ground, const v1::StorageUse& use,
                                       const ClassifiedDisk& disk) {
  std::vector<v1::DiskReason> reasons = doubts_of(disk.disk, ground.doubts);
  std::erase_if(reasons, [&](const v1::DiskReason& doubt) { return !matters(doubt, use.kind()); });
  if (auto sleeping = sleeping_system(disk)) reasons.push_back(std::move(*sleeping));
  return reasons;
}

// ---- what a file system is called

// Eight letters that tell a disk from others, in paths and labels.
std::string short_id(const std::string& id) { return to_hex(sha256(id)).substr(0, 8); }

// The same for the same disk, so that it is known again (RFC 9562, version 8).
std::string filesystem_uuid(const PlanGround& ground, const Disk& disk, v1::Filesystem filesystem) {
  std::string bytes =
      Digest("joist-filesystem-1").add(ground.host).add(disk.id).add(filesystem).finish();
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  std::string text = to_hex(std::string_view(bytes).substr(0, 16));
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, "-");
  return text;
}

// Without "//", "/." and a slash at the end. ".." stays, for may_be_mounted_at() to refuse: where a
// link is in the path, what is left without it is another place.
std::string normal_path(const std::string& path) {
  if (path.find("/..") != std::string::npos) return path;
  std::string normal = std::filesystem::path(path).lexically_normal().native();
  if (normal.size() > 1 && normal.ends_with('/')) normal.pop_back();
  return normal;
}

// Of the mount unit's name, which systemd takes up to that of a file: '/' becomes '-', and all but
// letters, digits and ":_." four characters.
std::size_t unit_name_bytes(std::string_view point) {
  std::size_t bytes = std::string_view(".mount").size();
  for (std::size_t at = 1; at < point.size(); ++at) {
    bytes += point[at] == '-' || point[at] == '@' || (point[at] == '.' && at == 1) ? 4 : 1;
  }
  return bytes;
}

// What a unit's name and text can hold without quoting, and where the system itself does not live.
bool may_be_mounted_at(const std::string& point) {
  constexpr std::array<std::string_view, 17> kSystem{
      "",     "bin",  "boot", "dev",  "etc", "home", "lib", "lib32", "lib64",
      "proc", "root", "run",  "sbin", "sys", "tmp",  "usr", "libx32"};
  // They hold what is not theirs to hide; what is below them may be mounted.
  constexpr std::array<std::string_view, 8> kHolders{"/var",
                                                     "/var/cache",
                                                     "/var/lib",
                                                     "/var/lib/joist",
                                                     "/var/log",
                                                     "/var/spool",
                                                     "/var/lib/joist/disks",
                                                     "/var/lib/longhorn-disks"};
  constexpr std::size_t kUnitNameBytesMax = 255;
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.:@-";
  if (!point.starts_with('/') || point.find("/..") != std::string::npos) return false;
  // Links into /run, and what is another directory to each service.
  for (const std::string_view other : {"/var/run", "/var/lock", "/var/tmp"}) {
    if (point == other || point.starts_with(std::string(other) + '/')) return false;
  }
  const std::string_view first = std::string_view(point).substr(1, point.find('/', 1) - 1);
  return std::ranges::find(kSystem, first) == kSystem.end() &&
         std::ranges::find(kHolders, point) == kHolders.end() &&
         unit_name_bytes(point) <= kUnitNameBytesMax &&
         point.find_first_not_of(kLetters) == std::string::npos;
}

std::string mount_point_of(const v1::StorageUse& use, const Disk& disk) {
  if (use.kind() == v1::STORAGE_USE_KIND_LONGHORN_V1) {
    return "/var/lib/longhorn-disks/" + short_id(disk.id);
  }
  if (!use.mount_point().empty()) return normal_path(use.mount_point());
  return "/var/lib/joist/disks/" + short_id(disk.id);
}

void name_filesystem(const PlanGround& ground, const v1::StorageUse& use, const Disk& disk,
                     v1::PlannedDisk& planned) {
  if (!makes_filesystem(use.kind()) || disk.id.empty()) return;
  planned.set_filesystem(use.filesystem() == v1::FILESYSTEM_UNSPECIFIED ? v1::FILESYSTEM_XFS
                                                                        : use.filesystem());
  planned.set_filesystem_uuid(filesystem_uuid(ground, disk, planned.filesystem()));
  planned.set_filesystem_label("joist-" + short_id(disk.id).substr(0, 6));  // XFS takes 12 letters
  planned.set_mount_point(mount_point_of(use, disk));
}

// Whether the file system that the use makes is on it, whatever else is.
bool carries_filesystem(const ClassifiedDisk& disk, const v1::PlannedDisk& planned) {
  const ProbeResult* found = probed(disk);
  return found != nullptr && !planned.filesystem_uuid().empty() &&
         std::ranges::any_of(found->signatures, [&planned](const Signature& one) {
           return one.uuid == planned.filesystem_uuid();
         });
}

// And nothing else.
bool has_filesystem(const ClassifiedDisk& disk, const v1::PlannedDisk& planned) {
  return carries_filesystem(disk, planned) && probed(disk)->partitions.empty() &&
         !probed(disk)->truncated &&
         std::ranges::all_of(probed(disk)->signatures, [&planned](const Signature& one) {
           return one.uuid.empty() || one.uuid == planned.filesystem_uuid();
         });
}

bool is_mounted_there(const ClassifiedDisk& disk, const v1::PlannedDisk& planned) {
  return std::ranges::any_of(disk.disk.uses, [&](const Use& use) {
    return use.kind == "mount" && use.via == disk.disk.name && use.target == planned.mount_point();
  });
}

// ---- steps

void add_step(v1::PlannedDisk& planned, v1::DiskStepKind kind, const std::string& summary,
              bool destructive, std::uint64_t seconds) {
  v1::DiskStep& step = *planned.add_steps();
  step.set_kind(kind);
  step.set_summary(shown(summary));
  step.set_destructive(destructive);
  step.mutable_estimate()->set_seconds(static_cast<std::int64_t>(seconds));
}

std::uint64_t zeroing_seconds(const Disk& disk) {
  return disk.size_bytes / (disk.rotational ? kRotatingBytesPerSecond : kSolidBytesPerSecond) + 1;
}

std::string cleared_text(const ProbeResult& found) {
  const auto lines = found_lines(found);
  return "save, zero and read back " + lines.front() +
         (lines.size() == 1 ? "" : ", and " + std::to_string(lines.size() - 1) + " more");
}

void add_steps(const v1::StorageUse& use, const ClassifiedDisk& disk, v1::PlannedDisk& planned) {
  const bool mount_only = has_filesystem(disk, planned);
  const bool foreign = disk.verdict.disk_class == v1::DISK_CLASS_FOREIGN;
  if (!mount_only) {
    const bool wipes = use.kind() == v1::STORAGE_USE_KIND_WIPE;
    if (foreign && wipes && use.wipe() == v1::WIPE_METHOD_ZERO) {
      add_step(planned, v1::DISK_STEP_KIND_ZERO, "zero every byte; this cannot be undone", true,
               zeroing_seconds(disk.disk));
    } else if (foreign && wipes && use.wipe() == v1::WIPE_METHOD_DISCARD) {
      add_step(planned, v1::DISK_STEP_KIND_DISCARD,
               "have the disk forget every byte; this cannot be undone", true,
               disk.disk.size_bytes / kDiscardedBytesPerSecond + 1);
    } else if (foreign) {
      add_step(planned, v1::DISK_STEP_KIND_CLEAR, cleared_text(*probed(disk)), true, 5);
    }
    add_step(planned, v1::DISK_STEP_KIND_VERIFY_BLANK, "probe again: nothing may be found", false,
             2);
  }
  if (!makes_filesystem(use.kind())) return;
  const std::string name = planned.filesystem() == v1::FILESYSTEM_EXT4 ? "ext4" : "XFS";
  if (!mount_only) {
    add_step(planned, v1::DISK_STEP_KIND_MAKE_FILESYSTEM,
             "make " + name + " over the whole disk, labelled " + planned.filesystem_label(), true,
             20);
  }
  add_step(planned, v1::DISK_STEP_KIND_MOUNT,
           "mount it at " + planned.mount_point() + " by UUID, now and at every boot", false, 5);
}

std::string disk_digest(const v1::StorageUse& use, const ClassifiedDisk& disk,
                        const v1::PlannedDisk& planned) {
  Digest digest("joist-disk-1");
  digest.add(planned.id()).add(planned.size_bytes()).add(disk.disk.logical_sector_bytes);
  digest.add(planned.fingerprint());
  digest.add(use.name()).add(use.kind()).add(use.wipe());
  digest.add(planned.filesystem()).add(planned.filesystem_uuid());
  digest.add(planned.filesystem_label()).add(planned.mount_point());
  digest.add(static_cast<std::uint64_t>(planned.steps_size()));
  for (const v1::DiskStep& step : planned.steps()) digest.add(step.kind());
  for (const v1::DiskReason& warning : planned.warnings()) digest.add(warning.code());
  return digest.finish();
}

// ---- who gets what

// What is not known is not taken: foreign for a reason that no reading shows is refused, and so is
// blank against what the reading shows.
bool may_be_taken(const ClassifiedDisk& disk) {
  const ProbeResult* found = probed(disk);
  if (found == nullptr || disk.disk.id.empty()) return false;
  return disk.verdict.disk_class ==
         (found_lines(*found).empty() ? v1::DISK_CLASS_BLANK : v1::DISK_CLASS_FOREIGN);
}

// The kernel has no disk of it: user space has the whole function, or no driver does.
bool is_away(const ClassifiedDisk& disk) { return disk.disk.kind == v1::DISK_KIND_USER_SPACE; }

// A newer peer's use may mean anything.
bool is_known(const v1::StorageUse& use) {
  return use.kind() != v1::STORAGE_USE_KIND_UNSPECIFIED && v1::StorageUseKind_IsValid(use.kind()) &&
         v1::Filesystem_IsValid(use.filesystem()) && v1::WipeMethod_IsValid(use.wipe());
}

void refuse(const ClassifiedDisk& disk, v1::PlannedDisk& planned) {
  for (const Reason& reason : disk.verdict.reasons) {
    add_reason(planned, reason.code, reason.message);
  }
}

Standing standing_of(const PlanGround& ground, const v1::StorageUse& use,
                     const ClassifiedDisk& disk, v1::PlannedDisk& planned) {
  const bool own = makes_filesystem(use.kind()) && carries_filesystem(disk, planned);
  const bool osd = use.kind() == v1::STORAGE_USE_KIND_CEPH_RAW && carries_osd(disk);
  // What the use has on it already stays in use: to leave it alone would save nothing.
  const auto objected = own || osd || is_named(use, disk.disk) ? std::vector<v1::DiskReason>()
                                                               : objections(ground, use, disk);
  if (!objected.empty()) {
    if (!may_be_taken(disk)) refuse(disk, planned);
    for (const v1::DiskReason& reason : objected) *planned.add_reasons() = reason;
    return Standing::InDoubt;
  }
  if (own && is_mounted_there(disk, planned)) {
    add_reason(planned, "AlreadyMounted",
               "has the file system of this use, mounted at " + planned.mount_point());
    return Standing::Settled;
  }
  if (own && !has_filesystem(disk, planned) && may_be_taken(disk)) {
    // A file in it can look like anything, and is nothing to clear.
    add_reason(planned, "CarriesMore",
               "has the file system of this use, and what looks like more: if its data is to be "
               "kept, mount it by hand; if not, joistctl disk wipe");
    return Standing::Refused;
  }
  if (osd) {
    add_reason(planned, "CarriesOsd",
               "carries a BlueStore OSD already; to give that up, name the disk in a use of kind "
               "wipe");
    return Standing::Settled;
  }
  if (!makes_filesystem(use.kind()) && disk.verdict.disk_class == v1::DISK_CLASS_BLANK &&
      may_be_taken(disk)) {
    add_reason(planned, "AlreadyBlank", "is blank, as this use wants it");
    return Standing::Ready;
  }
  if (makes_filesystem(use.kind()) && !planned.id().empty() &&
      !may_be_mounted_at(planned.mount_point())) {
    add_reason(planned, "MountPointRefused",
               "mount_point " + planned.mount_point() +
                   " is the system's or a user's, is too long, or has \"..\" or other letters than "
                   "a-z, A-Z, "
                   "0-9 and /_.:@-");
    return Standing::Refused;
  }
  if (may_be_taken(disk)) return Standing::Takeable;
  refuse(disk, planned);
  return Standing::Refused;
}

// What the use has prepared already before all others: they would take its place, and its data
// would be gone from there. Blank ones before those that something is on; else by what they are
// called for good.
bool goes_before(const Candidate& one, const Candidate& other) {
  const auto rank = [](const Candidate& candidate) {
    const bool blank = candidate.disk->verdict.disk_class == v1::DISK_CLASS_BLANK;
    const bool own = has_filesystem(*candidate.disk, *candidate.planned);
    return std::pair(own ? 0 : blank ? 1 : 2, candidate.disk->disk.id);
  };
  return rank(one) < rank(other);
}

std::uint32_t count_of(const v1::StorageUse& use) {
  const bool one_place = use.kind() == v1::STORAGE_USE_KIND_LOCAL && !use.mount_point().empty();
  return one_place ? 1 : use.disks().count();
}

class Planner {
 public:
  explicit Planner(const PlanGround& ground) : ground_(ground) {}

  v1::DiskPlan plan() {
    for (const ClassifiedDisk& disk : ground_.disks) describe(disk);
    for (const v1::StorageUse& use : ground_.spec.uses()) assign(use);
    for (v1::PlannedDisk& planned : *plan_.mutable_disks()) {
      if (planned.reasons().empty() && planned.steps().empty()) {
        add_reason(planned, "NotWanted", "no use in storage.uses wants it");
      }
    }
    plan_.set_digest(plan_digest(ground_.host, plan_));
    return std::move(plan_);
  }

 private:
  void describe(const ClassifiedDisk& disk) {
    v1::PlannedDisk& planned = *plan_.add_disks();
    planned.set_id(shown(disk.disk.id));
    planned.set_name(shown(disk.disk.name));
    planned.set_model(shown(disk.disk.model));
    planned.set_size_bytes(disk.disk.size_bytes);
    planned.set_class_(disk.verdict.disk_class);
    if (is_away(disk)) refuse(disk, planned);
    const ProbeResult* found = probed(disk);
    if (found == nullptr) return;
    planned.set_fingerprint(fingerprint(*found));
    for (const std::string& line : found_lines(*found)) planned.add_found(shown(line));
  }

  bool is_asked(const Disk& disk) const {
    return ground_.only.empty() ||
           std::ranges::any_of(ground_.only, [&disk](const std::string& name) {
             return name == disk.name || (!disk.id.empty() && name == disk.id);
           });
  }

  std::vector<Candidate> candidates(const v1::StorageUse& use) {
    std::vector<Candidate> candidates;
    for (int index = 0; index < plan_.disks_size(); ++index) {
      const ClassifiedDisk& disk = ground_.disks[static_cast<std::size_t>(index)];
      v1::PlannedDisk& planned = *plan_.mutable_disks(index);
      if (is_away(disk) || !selects(use.disks(), disk.disk)) continue;
      // One that an earlier use did not dare to take is still there for the one that names it.
      if (is_named(use, disk.disk) && in_doubt_.erase(&planned) > 0) leave(planned);
      if (!planned.use().empty()) continue;
      planned.set_use(use.name());
      planned.set_kind(use.kind());
      name_filesystem(ground_, use, disk.disk, planned);
      candidates.push_back({&disk, &planned, standing_of(ground_, use, disk, planned)});
    }
    std::ranges::stable_sort(candidates, goes_before);
    return candidates;
  }

  // Leaves it to the uses after this one.
  static void leave(v1::PlannedDisk& planned) {
    planned.clear_use();
    planned.clear_kind();
    planned.clear_filesystem();
    planned.clear_filesystem_uuid();
    planned.clear_filesystem_label();
    planned.clear_mount_point();
    planned.clear_reasons();
  }

  void assign(const v1::StorageUse& use) {
    auto candidates = this->candidates(use);
    if (!is_known(use)) {
      for (const Candidate& candidate : candidates) {
        candidate.planned->clear_reasons();
        add_reason(*candidate.planned, "UseNotKnown",
                   "this version does not know what use " + use.name() + " wants");
      }
      return;
    }
    if (use.kind() == v1::STORAGE_USE_KIND_KEEP) {
      for (const Candidate& candidate : candidates) {
        candidate.planned->clear_reasons();
        add_reason(*candidate.planned, "Kept", "is kept as it is, and offered to nobody");
      }
      return;
    }
    // Those that have what the use gives stay, however many; the others are there to be had.
    const auto settled = std::erase_if(candidates, [this](const Candidate& one) {
      if (one.standing != Standing::Settled) return false;
      points_.insert(one.planned->mount_point());
      return true;
    });
    std::erase_if(candidates, [this](const Candidate& one) {
      if (one.standing == Standing::InDoubt) in_doubt_.insert(one.planned);
      return one.standing == Standing::Refused || one.standing == Standing::InDoubt;
    });
    const std::uint64_t reserve = std::min<std::uint64_t>(use.disks().reserve(), candidates.size());
    const std::uint64_t free = candidates.size() - reserve;
    const std::uint64_t count = count_of(use);
    const std::uint64_t wanted =
        count == 0 ? free : count - std::min<std::uint64_t>(count, settled);
    const std::uint64_t away = count == 0 ? 0 : std::min(wanted, count_away(use));
    const std::uint64_t missing = wanted - away;
    const std::uint64_t taken = std::min(free, missing);
    std::uint64_t had = settled + away + taken;
    if (away > 0) leave_room(use, away);
    for (std::size_t index = 0; index < candidates.size(); ++index) {
      const Candidate& candidate = candidates[index];
      if (index < taken && candidate.standing == Standing::Takeable) {
        if (!take(use, candidate)) --had;
      } else if (index >= free) {
        candidate.planned->clear_reasons();
        add_reason(*candidate.planned, "Reserved",
                   "is one of " + std::to_string(reserve) + " that use " + use.name() +
                       " leaves to nobody");
      } else if (index >= taken) {
        leave(*candidate.planned);
      }
    }
    if (count > 0 && had < count) fall_short(use, count, had);
  }

  // What a use wants a number of may be what user space has of it already, as after a reboot into
  // SPDK. Another disk is not taken in its place.
  std::uint64_t count_away(const v1::StorageUse& use) const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(ground_.disks, [&use](const ClassifiedDisk& disk) {
          return is_away(disk) && may_select(use.disks(), disk.disk);
        }));
  }

  void leave_room(const v1::StorageUse& use, std::uint64_t away) {
    std::string names;
    for (const ClassifiedDisk& disk : ground_.disks) {
      if (!is_away(disk) || !may_select(use.disks(), disk.disk)) continue;
      names += (names.empty() ? "" : ", ") + disk.disk.name;
    }
    v1::DiskReason& shortfall = *plan_.add_shortfalls();
    shortfall.set_code("DisksInUserSpace");
    shortfall.set_message(
        shown("use " + use.name() + " may have " + std::to_string(away) +
              " of its disks among those that the kernel has none of (" + names +
              "), and takes no others in their place; say which it is to have, by "
              "ids or paths"));
  }

  void fall_short(const v1::StorageUse& use, std::uint64_t wanted, std::uint64_t found) {
    v1::DiskReason& shortfall = *plan_.add_shortfalls();
    shortfall.set_code("TooFewDisks");
    shortfall.set_message("use " + use.name() + " wants " + std::to_string(wanted) + " disks; " +
                          std::to_string(found) + " can be had");
  }

  // Whether a disk of this plan goes there, or another one is mounted there: known before anything
  // is cleared, not when the file system that was made cannot be mounted.
  bool is_taken(const std::string& point, const Disk& disk) const {
    if (points_.contains(point)) return true;
    return std::ranges::any_of(ground_.disks, [&](const ClassifiedDisk& other) {
      return other.disk.name != disk.name &&
             std::ranges::any_of(other.disk.uses, [&point](const Use& use) {
               return use.kind == "mount" && use.target == point;
             });
    });
  }

  // False: its place is taken.
  bool take(const v1::StorageUse& use, const Candidate& candidate) {
    v1::PlannedDisk& planned = *candidate.planned;
    if (!planned.mount_point().empty()) {
      if (is_taken(planned.mount_point(), candidate.disk->disk)) {
        add_reason(planned, "MountPointTaken",
                   "another disk is, or is to be, mounted at " + planned.mount_point());
        return false;
      }
      points_.insert(planned.mount_point());
    }
    if (!is_asked(candidate.disk->disk)) {
      add_reason(planned, "NotAsked", "is left out of this plan, which is of others alone");
      return true;
    }
    add_steps(use, *candidate.disk, planned);
    const bool own = has_filesystem(*candidate.disk, planned);
    const bool loses = candidate.disk->verdict.disk_class == v1::DISK_CLASS_FOREIGN && !own;
    if (!own) {
      for (v1::DiskReason& objection : objections(ground_, use, *candidate.disk)) {
        *planned.add_warnings() = std::move(objection);
      }
    }
    planned.set_consent(loses || !planned.warnings().empty() ? v1::CONSENT_NEED_PERSON
                                                             : v1::CONSENT_NEED_POLICY);
    planned.set_digest(disk_digest(use, *candidate.disk, planned));
    return true;
  }

  const PlanGround& ground_;
  v1::DiskPlan plan_;
  std::set<const v1::PlannedDisk*> in_doubt_;
  std::set<std::string> points_;  // that disks of this plan have, or are to have
};

}  // namespace

std::string plan_digest(const std::string& host, const v1::DiskPlan& plan) {
  std::vector<std::string> digests;
  for (const v1::PlannedDisk& planned : plan.disks()) {
    if (!planned.steps().empty()) digests.push_back(planned.digest());
  }
  if (digests.empty()) return {};
  std::ranges::sort(digests);  // not by the kernel's names, which another boot changes
  Digest digest("joist-plan-1");
  digest.add(host);
  for (const std::string& one : digests) digest.add(one);
  return digest.finish();
}

v1::DiskPlan plan_disks(const PlanGround& ground) { return Planner(ground).plan(); }

}  // namespace joist::disk
