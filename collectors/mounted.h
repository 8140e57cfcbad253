// What is mounted at a place: the kernel's own, or a tree of files that was recorded.
#pragma once

#include <linux/magic.h>
#include <sys/vfs.h>

#include <string>

namespace joist::collectors {

// Whether `path` lies on a filesystem of this type: PROC_SUPER_MAGIC, SYSFS_MAGIC (statfs(2)).
inline bool is_mounted(const std::string& path, decltype(statfs::f_type) magic) {
  struct statfs on {};
  return ::statfs(path.c_str(), &on) == 0 && on.f_type == magic;
}

}  // namespace joist::collectors
