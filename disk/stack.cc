#include "disk/stack.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <set>
#include <string_view>

#include "disk/identity.h"

namespace joist::disk {
namespace {

constexpr std::array<std::string_view, 7> kSystemPoints{
    "/", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/usr", "/var"};

// Stand on memory or on another host. Root itself must stand on a disk all the
// same: with it on one of these, nobody knows what the host boots from.
constexpr std::array<std::string_view, 9> kDisklessTypes{
    "autofs", "tmpfs", "ramfs", "rootfs", "nfs", "nfs4", "cifs", "9p", "virtiofs"};

bool contains(const auto& list, const auto& value) {
  return std::ranges::find(list, value) != std::ranges::end(list);
}

bool same_letters(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, [](unsigned char left, unsigned char right) {
    return std::tolower(left) == std::tolower(right);
  });
}

// Whether a resume= means the device; by what udev and sysfs say of it.
bool is_called(const BlockDevice& device, std::string_view spec) {
  const auto states = [&device](const char* property, std::string_view value) {
    const std::string& stated = device.udev.property(property);
    return !stated.empty() && same_letters(stated, value);
  };
  const auto after = [&spec](std::string_view prefix) -> std::string_view {
    return spec.starts_with(prefix) ? spec.substr(prefix.size()) : std::string_view();
  };
  constexpr std::string_view kMapper = "/dev/mapper/";
  if (spec.starts_with("/dev/")) {
    return contains(device.udev.links, spec) || "/dev/" + device.name == spec ||
           (!device.dm_name.empty() && after(kMapper) == device.dm_name);
  }
  if (const auto uuid = after("UUID="); !uuid.empty()) return states("ID_FS_UUID", uuid);
  if (const auto label = after("LABEL="); !label.empty()) {
    return states("ID_FS_LABEL", label) || states("ID_FS_LABEL_ENC", label);
  }
  if (auto uuid = after("PARTUUID="); !uuid.empty()) {
    uuid = uuid.substr(0, uuid.find('/'));  // "/PARTNROFF=1": another partition of the same disk
    return states("ID_PART_ENTRY_UUID", uuid);
  }
  if (const auto label = after("PARTLABEL="); !label.empty()) {
    return states("ID_PART_ENTRY_NAME", label);
  }
  if (const auto number = parse_device_number(spec)) return *number == device.number;
  // The old form, new_decode_dev(): "802" is 8:2.
  std::uint32_t encoded = 0;
  const auto [end, error] = std::from_chars(spec.data(), spec.data() + spec.size(), encoded, 16);
  if (error != std::errc() || end != spec.data() + spec.size()) return false;
  const DeviceNumber number{(encoded & 0xfff00) >> 8, (encoded & 0xff) | (encoded >> 12 & 0xfff00)};
  return number == device.number;
}

// The whole devices that something stands on.
struct Footing {
  std::set<std::string> disks;
  bool complete = true;  // every way down ended at a disk
};

// Devices that a walk down came to, and whether all below them has been walked.
using Seen = std::map<std::string, bool>;

class Tracer {
 public:
  explicit Tracer(const BlockLayer& layer) : layer_(layer) {
    for (const BlockDevice& device : layer.devices) {
      by_name_[device.name] = &device;
      by_number_[device.number] = &device;
      if (!device.dm_name.empty()) by_mapper_name_[device.dm_name] = device.name;
    }
  }

  DiskUsers trace();

 private:
  void trace_mounts();
  void trace_swaps();
  void trace_resume();
  void leave_unresolved(const ResumeDevice& resume);
  void add_resume(const ResumeDevice& resume, const std::string& device);
  void add_holders();
  void add_btrfs_members();

  const BlockDevice* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  std::vector<std::string> devices_of(const Mount& mount) const;
  std::vector<std::string> devices_of_source(const Mount& mount) const;
  std::vector<std::string> devices_of(const ResumeDevice& resume) const;
  const Mount* mount_of_file(const std::string& path) const;
  Footing footing_of(const std::vector<std::string>& devices) const;
  void go_down(const std::string& name, Footing& footing, Seen& seen) const;
  void go_down_file(const std::string& path, Footing& footing, Seen& seen) const;
  void add(const Use& use, const std::set<std::string>& disks);
  void unresolved(const std::string& why);

  const BlockLayer& layer_;
  std::map<std::string, const BlockDevice*> by_name_;
  std::map<DeviceNumber, const BlockDevice*> by_number_;
  std::map<std::string, std::string> by_mapper_name_;
  DiskUsers users_;
};

void Tracer::unresolved(const std::string& why) {
  if (users_.system_unresolved.empty()) users_.system_unresolved = why;
}

void Tracer::add(const Use& use, const std::set<std::string>& disks) {
  for (const std::string& disk : disks) {
    std::vector<Use>& uses = users_.by_disk[disk];
    if (!contains(uses, use)) uses.push_back(use);
  }
}

// btrfs, and whatever else has no block device's number of its own.
std::vector<std::string> Tracer::devices_of_source(const Mount& mount) const {
  std::string source = mount.source_device;
  constexpr std::string_view mapper = "/dev/mapper/";
  if (source.empty() && mount.source.starts_with(mapper)) {
    const auto found = by_mapper_name_.find(mount.source.substr(mapper.size()));
    if (found != by_mapper_name_.end()) source = found->second;
  }
  if (source.empty()) return {};
  if (mount.type != "btrfs") return {source};
  for (const BtrfsFilesystem& filesystem : layer_.btrfs) {
    if (contains(filesystem.devices, source)) return filesystem.devices;
  }
  return {};  // of how many devices it is made is not known
}

std::vector<std::string> Tracer::devices_of(const Mount& mount) const {
  if (mount.device.major == 0) return devices_of_source(mount);
  const auto found = by_number_.find(mount.device);
  if (found == by_number_.end()) return {};
  return {found->second->name};
}

// The mount that a path lies on: the longest mount point, and of equals the last.
const Mount* Tracer::mount_of_file(const std::string& path) const {
  const Mount* best = nullptr;
  for (const Mount& mount : layer_.mounts) {
    const std::string prefix = mount.point == "/" ? "/" : mount.point + "/";
    if (!mount.of_host || !path.starts_with(prefix)) continue;
    if (best == nullptr || mount.point.size() >= best->point.size()) best = &mount;
  }
  return best;
}

void Tracer::go_down_file(const std::string& path, Footing& footing, Seen& seen) const {
  const Mount* mount = mount_of_file(path);
  if (mount != nullptr && contains(kDisklessTypes, mount->type)) return;
  const auto devices = mount == nullptr ? std::vector<std::string>{} : devices_of(*mount);
  if (devices.empty()) footing.complete = false;
  for (const std::string& device : devices) go_down(device, footing, seen);
}

void Tracer::go_down(const std::string& name, Footing& footing, Seen& seen) const {
  const BlockDevice* device = find(name);
  if (device == nullptr) {
    footing.complete = false;
    return;
  }
  const auto [place, first] = seen.emplace(name, false);
  if (!first) {
    // It stands on itself, as a loop device does whose file lies where nothing is mounted any more.
    if (!place->second) footing.complete = false;
    return;
  }
  if (!device->parent.empty()) {
    go_down(device->parent, footing, seen);
    place->second = true;
    return;
  }
  footing.disks.insert(name);
  for (const std::string& slave : device->slaves) go_down(slave, footing, seen);
  if (!device->backing_file.empty()) go_down_file(device->backing_file, footing, seen);
  const bool goes_on = !device->slaves.empty() || !device->backing_file.empty();
  if (!goes_on && stands_on_others(*device)) footing.complete = false;
  place->second = true;
}

Footing Tracer::footing_of(const std::vector<std::string>& devices) const {
  Footing footing;
  footing.complete = !devices.empty();
  Seen seen;
  for (const std::string& device : devices) go_down(device, footing, seen);
  return footing;
}

// One mount of a file system is enough to say that it is in use: of its bind
// mounts, which are many on a Kubernetes node, only the system's own are kept.
void Tracer::trace_mounts() {
  std::set<DeviceNumber> seen_whole;
  for (const Mount& mount : layer_.mounts) {
    if (mount.device.major != 0 && mount.root == "/") seen_whole.insert(mount.device);
  }
  std::set<std::pair<DeviceNumber, std::string>> seen;
  for (const Mount& mount : layer_.mounts) {
    const bool system = contains(kSystemPoints, mount.point);
    const bool bound = mount.root != "/" && seen_whole.contains(mount.device);
    const bool again = !seen.insert({mount.device, mount.root}).second;
    if (!system && (bound || again)) continue;

    const auto devices = devices_of(mount);
    bool complete = !devices.empty();
    for (const std::string& device : devices) {
      const Footing footing = footing_of({device});
      complete = complete && footing.complete;
      add({.kind = "mount", .target = mount.point, .via = device, .system = system}, footing.disks);
    }
    const bool diskless = mount.point != "/" && contains(kDisklessTypes, mount.type);
    if (system && mount.of_host && !complete && !diskless) {
      unresolved(mount.point + " (" + mount.type + " from \"" + mount.source +
                 "\") cannot be traced to the disks it stands on");
    }
  }
}

void Tracer::trace_swaps() {
  for (const Swap& swap : layer_.swaps) {
    Footing footing;
    std::string via = swap.device;
    if (swap.file) {
      Seen seen;
      go_down_file(swap.path, footing, seen);
      via = swap.path;
    } else {
      footing = footing_of({swap.device});
    }
    add({.kind = "swap", .target = "swap", .via = via, .system = true}, footing.disks);
    if (!footing.complete) {
      unresolved("swap " + swap.path + " cannot be traced to the disks it stands on");
    }
  }
}

// Two devices of one UUID are both meant: which of them is taken at boot is not known.
std::vector<std::string> Tracer::devices_of(const ResumeDevice& resume) const {
  std::vector<std::string> names;
  for (const BlockDevice& device : layer_.devices) {
    if (device.name == resume.device || is_called(device, resume.spec)) {
      names.push_back(device.name);
    }
  }
  return names;
}

// A resume= that names nothing here protects nothing: Debian's initramfs and boot loaders keep one
// for years after the swap area went, and a host would be of no use with it. So it is with a number
// of a device that is gone. But what may still be it is not known to be free: partitions of which
// udev says nothing may have any PARTUUID; and a UUID may show in what is read from the disk
// (classify.h).
void Tracer::leave_unresolved(const ResumeDevice& resume) {
  users_.resume_unresolved.push_back(resume.spec);
  if (!resume.spec.starts_with("PART")) return;
  for (const BlockDevice& device : layer_.devices) {
    const bool known = !device.udev.property("ID_PART_ENTRY_SCHEME").empty();
    if (device.parent.empty() || known) continue;
    add({.kind = "resume",
         .target = resume.spec + ", as far as is known",
         .via = device.name,
         .system = true},
        footing_of({device.name}).disks);
  }
}

// However many ways name it, it is one.
void Tracer::add_resume(const ResumeDevice& resume, const std::string& device) {
  const Footing footing = footing_of({device});
  for (const std::string& disk : footing.disks) {
    const bool said = std::ranges::any_of(users_.by_disk[disk], [&device](const Use& other) {
      return other.kind == "resume" && other.via == device;
    });
    if (said) continue;
    add({.kind = "resume", .target = resume.spec, .via = device, .system = true}, {disk});
  }
  if (!footing.complete) {
    unresolved("what the kernel resumes from, " + resume.spec +
               ", cannot be traced to the disks it stands on");
  }
}

void Tracer::trace_resume() {
  for (const ResumeDevice& resume : layer_.resume) {
    const auto devices = devices_of(resume);
    if (devices.empty()) leave_unresolved(resume);
    for (const std::string& device : devices) add_resume(resume, device);
  }
}

void Tracer::add_holders() {
  for (const BlockDevice& device : layer_.devices) {
    const std::string& disk = device.parent.empty() ? device.name : device.parent;
    for (const std::string& holder : device.holders) {
      add({.kind = "holder", .target = holder, .via = device.name}, {disk});
    }
  }
}

// A mounted btrfs shows one of its devices in mountinfo. The others are as used.
void Tracer::add_btrfs_members() {
  for (const BtrfsFilesystem& filesystem : layer_.btrfs) {
    for (const std::string& name : filesystem.devices) {
      for (const std::string& disk : footing_of({name}).disks) {
        const bool known = std::ranges::any_of(users_.by_disk[disk], [&name](const Use& use) {
          return use.kind == "mount" && use.via == name;
        });
        if (known) continue;
        add({.kind = "holder", .target = "btrfs " + filesystem.uuid, .via = name}, {disk});
      }
    }
  }
}

DiskUsers Tracer::trace() {
  for (const std::string& error : layer_.unread) unresolved(error);
  const bool root_seen = std::ranges::any_of(
      layer_.mounts, [](const Mount& mount) { return mount.of_host && mount.point == "/"; });
  if (!root_seen) unresolved("no mount of / is to be seen");

  trace_mounts();
  trace_swaps();
  trace_resume();
  add_holders();
  add_btrfs_members();
  for (auto& [disk, uses] : users_.by_disk) {
    std::ranges::stable_sort(uses, [](const Use& left, const Use& right) {
      if (left.system != right.system) return left.system;
      return std::tie(left.kind, left.target) > std::tie(right.kind, right.target);
    });
    if (uses.size() > kUsesMax) uses.resize(kUsesMax);
  }
  return std::move(users_);
}

}  // namespace

DiskUsers trace_users(const BlockLayer& layer) { return Tracer(layer).trace(); }

}  // namespace joist::disk
