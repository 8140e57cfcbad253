#include "collectors/roots.h"

#include <linux/magic.h>
#include <sys/vfs.h>

namespace joist::collectors {
namespace {

bool is_mount_of(const std::string& path, decltype(statfs::f_type) magic) {
  struct statfs on {};
  return ::statfs(path.c_str(), &on) == 0 && on.f_type == magic;
}

}  // namespace

bool Roots::live() const {
  return is_mount_of(procfs, PROC_SUPER_MAGIC) && is_mount_of(sysfs, SYSFS_MAGIC);
}

}  // namespace joist::collectors
