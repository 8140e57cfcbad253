// A disk that nobody else can take while this lives: open exclusively (O_EXCL), which keeps out
// mounts, md, LVM and every other exclusive owner, and locked (flock), which keeps out udev's
// probes (systemd.io/BLOCK_DEVICE_LOCKING). Reads and writes go past the page cache, so that what
// is read back came from the medium.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"
#include "disk/block_target.h"
#include "joist/v1/plan.pb.h"

namespace joist::apply {

class HeldDisk final : public disk::BlockTarget {
 public:
  // The disk of the host that has this identity and size, whatever the kernel calls it today.
  // NotFound: it is not here. Refused: another size, or sector size where that is not 0; read-only;
  // the kernel does not number attachments (before Linux 5.15). Unavailable: somebody holds it.
  static Result<HeldDisk> take(const SysRoot& root, const v1::PlannedDisk& planned,
                               std::uint32_t sector_bytes);

  const std::string& name() const { return name_; }
  std::uint64_t diskseq() const { return diskseq_; }

  std::uint64_t size_bytes() const override { return size_bytes_; }
  std::uint32_t sector_bytes() const override { return sector_bytes_; }
  Result<std::string> read(const disk::ByteRange& range) override;
  Result<void> write(std::uint64_t offset_bytes, std::string_view bytes) override;
  Result<void> flush() override;

  // Whole sectors of zeros, by the device where it can (BLKZEROOUT, which guarantees them).
  Result<void> zero(const disk::ByteRange& range);
  // The same, and the disk may forget them for good (fallocate(2), FALLOC_FL_PUNCH_HOLE: of a block
  // device the kernel discards only what reads as zeros from then on). Refused, and nothing is
  // changed: the disk does not promise that.
  Result<void> discard(const disk::ByteRange& range);

  // Has the kernel look at the partition table again. Refused while a partition is used.
  Result<void> reread_partitions();

  // Lets go of it, and tells everybody to look at it again: udevd does when a writer closes, and
  // where there is none (a container) nobody would.
  static void let_go(HeldDisk disk);

  // Lets others take it, but keeps the disk's number: until close, no other disk can have it, so
  // that a program that opens `path()` opens this one or none.
  void release_hold() { exclusive_ = UniqueFd(); }
  Result<void> hold_again();
  std::string path() const { return "/dev/" + name_; }

  // That it is the attachment that was opened, and its size is what it was.
  Result<void> check_same() const;

 private:
  HeldDisk() = default;

  std::string name_;
  std::uint64_t diskseq_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::uint32_t sector_bytes_ = 0;
  UniqueFd pin_;        // for reading: keeps number and lock
  UniqueFd exclusive_;  // for writing
};

}  // namespace joist::apply
