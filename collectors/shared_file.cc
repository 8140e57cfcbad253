#include "collectors/shared_file.h"

#include <chrono>
#include <utility>

#include "collectors/roots.h"

namespace joist::collectors {
namespace {

// What the kernel has at hand comes in microseconds: who waits longer waits for one that hangs.
constexpr std::chrono::milliseconds kPatience{100};

}  // namespace

SharedFile::SharedFile(ProcFile file, std::shared_ptr<const DeviceChanges> changes)
    : file_(std::move(file)),
      changes_(std::move(changes)),
      text_(std::make_shared<std::string>()) {}

Result<std::shared_ptr<const std::string>> SharedFile::read() {
  const std::unique_lock<std::timed_mutex> lock(mutex_, kPatience);
  if (!lock) return fail(ErrorCode::Io, path() + ": another collector waits for it");
  const bool read_already = changes_ && page_ == changes_->page();
  if (!read_already) {
    if (changes_) page_ = changes_->page();  // who comes back late has read for this one
    const auto now = file_.read();
    if (!now) {
      text_ = tl::unexpected<Error>(now.error());
    } else {
      if (!text_ || text_->use_count() > 1) text_ = std::make_shared<std::string>();
      **text_ = *now;
    }
  }
  if (!text_) return tl::unexpected<Error>(text_.error());
  return *text_;
}

std::shared_ptr<SharedFile> Roots::shared_proc_file(std::string_view path) const {
  constexpr std::size_t kBufferBytes = 16384;
  const auto make = [&] {
    return std::make_shared<SharedFile>(
        ProcFile(proc(), path, ProcFile::Shape::Whole, kBufferBytes), devices);
  };
  if (!files) return make();
  auto& file = (*files)[std::string(path)];
  if (!file) file = make();
  return file;
}

}  // namespace joist::collectors
