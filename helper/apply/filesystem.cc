#include "helper/apply/filesystem.h"

#include <vector>

#include "helper/apply/program.h"

namespace joist::apply {
namespace {

// ext4's inode tables are written now, so that nothing is written behind Longhorn's back later: on
// a large disk that rotates it takes minutes.
constexpr std::chrono::hours kDeadline(2);

std::vector<std::string> words_for(const v1::PlannedDisk& planned, const std::string& path) {
  const std::string& label = planned.filesystem_label();
  const std::string& uuid = planned.filesystem_uuid();
  // No discard: it promises nothing (blkdiscard(8)), and the disk was cleared and read back.
  if (planned.filesystem() == v1::FILESYSTEM_EXT4) {
    return {"mkfs.ext4", "-q",  "-F", "-m", "0", "-E", "lazy_itable_init=0,nodiscard",
            "-L",        label, "-U", uuid, path};
  }
  return {"mkfs.xfs", "-q", "-f", "-K", "-L", label, "-m", "uuid=" + uuid, path};
}

}  // namespace

std::string filesystem_type(v1::Filesystem filesystem) {
  return filesystem == v1::FILESYSTEM_EXT4 ? "ext4" : "xfs";
}

Result<void> make_filesystem(const v1::PlannedDisk& planned, const std::string& path) {
  const auto made = run_program(words_for(planned, path), kDeadline);
  if (made) return {};
  const bool xfs = planned.filesystem() != v1::FILESYSTEM_EXT4;
  if (made.error().code == ErrorCode::NotFound) {
    return fail(made.error(), std::string("install ") + (xfs ? "xfsprogs" : "e2fsprogs"));
  }
  return fail(made.error(), path);
}

}  // namespace joist::apply
