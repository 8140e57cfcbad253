// Goal: while disks are exchanged under one kernel name, nothing is ever written to a disk that is
// not the planned one. Method: a loop device whose file another thread exchanges as fast as it can,
// while the planned disk is taken, cleared and put back; files with other bytes or other sizes must
// stay as they are. Root; skips otherwise.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include <array>
#include <atomic>
#include <optional>
#include <random>
#include <thread>

#include "base/sha256.h"
#include "disk/clearing.h"
#include "disk/fingerprint.h"
#include "helper/apply/held_disk.h"
#include "helper/apply/job_run.h"
#include "helper/apply/survey.h"
#include "tests/support/loop_device.h"
#include "tests/support/temp_root.h"

namespace joist::apply {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
#ifdef __SANITIZE_ADDRESS__
constexpr int kRaces = 200;  // each takes ten times as long
#else
constexpr int kRaces = 1200;
#endif

// A file that can be a disk.
class Backing {
 public:
  Backing(std::string path, std::uint64_t size_bytes, char filler)
      : path_(std::move(path)),
        fd_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)),
        bytes_(size_bytes, filler) {
    EXPECT_EQ(::pwrite(fd_.get(), bytes_.data(), bytes_.size(), 0),
              static_cast<ssize_t>(bytes_.size()));
  }

  bool is_untouched() const {
    std::string now(bytes_.size(), '\0');
    return ::pread(fd_.get(), now.data(), now.size(), 0) == static_cast<ssize_t>(now.size()) &&
           now == bytes_;
  }

  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }
  std::uint64_t size_bytes() const { return bytes_.size(); }

 private:
  std::string path_;
  UniqueFd fd_;
  std::string bytes_;
};

// One name for all of them.
class Slot {
 public:
  Slot() {
    const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    path_ = "/dev/loop" + std::to_string(::ioctl(control.get(), LOOP_CTL_GET_FREE));
  }
  ~Slot() { pull(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // False: somebody still holds what was there.
  bool put(const Backing& backing) const {
    const UniqueFd device(::open(path_.c_str(), O_RDWR | O_CLOEXEC));
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(backing.fd());
    std::strncpy(reinterpret_cast<char*>(config.info.lo_file_name), backing.path().c_str(),
                 LO_NAME_SIZE - 1);
    return device && ::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0;
  }
  void pull() const {
    const UniqueFd device(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (device) ::ioctl(device.get(), LOOP_CLR_FD, 0);
  }

 private:
  std::string path_;
};

TEST(HotSwap, WritesToThePlannedDiskAlone) {
  if (!support::can_make_loop_devices()) GTEST_SKIP() << "no loop devices here, or not root";
  const support::TempRoot directory;
  const std::string prefix = directory.path().string();
  const Backing planned_file(prefix + "/planned", kMiB, 'p');
  const Backing same_size(prefix + "/same-size", kMiB, 's');
  const Backing smaller(prefix + "/smaller", kMiB / 2, 'm');
  const Backing larger(prefix + "/larger", 2 * kMiB, 'l');
  const std::array<const Backing*, 4> others{&planned_file, &same_size, &smaller, &larger};
  const Slot slot;

  v1::PlannedDisk planned;
  planned.set_id("file:" + planned_file.path());
  planned.set_size_bytes(planned_file.size_bytes());

  // As fast as the program looks, which is slow under the sanitizers: some are swapped while they
  // are looked for, some while they are held.
  ASSERT_TRUE(slot.put(planned_file));
  const auto before = std::chrono::steady_clock::now();
  ASSERT_TRUE(HeldDisk::take(SysRoot(), planned, 512).has_value());
  const auto look = std::chrono::steady_clock::now() - before;
  std::atomic<int> swaps{0};
  std::jthread swapper([&](const std::stop_token& over) {
    std::mt19937 random(4);
    while (!over.stop_requested()) {
      slot.pull();
      swaps += slot.put(*others[random() % 3 == 0 ? random() % others.size() : 0]) ? 1 : 0;
      std::this_thread::sleep_for(look * (random() % 300) / 100);
    }
  });

  int taken = 0;
  int refused = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(4);
  while (taken + refused < kRaces || taken < kRaces / 10) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline)
        << taken << " taken, " << refused << " refused, " << swaps
        << " swaps: has somebody else been given the loop device?";
    auto disk = HeldDisk::take(SysRoot(), planned, 512);
    if (!disk) {
      ++refused;
      continue;
    }
    ++taken;
    const auto saved = disk::save_bytes(*disk, {{0, 64 * 1024}});
    ASSERT_TRUE(saved.has_value()) << saved.error().message;
    ASSERT_EQ(saved->runs(0).bytes(), std::string(64 * 1024, 'p'));
    const auto cleared = disk::clear_bytes(*disk, *saved);
    ASSERT_TRUE(cleared.has_value()) << cleared.error().message;
    const auto restored = disk::restore_bytes(*disk, *saved);
    ASSERT_TRUE(restored.has_value()) << restored.error().message;
  }
  swapper.request_stop();
  swapper.join();
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
  for (const Backing* other : others) EXPECT_TRUE(other->is_untouched()) << other->path();
  std::cout << taken << " taken, " << refused << " refused, " << swaps << " swaps\n";
}

// Two files that the kernel gives one path: the second lies in a file system mounted over the
// first one's. As disks they have one identity and one size.
class Twins {
 public:
  explicit Twins(const std::string& directory) : directory_(directory) {
    const bool apart =
        ::unshare(CLONE_NEWNS) == 0 && ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    EXPECT_TRUE(apart) << std::strerror(errno);
    first_ = make('p');
    second_ = make('t');
  }
  ~Twins() {
    for (std::optional<Backing>* one : {&second_, &first_}) {
      one->reset();
      ::umount2(directory_.c_str(), MNT_DETACH);
    }
  }
  Twins(const Twins&) = delete;
  Twins& operator=(const Twins&) = delete;

  const Backing& first() const { return *first_; }
  const Backing& second() const { return *second_; }

 private:
  std::optional<Backing> make(char filler) const {
    EXPECT_EQ(::mount("joist-test", directory_.c_str(), "tmpfs", 0, nullptr), 0);
    return std::optional<Backing>(std::in_place, directory_ + "/disk", kMiB, filler);
  }

  std::string directory_;
  std::optional<Backing> first_;
  std::optional<Backing> second_;
};

// The same name, the same identity, the same size, in the middle of a job: what is on it tells, and
// which attachment it is.
TEST(HotSwap, ClearsNoTwinOfThePlannedDisk) {
  if (!support::can_make_loop_devices()) GTEST_SKIP() << "no loop devices here, or not root";
  const char* asked = std::getenv("JOIST_SWAPS");
#ifdef __SANITIZE_ADDRESS__
  constexpr int kJobs = 15;
#else
  constexpr int kJobs = 60;
#endif
  const int jobs = asked == nullptr ? kJobs : std::atoi(asked);
  const support::TempRoot mounted;
  const support::TempRoot state;
  const Twins twins(mounted.path().string());
  const Slot slot;
  ASSERT_TRUE(slot.put(twins.first()));
  v1::DiskJob job;
  v1::PlannedDisk& planned = *job.mutable_planned();
  planned.set_id("file:" + twins.first().path());
  planned.set_size_bytes(kMiB);
  {
    const auto disk = HeldDisk::take(SysRoot(), planned, 512);
    ASSERT_TRUE(disk.has_value()) << disk.error().message;
    const auto found = probe_disk(disk->name(), disk->diskseq(), std::chrono::seconds(15));
    ASSERT_TRUE(found.has_value()) << found.error().message;
    planned.set_fingerprint(disk::fingerprint(*found));
  }
  planned.add_steps()->set_kind(v1::DISK_STEP_KIND_CLEAR);
  planned.add_steps()->set_kind(v1::DISK_STEP_KIND_VERIFY_BLANK);
  job.set_state(v1::DISK_JOB_STATE_RUNNING);
  JobProgress progress;
  const JobGround ground{SysRoot(), JobStore(state.path().string()), std::chrono::seconds(15),
                         &progress};
  std::mt19937 random(7);
  auto takes = std::chrono::steady_clock::duration::zero();  // a job without a swap
  std::array<int, 2> ended{};                                // failed, done
  for (int number = 0; number <= jobs; ++number) {
    job.set_id("20261123T000000000Z-" + std::to_string(number));
    ASSERT_TRUE(ground.store.create(job).has_value());
    const auto begin = std::chrono::steady_clock::now();
    std::jthread swapper([&, pause = takes * (random() % 110) / 100] {
      if (number == 0) return;
      std::this_thread::sleep_for(pause);
      do {
        slot.pull();
      } while (!slot.put(twins.second()));
    });
    const auto end = run_job(job, ground);
    if (number == 0) takes = std::chrono::steady_clock::now() - begin;
    swapper.join();
    ASSERT_TRUE(end.has_value()) << end.error().message;
    ASSERT_TRUE(twins.second().is_untouched()) << "job " << number;
    ++ended[end->state() == v1::DISK_JOB_STATE_DONE ? 1 : 0];
    do {
      slot.pull();
    } while (!slot.put(twins.first()));
    if (!end->saved_digest().empty()) {
      const auto undone = undo_job(*end, ground);
      ASSERT_TRUE(undone.has_value()) << undone.error().message;
    }
    ASSERT_TRUE(twins.first().is_untouched()) << "job " << number;
  }
  std::cout << ended[1] << " done, " << ended[0] << " refused\n";
  EXPECT_GT(ended[0], 0);
  EXPECT_GT(ended[1], 0);
}

TEST(HotSwap, RefusesADiskThatChangesItsSizeWhileItIsHeld) {
  if (!support::can_make_loop_devices()) GTEST_SKIP() << "no loop devices here, or not root";
  const support::LoopDevice disk(4 * kMiB);
  v1::PlannedDisk planned;
  planned.set_id("file:" + disk.file());
  planned.set_size_bytes(4 * kMiB);
  auto held = HeldDisk::take(SysRoot(), planned, 512);
  ASSERT_TRUE(held.has_value()) << held.error().message;
  ASSERT_TRUE(held->write(0, std::string(4096, 'x')).has_value());
  ASSERT_EQ(::truncate(disk.file().c_str(), 8 * kMiB), 0);
  const UniqueFd device(::open(disk.path().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::ioctl(device.get(), LOOP_SET_CAPACITY, 0), 0);
  const auto written = held->write(0, std::string(4096, 'y'));
  ASSERT_FALSE(written.has_value());
  EXPECT_EQ(written.error().code, ErrorCode::Refused);
}

}  // namespace
}  // namespace joist::apply
