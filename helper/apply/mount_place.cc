#include "helper/apply/mount_place.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <filesystem>

#include "base/durable_file.h"
#include "base/unique_fd.h"
#include "disk/observe.h"
#include "helper/apply/filesystem.h"
#include "helper/apply/program.h"

namespace joist::apply {
namespace {

constexpr std::chrono::seconds kSystemdDeadline(120);
const std::string kUnitDirectory = "/etc/systemd/system/";
constexpr std::string_view kMark = "# Made by joist-apply.";

// The last mount at the place, as the host has it.
const disk::Mount* mount_at(const disk::BlockLayer& layer, const std::string& point) {
  const disk::Mount* last = nullptr;
  for (const disk::Mount& mount : layer.mounts) {
    if (mount.of_host && mount.point == point) last = &mount;
  }
  return last;
}

// A link could lead anywhere by the time that root makes a directory there.
Result<void> check_no_link(const std::string& point) {
  std::error_code error;
  const auto canonical = std::filesystem::weakly_canonical(point, error);
  if (!error && canonical.native() == point) return {};
  return fail(ErrorCode::Refused, "there is a link in " + point +
                                      ", or it cannot be followed: name the place itself, " +
                                      (error ? error.message() : canonical.native()));
}

Result<void> check_empty(const std::string& point) {
  std::error_code error;
  const bool there = std::filesystem::exists(point, error);
  if (!error && !there) return {};
  const bool empty = !error && std::filesystem::is_directory(point, error) &&
                     std::filesystem::is_empty(point, error);
  if (!error && empty) return {};
  return fail(ErrorCode::Refused, point +
                                      " is no empty directory, and what is in it would be hidden; "
                                      "move it away and apply again");
}

Result<void> make_immutable(const std::string& point) {
  std::error_code error;
  std::filesystem::create_directories(point, error);
  if (error) return fail(ErrorCode::Io, "make " + point + ": " + error.message());
  const UniqueFd fd(::open(point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno(errno, "open " + point);
  if (auto empty = check_empty(point); !empty) return empty;
  int flags = 0;
  if (::ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) {
    return fail_errno(errno, "ask for the flags of " + point);
  }
  flags |= FS_IMMUTABLE_FL;
  if (::ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) != 0) {
    return fail_errno(errno, "make " + point + " immutable, so that nothing fills it unmounted");
  }
  return {};
}

// One that a person wrote for this place stays.
Result<void> check_unit_is_ours(const std::string& unit) {
  const auto text = SysRoot().read(kUnitDirectory + unit);
  if (!text && text.error().code == ErrorCode::NotFound) return {};
  if (!text) return tl::unexpected<Error>(text.error());
  if (text->starts_with(kMark)) return {};
  return fail(ErrorCode::Refused, kUnitDirectory + unit +
                                      " is there already, and not of joist-apply's making; remove "
                                      "it, or name another mount_point");
}

Result<void> check_mounted(const SysRoot& root, const v1::PlannedDisk& planned,
                           const std::string& disk_name) {
  const auto layer = disk::read_block_layer(root);
  if (!layer) return tl::unexpected<Error>(layer.error());
  const disk::Mount* mount = mount_at(*layer, planned.mount_point());
  const auto device = std::ranges::find(layer->devices, disk_name, &disk::BlockDevice::name);
  const bool there = mount != nullptr && device != layer->devices.end() &&
                     mount->device == device->number && mount->root == "/" &&
                     mount->type == filesystem_type(planned.filesystem());
  if (there) return {};
  return fail(ErrorCode::Io, planned.mount_point() +
                                 " is not this disk's file system after it was "
                                 "mounted; see systemctl status " +
                                 mount_unit_name(planned.mount_point()));
}

}  // namespace

std::string mount_unit_name(const std::string& mount_point) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string name;
  for (std::size_t at = 1; at < mount_point.size(); ++at) {
    const auto byte = static_cast<unsigned char>(mount_point[at]);
    const bool plain =
        std::isalnum(byte) != 0 || byte == '_' || byte == ':' || (byte == '.' && !name.empty());
    if (byte == '/') {
      name += '-';
    } else if (plain) {
      name += static_cast<char>(byte);
    } else {
      name += std::string("\\x") + digits[byte >> 4] + digits[byte & 0xf];
    }
  }
  return name + ".mount";
}

std::string mount_unit_text(const v1::PlannedDisk& planned) {
  std::string text(kMark);
  text += " After `joistctl disk wipe` it may be removed.\n";
  text += "[Unit]\n";
  text += "Description=Disk of use " + planned.use() + "\n";
  text += "Documentation=man:joist-apply(8)\n";
  // Not before local-fs.target, which would wait for a disk that is gone.
  text += "DefaultDependencies=no\n";
  text += "After=local-fs-pre.target\n";
  text += "Before=umount.target\n";
  // What would fill it comes after it, or after systemd gave up waiting for the disk.
  text += "Before=rke2-server.service rke2-agent.service k3s.service kubelet.service\n";
  text += "Conflicts=umount.target\n";
  text += "\n[Mount]\n";
  text += "What=/dev/disk/by-uuid/" + planned.filesystem_uuid() + "\n";
  text += "Where=" + planned.mount_point() + "\n";
  text += "Type=" + filesystem_type(planned.filesystem()) + "\n";
  text += "Options=noatime\n";
  text += "TimeoutSec=60\n";
  text += "\n[Install]\n";
  text += "WantedBy=multi-user.target\n";
  return text;
}

Result<void> check_place(const SysRoot& root, const v1::PlannedDisk& planned,
                         const std::string& disk_name) {
  const std::string& point = planned.mount_point();
  if (auto itself = check_no_link(point); !itself) return itself;
  const auto layer = disk::read_block_layer(root);
  if (!layer) return tl::unexpected<Error>(layer.error());
  if (mount_at(*layer, point) == nullptr) {
    if (auto empty = check_empty(point); !empty) return empty;
  } else if (!check_mounted(root, planned, disk_name)) {
    return fail(ErrorCode::Refused, "something else is mounted at " + point);
  }
  return check_unit_is_ours(mount_unit_name(point));
}

Result<void> mount_at_every_boot(const SysRoot& root, const v1::PlannedDisk& planned,
                                 const std::string& disk_name) {
  if (auto good = check_place(root, planned, disk_name); !good) return good;
  const std::string unit = mount_unit_name(planned.mount_point());
  if (!check_mounted(root, planned, disk_name)) {
    if (auto made = make_immutable(planned.mount_point()); !made) return made;
  }
  auto written = write_durably(kUnitDirectory + unit, mount_unit_text(planned), 0644);
  if (!written) return written;
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"systemctl", "daemon-reload"},
        std::vector<std::string>{"systemctl", "enable", "--quiet", unit},
        std::vector<std::string>{"systemctl", "start", unit}}) {
    const auto run = run_program(words, kSystemdDeadline);
    if (!run) return fail(run.error(), "mount at " + planned.mount_point());
  }
  return check_mounted(root, planned, disk_name);
}

}  // namespace joist::apply
