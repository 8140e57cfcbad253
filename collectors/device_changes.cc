#include "collectors/device_changes.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "collectors/mounted.h"

namespace joist::collectors {
namespace {

constexpr std::chrono::seconds kRecount{60};
constexpr std::string_view kTelling[] = {"add@",     "remove@", "move@",  "online@",
                                         "offline@", "bind@",   "unbind@"};

UniqueFd open_uevents(const std::string& sysfs) {
  if (!is_mounted(sysfs, SYSFS_MAGIC)) return {};
  UniqueFd socket(
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  kernel.nl_groups = 1;
  sockaddr address{};
  static_assert(sizeof kernel <= sizeof address);
  std::copy_n(reinterpret_cast<const char*>(&kernel), sizeof kernel,
              reinterpret_cast<char*>(&address));
  if (!socket || ::bind(socket.get(), &address, sizeof kernel) != 0) return {};
  return socket;
}

}  // namespace

bool tells_of_devices(std::string_view uevent) {
  return std::ranges::any_of(kTelling,
                             [&](std::string_view action) { return uevent.starts_with(action); });
}

DeviceChanges::DeviceChanges(const std::string& sysfs)
    : socket_(open_uevents(sysfs)), recount_(std::chrono::steady_clock::now() + kRecount) {}

void DeviceChanges::poll() {
  ++page_;
  const auto now = std::chrono::steady_clock::now();
  const bool heard = heard_change();
  if (!heard && now < recount_) return;
  recount_ = now + kRecount;
  ++generation_;
}

bool DeviceChanges::heard_change() {
  bool changed = false;
  std::array<char, 256> start{};  // the rest of a message is cut off by the kernel
  while (socket_) {
    const ssize_t got = ::recv(socket_.get(), start.data(), start.size(), 0);
    if (got >= 0) {
      changed |= tells_of_devices({start.data(), static_cast<std::size_t>(got)});
    } else if (errno == ENOBUFS) {
      changed = true;  // more were sent than the socket holds
    } else if (errno != EINTR) {
      break;
    }
  }
  return changed;
}

}  // namespace joist::collectors
