#include "helper/apply/held_disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "base/clock.h"
#include "disk/observe.h"
#include "disk/probe.h"

namespace joist::apply {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// udev probes a disk for a moment, and joist-helper holds one for a blink to learn who does.
constexpr milliseconds kPatience(5000);
constexpr milliseconds kPause(50);

// Of what O_DIRECT takes: pages are enough for every device.
constexpr std::size_t kAlignment = 4096;
constexpr std::uint64_t kPieceBytes = std::uint64_t{4} << 20;

struct Free {
  void operator()(char* bytes) const { ::operator delete[](bytes, std::align_val_t(kAlignment)); }
};
using Buffer = std::unique_ptr<char[], Free>;

Buffer make_buffer(std::size_t size_bytes) {
  return Buffer(static_cast<char*>(::operator new[](size_bytes, std::align_val_t(kAlignment))));
}

// Repeats what meets somebody else's moment.
template <typename Attempt>
bool succeeds_in_time(Attempt attempt) {
  const auto end = steady_clock::now() + kPatience;
  while (!attempt()) {
    if ((errno != EBUSY && errno != EWOULDBLOCK) || steady_clock::now() >= end) return false;
    ::poll(nullptr, 0, static_cast<int>(kPause.count()));
  }
  return true;
}

Result<UniqueFd> open_exclusively(const std::string& path) {
  UniqueFd fd;
  const bool opened = succeeds_in_time([&] {
    fd = UniqueFd(::open(path.c_str(), O_RDWR | O_EXCL | O_DIRECT | O_CLOEXEC | O_NOFOLLOW));
    return static_cast<bool>(fd);
  });
  if (opened) return fd;
  if (errno == EBUSY) {
    return fail(ErrorCode::Unavailable,
                path + ": somebody holds it (O_EXCL: EBUSY); nothing is changed");
  }
  return fail_errno(errno, "open " + path + " for writing");
}

Result<disk::Disk> find_disk(const SysRoot& root, const v1::PlannedDisk& planned) {
  const SystemClock clock;
  const auto inventory = disk::observe(root, clock.now());
  if (!inventory) return tl::unexpected<Error>(inventory.error());
  const auto found = std::ranges::find(inventory->disks, planned.id(), &disk::Disk::id);
  if (planned.id().empty() || found == inventory->disks.end()) {
    return fail(ErrorCode::NotFound, "disk " + planned.id() + " is not in this host");
  }
  return *found;
}

tl::unexpected<Error> other_disk(const std::string& what) {
  return fail(ErrorCode::Refused,
              "it is not the disk that was consented to: " + what + "; nothing is written");
}

}  // namespace

Result<HeldDisk> HeldDisk::take(const SysRoot& root, const v1::PlannedDisk& planned,
                                std::uint32_t sector_bytes) {
  const auto disk = find_disk(root, planned);
  if (!disk) return tl::unexpected<Error>(disk.error());
  HeldDisk held;
  held.name_ = disk->name;
  held.size_bytes_ = planned.size_bytes();
  const std::string path = held.path();
  held.pin_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!held.pin_) return fail_errno(errno, "open " + path);
  struct stat status {};
  if (::fstat(held.pin_.get(), &status) != 0) return fail_errno(errno, "stat " + path);
  if (!S_ISBLK(status.st_mode)) return fail(ErrorCode::Refused, path + " is no block device");
  held.diskseq_ = disk::diskseq_of(held.pin_.get());
  // Its identity was read in sysfs, of an attachment: this must be a descriptor of the same one.
  if (held.diskseq_ == 0 || held.diskseq_ != disk->diskseq) {
    return other_disk(held.diskseq_ == 0 ? "the kernel does not number disks (before Linux 5.15)"
                                         : "it was exchanged meanwhile");
  }
  if (!succeeds_in_time([&] { return ::flock(held.pin_.get(), LOCK_EX | LOCK_NB) == 0; })) {
    return fail(ErrorCode::Unavailable, path + ": somebody has it locked (flock)");
  }
  int logical = 0;
  if (::ioctl(held.pin_.get(), BLKSSZGET, &logical) != 0) {
    return fail_errno(errno, "ask " + path + " for its sectors");
  }
  held.sector_bytes_ = static_cast<std::uint32_t>(logical);
  if (sector_bytes != 0 && held.sector_bytes_ != sector_bytes) {
    return other_disk("it has sectors of " + std::to_string(logical) + " bytes, not " +
                      std::to_string(sector_bytes));
  }
  auto exclusive = open_exclusively(path);
  if (!exclusive) return tl::unexpected<Error>(exclusive.error());
  held.exclusive_ = std::move(*exclusive);
  if (auto same = held.check_same(); !same) return tl::unexpected<Error>(same.error());
  return held;
}

void HeldDisk::let_go(HeldDisk disk) {
  const std::string path = "/sys/class/block/" + disk.name_ + "/uevent";
  disk.exclusive_ = UniqueFd();
  disk.pin_ = UniqueFd();
  // Where /sys may not be written udevd is there to tell; who misses it looks again by itself.
  const UniqueFd uevent(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (uevent) [[maybe_unused]]
    const auto told = ::write(uevent.get(), "change", 6);
}

Result<void> HeldDisk::hold_again() {
  auto exclusive = open_exclusively(path());
  if (!exclusive) return tl::unexpected<Error>(exclusive.error());
  exclusive_ = std::move(*exclusive);
  return check_same();
}

Result<void> HeldDisk::check_same() const {
  std::uint64_t size_bytes = 0;
  if (::ioctl(exclusive_.get(), BLKGETSIZE64, &size_bytes) != 0) {
    return fail_errno(errno, "ask " + path() + " for its size");
  }
  if (size_bytes != size_bytes_) {
    return other_disk("it has " + std::to_string(size_bytes) + " bytes, not " +
                      std::to_string(size_bytes_));
  }
  const std::uint64_t diskseq = disk::diskseq_of(exclusive_.get());
  if (diskseq != diskseq_) return other_disk("it was exchanged meanwhile");
  return {};
}

Result<std::string> HeldDisk::read(const disk::ByteRange& range) {
  std::string bytes;
  bytes.reserve(range.size_bytes);
  const Buffer buffer = make_buffer(std::min(range.size_bytes, kPieceBytes));
  while (bytes.size() < range.size_bytes) {
    const std::uint64_t at = range.start_bytes + bytes.size();
    const std::size_t wanted = std::min(range.size_bytes - bytes.size(), kPieceBytes);
    const ssize_t got = ::pread(exclusive_.get(), buffer.get(), wanted, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return fail(ErrorCode::Io, "read " + path() + " at byte " + std::to_string(at) + ": " +
                                     std::strerror(got == 0 ? EIO : errno));
    }
    bytes.append(buffer.get(), static_cast<std::size_t>(got));
  }
  return bytes;
}

Result<void> HeldDisk::write(std::uint64_t offset_bytes, std::string_view bytes) {
  if (auto same = check_same(); !same) return same;
  const Buffer buffer = make_buffer(std::min<std::size_t>(bytes.size(), kPieceBytes));
  while (!bytes.empty()) {
    const std::size_t size_bytes = std::min<std::size_t>(bytes.size(), kPieceBytes);
    std::memcpy(buffer.get(), bytes.data(), size_bytes);
    const ssize_t written =
        ::pwrite(exclusive_.get(), buffer.get(), size_bytes, static_cast<off_t>(offset_bytes));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      return fail(ErrorCode::Io, "write " + path() + " at byte " + std::to_string(offset_bytes) +
                                     ": " + std::strerror(written == 0 ? EIO : errno));
    }
    offset_bytes += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> HeldDisk::flush() {
  if (::fsync(exclusive_.get()) != 0) {
    return fail(ErrorCode::Io, "flush " + path() + ": " + std::strerror(errno));
  }
  return {};
}

Result<void> HeldDisk::zero(const disk::ByteRange& range) {
  if (auto same = check_same(); !same) return same;
  std::uint64_t span[2] = {range.start_bytes, range.size_bytes};
  if (::ioctl(exclusive_.get(), BLKZEROOUT, span) != 0) {
    return fail(ErrorCode::Io, "zero " + path() + " from byte " +
                                   std::to_string(range.start_bytes) +
                                   " on: " + std::strerror(errno));
  }
  return {};
}

Result<void> HeldDisk::discard(const disk::ByteRange& range) {
  if (auto same = check_same(); !same) return same;
  if (::fallocate(exclusive_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                  static_cast<off_t>(range.start_bytes),
                  static_cast<off_t>(range.size_bytes)) == 0) {
    return {};
  }
  if (errno == EOPNOTSUPP) {
    return fail(ErrorCode::Refused, path() +
                                        " does not promise zeros for what it forgets; use "
                                        "wipe: zero (joistctl disk wipe --zero)");
  }
  return fail(ErrorCode::Io, "discard " + path() + " from byte " +
                                 std::to_string(range.start_bytes) +
                                 " on: " + std::strerror(errno));
}

Result<void> HeldDisk::reread_partitions() {
  // Whoever looks into a partition without asking for the disk's lock is done in a moment.
  if (succeeds_in_time([this] { return ::ioctl(exclusive_.get(), BLKRRPART) == 0; })) return {};
  // EINVAL: a kind of disk that has no partitions to the kernel, as a loop device without them.
  if (errno == EINVAL) return {};
  return fail_errno(errno, "have the kernel read the partitions of " + path() + " again");
}

}  // namespace joist::apply
