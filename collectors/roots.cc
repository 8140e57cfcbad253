#include "collectors/roots.h"

#include "collectors/mounted.h"

namespace joist::collectors {

bool Roots::live() const {
  return is_mounted(procfs, PROC_SUPER_MAGIC) && is_mounted(sysfs, SYSFS_MAGIC);
}

}  // namespace joist::collectors
