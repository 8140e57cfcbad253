#include "disk/change_watch.h"

#include <fcntl.h>
#include <libudev.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace joist::disk {
namespace {

// Where udevd keeps its control socket: there is nobody to announce events
// without it, and libudev's "udev" group would stay silent for ever.
bool udevd_runs() { return ::access("/run/udev/control", F_OK) == 0; }

udev_monitor* subscribe(udev* context, const char* source) {
  udev_monitor* monitor = ::udev_monitor_new_from_netlink(context, source);
  if (monitor == nullptr) return nullptr;
  const bool ready =
      ::udev_monitor_filter_add_match_subsystem_devtype(monitor, "block", nullptr) >= 0 &&
      ::udev_monitor_enable_receiving(monitor) >= 0;
  if (ready) return monitor;
  const int error = errno;
  ::udev_monitor_unref(monitor);
  errno = error;
  return nullptr;
}

}  // namespace

Result<UdevMonitor> UdevMonitor::open() {
  udev* context = ::udev_new();
  if (context == nullptr) return fail_errno(errno, "start libudev");
  const bool from_udevd = udevd_runs();
  udev_monitor* monitor = subscribe(context, from_udevd ? "udev" : "kernel");
  const int error = errno;
  ::udev_unref(context);  // the monitor holds its own reference
  if (monitor == nullptr) return fail_errno(error, "listen for block device events");
  return UdevMonitor(monitor, from_udevd);
}

UdevMonitor::UdevMonitor(udev_monitor* monitor, bool from_udevd)
    : monitor_(monitor), from_udevd_(from_udevd) {}

UdevMonitor::UdevMonitor(UdevMonitor&& other) noexcept
    : monitor_(std::exchange(other.monitor_, nullptr)), from_udevd_(other.from_udevd_) {}

UdevMonitor& UdevMonitor::operator=(UdevMonitor&& other) noexcept {
  std::swap(monitor_, other.monitor_);
  from_udevd_ = other.from_udevd_;
  return *this;
}

UdevMonitor::~UdevMonitor() {
  if (monitor_ != nullptr) ::udev_monitor_unref(monitor_);
}

int UdevMonitor::fd() const { return ::udev_monitor_get_fd(monitor_); }

std::string disk_of_event(std::string_view devpath, std::string_view devtype) {
  const auto cut = devpath.rfind('/');
  if (cut == std::string_view::npos) return {};
  if (devtype != "partition") return std::string(devpath.substr(cut + 1));
  const std::string_view parent = devpath.substr(0, cut);
  const auto parent_cut = parent.rfind('/');
  return parent_cut == std::string_view::npos ? "" : std::string(parent.substr(parent_cut + 1));
}

Result<BlockChanges> UdevMonitor::drain() {
  BlockChanges changes;
  for (;;) {
    errno = 0;
    udev_device* device = ::udev_monitor_receive_device(monitor_);
    if (device != nullptr) {
      const auto said = [](const char* text) { return text == nullptr ? "" : text; };
      changes.disks.insert(disk_of_event(said(::udev_device_get_devpath(device)),
                                         said(::udev_device_get_devtype(device))));
      ::udev_device_unref(device);
    } else if (errno == ENOBUFS) {
      changes.lost = true;
    } else if (errno == 0 || errno == EAGAIN) {
      return changes;
    } else if (errno != EINTR) {
      return fail_errno(errno, "receive block device events");
    }
  }
}

Result<ProcChange> ProcChange::open(const SysRoot& root, std::string_view path) {
  const auto full = root.resolve(path);
  UniqueFd fd(::open(full.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno(errno, "open " + full.string());
  ProcChange change(std::move(fd));
  if (auto read = change.acknowledge(); !read) return fail(read.error(), full.string());
  return change;
}

Result<void> ProcChange::acknowledge() {
  char chunk[4096];
  if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return fail_errno(errno, "seek");
  for (;;) {
    const ssize_t got = ::read(fd_.get(), chunk, sizeof chunk);
    if (got == 0) return {};
    if (got < 0 && errno != EINTR) return fail_errno(errno, "read");
  }
}

}  // namespace joist::disk
