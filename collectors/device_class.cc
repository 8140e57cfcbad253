#include "collectors/device_class.h"

#include <utility>

namespace joist::collectors {
namespace {

// No heap allocation on the way of hardware that is not there: the message fits a small string.
tl::unexpected<Error> fail_absent() { return fail(ErrorCode::NotFound, "no such device"); }

}  // namespace

DeviceClass::DeviceClass(SysRoot root, std::string_view directory,
                         std::shared_ptr<const DeviceChanges> changes)
    : root_(std::move(root)), directory_(directory), changes_(std::move(changes)) {}

Result<bool> DeviceClass::refresh() {
  if (changes_ && seen_ == changes_->generation()) {
    if (!exists_) return fail_absent();
    return false;
  }
  auto names = root_.list(directory_);
  if (!names && names.error().code != ErrorCode::NotFound) {
    return tl::unexpected<Error>(names.error());  // asked again next time
  }
  if (changes_) seen_ = changes_->generation();
  exists_ = names.has_value();
  if (!exists_) {
    names_.clear();
    return fail_absent();
  }
  names_ = std::move(*names);
  return true;
}

}  // namespace joist::collectors
