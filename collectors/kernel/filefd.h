// Open files of the whole host.
//
// Source: /proc/sys/fs/file-nr (Documentation/admin-guide/sysctl/fs.rst): handles
//         allocated, allocated but unused (0 since Linux 2.6), and the limit.
// Emits:  node_filefd_allocated, node_filefd_maximum  gauge
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct FileHandles {
  std::uint64_t allocated = 0;
  std::uint64_t maximum = 0;
};

// Nothing if `text` is not three numbers.
std::optional<FileHandles> parse_file_nr(std::string_view text);

class FilefdCollector final : public Collector {
 public:
  explicit FilefdCollector(const Roots& roots);
  std::string_view name() const override { return "filefd"; }
  Result<void> collect(Exposition& page) override;

 private:
  ProcFile file_;
  const Family allocated_, maximum_;
};

}  // namespace joist::collectors
