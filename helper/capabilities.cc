#include "helper/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace joist::helper {
namespace {

using Sets = std::array<__user_cap_data_struct, 2>;  // capabilities 0 to 31, and 32 to 63

constexpr std::uint32_t kDiskCapabilities = (1U << CAP_SYS_RAWIO) | (1U << CAP_SYS_ADMIN);
static_assert(CAP_SYS_RAWIO < 32 && CAP_SYS_ADMIN < 32);

Result<Sets> current() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  Sets sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0) return fail_errno(errno, "capget");
  return sets;
}

Result<void> set(const Sets& sets) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  if (::syscall(SYS_capset, &header, sets.data()) != 0) return fail_errno(errno, "capset");
  return {};
}

// With it, executing a program as root brings back nothing that was given up.
Result<void> forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno(errno, "no_new_privs");
  return {};
}

}  // namespace

Result<void> rest_capabilities() {
  auto sets = current();
  if (!sets) return tl::unexpected<Error>(sets.error());
  for (auto& part : *sets) part.effective = 0;
  return set(*sets);
}

Result<void> drop_capabilities() {
  if (auto forbidden = forbid_new_privileges(); !forbidden) return forbidden;
  return set(Sets{});
}

Result<void> keep_disk_capabilities() {
  if (auto forbidden = forbid_new_privileges(); !forbidden) return forbidden;
  const auto before = current();
  if (!before) return tl::unexpected<Error>(before.error());
  const std::uint32_t kept = (*before)[0].permitted & kDiskCapabilities;
  Sets sets{};
  sets[0] = {.effective = kept, .permitted = kept, .inheritable = 0};
  return set(sets);
}

}  // namespace joist::helper
