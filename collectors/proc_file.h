// A file of /proc or /sys that is read again and again: the descriptor stays
// open and the buffer is kept, which is five to ten times cheaper than opening
// it for each scrape.
//
// When the kernel says that what was open is gone (a device pulled and plugged
// again, a CPU taken off line), it is opened anew by name. A regular file that
// was replaced by rename(2) is not noticed; use it for kernel files only.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"

namespace joist::collectors {

class ProcFile {
 public:
  // How the kernel hands the file out.
  enum class Shape {
    Whole,    // in one read, if the buffer is large enough: sysfs attributes, single_open()
    Records,  // in pieces of about a page, however large the buffer: seq_file with an iterator
    // The same, and no record is longer than `record_bytes_max`: a piece that had room for one more
    // was the last, and nobody need ask for the end. (seq_read_iter() in fs/seq_file.c ends a
    // piece before the record that its page has no room for.)
    ShortRecords,
  };

  static constexpr std::size_t kRecordBytesMax = 2048;

  // Far above what the largest hosts have: 900 interrupts of 768 CPUs are 8 MiB.
  static constexpr std::size_t kBytesMax = std::size_t{64} << 20;

  // `buffer_bytes` should hold the usual content; it grows to what is needed, up
  // to kBytesMax. Keep it small for /proc/sys: the kernel allocates and zeroes
  // as much as it is asked for (1 MiB: 67 us against 5 us).
  ProcFile(const SysRoot& root, std::string_view path, Shape shape, std::size_t buffer_bytes = 4096,
           std::size_t record_bytes_max = kRecordBytesMax);

  // The content now; valid until the next read. NotFound if there is no such
  // file, Malformed if it is larger than the limit, else what the kernel said.
  Result<std::string_view> read();

  // Gives the descriptor back; the next read opens the file anew.
  void close() { fd_ = UniqueFd(); }

  const std::string& path() const { return path_; }

 private:
  bool is_last(std::size_t got_bytes, std::size_t room_bytes) const;
  int open();  // 0 or errno
  void grow(std::size_t used_bytes);
  int read_into_buffer(std::size_t& size);  // 0 or errno

  std::string path_;
  Shape shape_;
  std::size_t record_bytes_max_;
  std::size_t buffer_bytes_;
  std::unique_ptr<char[]> buffer_;  // not cleared: what no content ever reached costs no memory
  UniqueFd fd_;
};

}  // namespace joist::collectors
