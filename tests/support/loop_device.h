// A disk for tests: a sparse file behind a loop device of the test's own. Root.
#pragma once

#include <fcntl.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace joist::support {

// Exit code by which a test tells ctest that it cannot run here.
inline constexpr int kSkipped = 77;

inline bool can_make_loop_devices() {
  return ::geteuid() == 0 && ::access("/dev/loop-control", R_OK | W_OK) == 0;
}

struct LoopOptions {
  bool read_only = false;
  std::uint32_t sector_bytes = 512;
};

class LoopDevice {
 public:
  explicit LoopDevice(std::uint64_t size_bytes, LoopOptions options = {}) : options_(options) {
    file_ = "/tmp/joist-loop.XXXXXX";
    backing_ = UniqueFd(::mkostemp(file_.data(), O_CLOEXEC));
    if (!backing_ || ::ftruncate(backing_.get(), static_cast<off_t>(size_bytes)) != 0) die("file");
    attach();
  }
  ~LoopDevice() {
    detach();
    ::unlink(file_.c_str());
  }
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;

  void attach() {
    const UniqueFd control(::open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    // Somebody else may take the free one first.
    for (int attempt = 0; attempt < 100; ++attempt) {
      const int number = ::ioctl(control.get(), LOOP_CTL_GET_FREE);
      if (number < 0) die("LOOP_CTL_GET_FREE");
      name_ = "loop" + std::to_string(number);
      UniqueFd device(::open(path().c_str(), O_RDWR | O_CLOEXEC));
      loop_config config{};
      config.fd = static_cast<std::uint32_t>(backing_.get());
      config.block_size = options_.sector_bytes;
      config.info.lo_flags = options_.read_only ? LO_FLAGS_READ_ONLY : 0;
      std::strncpy(reinterpret_cast<char*>(config.info.lo_file_name), file_.c_str(),
                   LO_NAME_SIZE - 1);
      if (device && ::ioctl(device.get(), LOOP_CONFIGURE, &config) == 0) return;
      if (errno != EBUSY) die("LOOP_CONFIGURE");
    }
    die("no free loop device");
  }

  void detach() {
    if (name_.empty()) return;
    const UniqueFd device(::open(path().c_str(), O_RDONLY | O_CLOEXEC));
    if (device) ::ioctl(device.get(), LOOP_CLR_FD, 0);
    name_.clear();
  }

  void write(std::uint64_t offset_bytes, std::string_view bytes) const {
    const UniqueFd device(::open(path().c_str(), O_WRONLY | O_CLOEXEC));
    if (::pwrite(device.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_bytes)) !=
            static_cast<ssize_t>(bytes.size()) ||
        ::fsync(device.get()) != 0) {
      die("write");
    }
  }

  // Runs "COMMAND /dev/loopN"; what it prints is not shown.
  void run(const std::string& command) const {
    if (std::system((command + " " + path() + " >/dev/null 2>&1").c_str()) != 0) die(command);
  }

  // The file becomes shorter than the device: reading its end gives EIO.
  void lose_end(std::uint64_t size_bytes) const {
    if (::ftruncate(backing_.get(), static_cast<off_t>(size_bytes)) != 0) die("truncate");
  }

  const std::string& name() const { return name_; }
  std::string path() const { return "/dev/" + name_; }
  const std::string& file() const { return file_; }

 private:
  [[noreturn]] static void die(const std::string& what) {
    std::cerr << "loop device: " << what << ": " << std::strerror(errno) << '\n';
    std::abort();
  }

  LoopOptions options_;
  std::string file_;
  UniqueFd backing_;
  std::string name_;
};

}  // namespace joist::support
