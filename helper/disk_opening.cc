#include "helper/disk_opening.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/sys_root.h"
#include "disk/mountinfo.h"
#include "disk/probe.h"

namespace joist::helper {
namespace {

// O_NONBLOCK: a drive without a medium says so instead of waiting for one.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;

std::string node_of(std::string_view name) {
  std::string path = "/dev/" + std::string(name);
  std::replace(path.begin() + 5, path.end(), '!', '/');
  return path;
}

Result<disk::DeviceNumber> number_of(const SysRoot& root, std::string_view name) {
  const std::string path = "/sys/block/" + std::string(name) + "/dev";
  const auto text = root.read_line(path);
  if (!text) {
    return fail(ErrorCode::NotFound, "no disk \"" + std::string(name) + "\" in /sys/block");
  }
  const auto number = disk::parse_device_number(*text);
  if (!number) return fail(number.error(), path);
  return *number;
}

Result<void> check_is_device(const struct stat& status, const std::string& node,
                             disk::DeviceNumber number) {
  if (!S_ISBLK(status.st_mode) || status.st_rdev != makedev(number.major, number.minor)) {
    return fail(ErrorCode::Refused, node + " is not block device " + std::to_string(number.major) +
                                        ":" + std::to_string(number.minor));
  }
  return {};
}

Result<void> check_is_meant(std::uint64_t found, const std::string& node, std::uint64_t diskseq) {
  if (diskseq == 0 || found == diskseq) return {};
  return fail(ErrorCode::Refused, node + " is another disk by now (sequence " +
                                      std::to_string(found) + ", asked for " +
                                      std::to_string(diskseq) + "); look at the disks again");
}

Result<std::vector<std::string>> holders_of(const SysRoot& root, const std::string& directory) {
  auto holders = root.list_any(directory + "/holders");
  if (!holders) return holders;
  const auto names = root.list(directory);
  if (!names) return names;
  for (const std::string& name : *names) {
    const auto partition = std::filesystem::path(directory) / name;
    if (!root.exists((partition / "partition").native())) continue;
    const auto more = root.list_any((partition / "holders").native());
    if (!more) return more;
    holders->insert(holders->end(), more->begin(), more->end());
  }
  std::ranges::sort(*holders);
  holders->erase(std::unique(holders->begin(), holders->end()), holders->end());
  if (holders->size() > disk::kHoldersMax) holders->resize(disk::kHoldersMax);
  return holders;
}

Result<bool> is_held(const std::string& node) {
  const UniqueFd exclusive(::open(node.c_str(), kOpenFlags | O_EXCL));
  if (exclusive) return false;
  if (errno == EBUSY) return true;
  return fail_errno(errno, "open " + node + " exclusively");
}

}  // namespace

Result<std::string> find_disk(std::string_view name, std::uint64_t diskseq) {
  const SysRoot root;
  const auto number = number_of(root, name);
  if (!number) return tl::unexpected<Error>(number.error());
  const std::string node = node_of(name);
  struct stat status {};
  if (::lstat(node.c_str(), &status) != 0) return fail_errno(errno, "stat " + node);
  if (auto right = check_is_device(status, node, *number); !right) {
    return fail(right.error(), "look");
  }
  // Before Linux 5.15 there is none: nobody asks for one then.
  const auto text = root.read_line("/sys/block/" + std::string(name) + "/diskseq");
  const std::uint64_t found = text ? std::strtoull(text->c_str(), nullptr, 10) : 0;
  if (auto meant = check_is_meant(found, node, diskseq); !meant) return fail(meant.error(), "look");
  return node;
}

Result<OpenedDisk> open_disk(std::string_view name, std::uint64_t diskseq) {
  const SysRoot root;
  const std::string directory = "/sys/block/" + std::string(name);
  const auto number = number_of(root, name);
  if (!number) return tl::unexpected<Error>(number.error());

  const std::string node = node_of(name);
  OpenedDisk disk;
  disk.fd = UniqueFd(::open(node.c_str(), kOpenFlags));
  if (!disk.fd) return fail_errno(errno, "open " + node);
  struct stat status {};
  if (::fstat(disk.fd.get(), &status) != 0) return fail_errno(errno, "stat " + node);
  if (auto right = check_is_device(status, node, *number); !right) {
    return fail(right.error(), "open");
  }
  if (auto meant = check_is_meant(disk::diskseq_of(disk.fd.get()), node, diskseq); !meant) {
    return fail(meant.error(), "open");
  }
  auto holders = holders_of(root, directory);
  if (!holders) return fail(holders.error(), "find what stands on " + std::string(name));
  disk.holders = std::move(*holders);
  const auto zero = disk::samples_are_zero(disk.fd.get(), name);
  if (!zero) return fail(zero.error(), "look for data");
  if (!*zero || !disk.holders.empty()) return disk;
  const auto held = is_held(node);
  if (!held) return fail(held.error(), name);
  disk.held = *held;
  return disk;
}

}  // namespace joist::helper
