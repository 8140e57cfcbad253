// A disk in a sparse file, gone with the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/sha256.h"
#include "base/unique_fd.h"
#include "disk/probe.h"

namespace joist::support {

class Image {
 public:
  explicit Image(std::uint64_t size_bytes) {
    path_ = "/tmp/joist-image.XXXXXX";
    fd_ = UniqueFd(::mkostemp(path_.data(), O_CLOEXEC));
    resize(size_bytes);
  }
  ~Image() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Image(Image&& other) noexcept
      : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}
  Image& operator=(Image&&) = delete;
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }
  std::uint64_t size_bytes() const {
    return static_cast<std::uint64_t>(::lseek(fd_.get(), 0, SEEK_END));
  }

  void resize(std::uint64_t size_bytes) const {
    EXPECT_EQ(::ftruncate(fd_.get(), static_cast<off_t>(size_bytes)), 0);
  }

  // A shell's command; the image is $0.
  void make(const std::string& command) const {
    const std::string shell = "sh -c '" + command + "' " + path_ + " >/dev/null 2>&1";
    EXPECT_EQ(std::system(shell.c_str()), 0) << command;
  }

  const Image& write(std::uint64_t offset_bytes, std::string_view bytes) const {
    EXPECT_EQ(::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset_bytes)),
              static_cast<ssize_t>(bytes.size()));
    return *this;
  }
  // Zeros that are written: no hole.
  const Image& zero(std::uint64_t offset_bytes, std::uint64_t bytes) const {
    return write(offset_bytes, std::string(bytes, '\0'));
  }

  disk::ProbeResult probe() const {
    const auto result = disk::probe(fd_.get(), "img0");
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return result ? *result : disk::ProbeResult{};
  }

  // SHA-256 of every block that is not zero and where it stands: the same for a hole and for
  // zeros, so that what was cleared and put back is what it was.
  std::string digest() const {
    Sha256 sum;
    each_block([&sum](std::uint64_t at, std::string_view bytes) {
      sum.update(std::to_string(at) + ":");
      sum.update(bytes);
    });
    return sum.finish();
  }

  // What is not zero, into `other` from there on.
  void copy_to(const Image& other, std::uint64_t offset_bytes) const {
    each_block(
        [&](std::uint64_t at, std::string_view bytes) { other.write(offset_bytes + at, bytes); });
  }

 private:
  // Calls `take` with each block that is not zero.
  template <typename Take>
  void each_block(Take take) const {
    constexpr std::uint64_t kBlockBytes = 4096;
    std::string block(kBlockBytes, '\0');
    const std::string zeros(kBlockBytes, '\0');
    std::uint64_t at = 0;
    for (;;) {
      const off_t data = ::lseek(fd_.get(), static_cast<off_t>(at), SEEK_DATA);
      if (data < 0) return;  // ENXIO: nothing but a hole is left
      const auto hole = static_cast<std::uint64_t>(::lseek(fd_.get(), data, SEEK_HOLE));
      at = static_cast<std::uint64_t>(data) / kBlockBytes * kBlockBytes;
      for (; at < hole; at += kBlockBytes) {
        const ssize_t got = ::pread(fd_.get(), block.data(), kBlockBytes, static_cast<off_t>(at));
        ASSERT_GT(got, 0);
        const auto bytes = std::string_view(block).substr(0, static_cast<std::size_t>(got));
        if (bytes != std::string_view(zeros).substr(0, bytes.size())) take(at, bytes);
      }
    }
  }

  std::string path_;
  UniqueFd fd_;
};

}  // namespace joist::support
