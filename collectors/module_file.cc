#include "collectors/module_file.h"

#include <utility>

namespace joist::collectors {

ModuleFile::ModuleFile(const SysRoot& root, std::string_view path, ProcFile::Shape shape,
                       std::size_t buffer_bytes, std::shared_ptr<const DeviceChanges> changes)
    : file_(root, path, shape, buffer_bytes), changes_(std::move(changes)) {}

Result<std::string_view> ModuleFile::read() {
  // No heap allocation on this way: the message fits a small string.
  if (changes_ && absent_since_ == changes_->generation()) {
    return fail(ErrorCode::NotFound, "no such file");
  }
  auto text = file_.read();
  const bool absent = !text && text.error().code == ErrorCode::NotFound;
  absent_since_ = absent && changes_ ? changes_->generation() : 0;
  return text;
}

}  // namespace joist::collectors
