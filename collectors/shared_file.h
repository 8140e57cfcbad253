// A file of /proc that several collectors show something of: read once for a page, by the first
// that needs it.
//
// Threads: shared by collectors, of which one may hang while another goes on.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "collectors/device_changes.h"
#include "collectors/proc_file.h"

namespace joist::collectors {

class SharedFile {
 public:
  // `file` is one that the kernel hands out in one read. Without `changes`, which count the
  // pages, it is read every time.
  SharedFile(ProcFile file, std::shared_ptr<const DeviceChanges> changes);

  // The content at this page, which stays as it is for as long as somebody has it. Fails as
  // ProcFile::read() does, and where another collector hangs in it.
  Result<std::shared_ptr<const std::string>> read();

  const std::string& path() const { return file_.path(); }

 private:
  std::timed_mutex mutex_;
  ProcFile file_;
  std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t page_ = 0;
  Result<std::shared_ptr<std::string>> text_;
};

// Those of one host, by path.
class SharedFiles : public std::map<std::string, std::shared_ptr<SharedFile>, std::less<>> {};

}  // namespace joist::collectors
