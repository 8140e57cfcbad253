// Goal: a disk that somebody writes to is not taken for blank any more, long before it would be
// read again by itself. Method: the real helper, a loop device, and the kernel's own event. Root.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "agent/disk_watch.h"
#include "disk/change_watch.h"
#include "tests/helper/helper_program.h"
#include "tests/support/loop_device.h"
#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

constexpr std::uint64_t kDiskBytes = std::uint64_t{64} << 20;

class DiskEvents : public ::testing::Test {
 protected:
  DiskEvents() {
    v1::NodeSpec spec;
    spec.mutable_storage()->add_allowed_kinds(v1::DISK_KIND_LOOP);
    spec.mutable_storage()->set_size_min_bytes(kDiskBytes);
    config_.adopt(with_defaults(std::move(spec)), clock_.now().wall);
    helper_.start();
    watch_.start();
  }

  const disk::ClassifiedDisk* shown() const {
    if (!watch_.last_good()) return nullptr;
    const auto& disks = watch_.last_good()->disks;
    const auto found = std::ranges::find_if(
        disks, [&](const disk::ClassifiedDisk& one) { return one.disk.name == device_.name(); });
    return found == disks.end() ? nullptr : &*found;
  }
  v1::DiskClass shown_class() const {
    return shown() == nullptr ? v1::DISK_CLASS_UNSPECIFIED : shown()->verdict.disk_class;
  }
  bool found_data() const {
    const auto* disk = shown();
    return disk != nullptr && disk->probe && disk->probe->has_value() &&
           !(*disk->probe)->data_offsets_bytes.empty();
  }

  // Sooner than it would be read again because something changed somewhere.
  bool becomes(const std::function<bool()>& good) {
    const auto end = std::chrono::steady_clock::now() + ProbeCache::kReread / 3;
    while (!good() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_until(end);
    }
    return good();
  }

  support::TempRoot state_;
  support::LoopDevice device_{kDiskBytes};
  helper::HelperProgram helper_{::geteuid()};
  wire::asio::io_context io_;
  Config config_{"/nonexistent"};
  SystemClock clock_;
  Pulse pulse_;
  DiskWatch watch_{
      io_,    SysRoot(), state_.path() / "seen-disks", HelperClient(helper_.socket_path()), config_,
      clock_, pulse_,    [this] {
        io_.stop(); }};
};

TEST_F(DiskEvents, TakeTheWordBlankBackAtOnce) {
  ASSERT_TRUE(becomes([this] { return shown_class() == v1::DISK_CLASS_BLANK; }));
  auto monitor = disk::UdevMonitor::open();
  ASSERT_TRUE(monitor.has_value()) << monitor.error().message;
  device_.write(0, "somebody's data");
  std::ofstream("/sys/class/block/" + device_.name() + "/uevent") << "change" << std::flush;
  pollfd waiting{.fd = monitor->fd(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, 5000) == 0) {
    GTEST_SKIP() << "no uevents reach this network namespace";
  }
  EXPECT_TRUE(becomes([this] { return shown_class() == v1::DISK_CLASS_FOREIGN; }));
  EXPECT_TRUE(becomes([this] { return found_data(); }));
}

}  // namespace
}  // namespace joist::agent

int main(int argc, char** argv) {
  if (!joist::support::can_make_loop_devices()) {
    std::cerr << "skipped: needs root and /dev/loop-control\n";
    return joist::support::kSkipped;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
