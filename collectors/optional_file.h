// A ProcFile that not every kernel has. Once it was not there, nobody asks for it again
// until devices changed, at the latest after a minute: what a host lacks costs a page
// no system call.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "collectors/device_changes.h"
#include "collectors/proc_file.h"

namespace joist::collectors {

class OptionalFile {
 public:
  // Without `changes` it is opened every time.
  OptionalFile(ProcFile file, std::shared_ptr<const DeviceChanges> changes)
      : file_(std::move(file)), changes_(std::move(changes)) {}

  // As ProcFile's.
  Result<std::string_view> read() {
    // The message fits a small string: no heap allocation.
    if (changes_ && absent_at_ == changes_->generation()) {
      return fail(ErrorCode::NotFound, "no such file");
    }
    auto text = file_.read();
    const bool absent = !text && text.error().code == ErrorCode::NotFound;
    absent_at_ = absent && changes_ ? changes_->generation() : 0;
    return text;
  }

  const std::string& path() const { return file_.path(); }

 private:
  ProcFile file_;
  std::shared_ptr<const DeviceChanges> changes_;
  std::uint64_t absent_at_ = 0;  // generations start at 1
};

}  // namespace joist::collectors
