// A file of /proc that not every kernel has, or that is there while a module is loaded
// (schedstat, mdstat, net/rpc/nfs). The kernel tells of modules as it tells of devices, so
// that what is absent costs a page nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "collectors/device_changes.h"
#include "collectors/proc_file.h"

namespace joist::collectors {

class ModuleFile {
 public:
  // As ProcFile's. Without `changes` it is looked for every time.
  ModuleFile(const SysRoot& root, std::string_view path, ProcFile::Shape shape,
             std::size_t buffer_bytes, std::shared_ptr<const DeviceChanges> changes);

  // As ProcFile::read(), but NotFound is remembered until devices change.
  Result<std::string_view> read();

  const std::string& path() const { return file_.path(); }

 private:
  ProcFile file_;
  std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t absent_since_ = 0;  // a generation; 0: there, or not looked for yet
};

}  // namespace joist::collectors
