// What others write into files to be shown with the host's own families.
//
// Source: the files *.prom in the directories that collector.textfile.directory names, each a
//         path or a pattern of glob(7); text format 0.0.4. Writers should write another file
//         and rename it.
// Emits:  what stands in them; a histogram or summary too
//         node_textfile_mtime_seconds{file}  gauge, of files without a broken line
//         node_textfile_scrape_error         gauge, 1 if anything was left out or contradicts
//
// A broken or repeated line, a sample with a timestamp and a family that others on the page
// have are left out and logged once, with file and line; the rest is shown. A file is read
// again when it has changed: a page asks for one status of each directory and file.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/foreign_families.h"
#include "collectors/roots.h"
#include "collectors/textfile/textfile_page.h"

namespace joist::collectors {

class TextfileCollector final : public Collector, public ForeignFamilies {
 public:
  static constexpr std::size_t kFilesMax = 1000;
  static constexpr std::uint64_t kBytesMax = std::uint64_t{16} << 20;  // of all files

  static Made make(const Roots& roots, const Settings& settings);
  // An empty pattern names nothing. `may_lack`: what is not there is no error.
  TextfileCollector(std::vector<std::string> patterns, bool may_lack);

  std::string_view name() const override { return "textfile"; }
  Result<void> collect(Exposition& page) override;

  ForeignFamilies* foreign_families() override { return text_.empty() ? nullptr : this; }
  void leave_out(std::string_view family) override;

 private:
  // What tells that a file or directory is as it was.
  struct Status {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Status&) const = default;
  };
  struct File {
    TextFile text;
    Status status;
    int error = 0;         // of stat(2)
    bool settled = false;  // else it may change without a new status
    std::string wrong;     // why it does not show all, as last logged; empty: it does
    Labels labels;
  };
  struct Directory {
    std::string path;
    Status status;
    int error = 0;
    bool settled = false;
    std::vector<std::unique_ptr<File>> files;  // by name
  };

  static int read_status(const std::string& path, bool directory, Status& status);  // 0 or errno
  // Each true if something changed.
  bool expand_patterns();
  bool look(Directory& directory);
  bool list(Directory& directory);
  static bool look(File& file);

  void forget_clashes();
  void merge();

  std::vector<std::string> patterns_;
  bool may_lack_;
  std::vector<std::unique_ptr<Directory>> directories_;
  std::set<std::string, std::less<>> taken_;            // names that others have
  std::chrono::steady_clock::time_point forget_again_;  // once a file changed after that
  bool stale_ = true;                                   // text_ must be made anew
  std::string text_;
  std::vector<const File*> shown_;
  bool wrong_ = false;
  std::vector<std::string> complaints_;  // as last logged
  const Family mtime_, scrape_error_;
};

}  // namespace joist::collectors
