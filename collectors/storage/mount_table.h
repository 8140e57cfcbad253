// The mounts of this host: those of PID 1, or our own where they cannot be read, so that
// a sandbox around this process does not show.
//
// Source: /proc/1/mountinfo (proc_pid_mountinfo(5)). The kernel says through poll(2) when
//         a mount came, went or was remounted; only then, and every minute, it is read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct MountLine {
  unsigned major = 0;
  unsigned minor = 0;
  std::string_view device;  // as written, octal escapes and all: so node_exporter shows it
  std::string mount_point;  // escapes resolved
  std::string_view type;
  bool read_only = false;  // the mount or the file system
};

// Nothing if the line is not as proc_pid_mountinfo(5) says.
std::optional<MountLine> parse_mountinfo_line(std::string_view line);

// `path` as seen from inside `root`: "/host/var" in "/host" is "/var". Unchanged
// if it lies outside.
std::string_view strip_root(std::string_view path, std::string_view root);

class MountTable {
 public:
  explicit MountTable(const Roots& roots);

  // Reads the table if it may have changed, or in any case if the caller has reason to
  // `distrust` what it has: a file system that turned read-only by an error is no change
  // of mounts. True if mounts() is new; it stays valid until the next true.
  Result<bool> refresh(bool distrust = false);

  const std::vector<MountLine>& mounts() const { return mounts_; }

 private:
  bool may_have_changed();
  Result<std::string_view> read();
  void watch(const std::string& path);

  ProcFile of_init_;
  ProcFile own_;
  UniqueFd watched_;  // none: not the kernel's, so that nobody tells
  bool read_once_ = false;
  std::chrono::steady_clock::time_point read_again_;
  std::string text_;
  std::vector<MountLine> mounts_;  // views of text_
  MalformedLines malformed_;
};

}  // namespace joist::collectors
