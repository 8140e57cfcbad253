#include "collectors/textfile/textfile.h"

#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kSetting = "collector.textfile.directory";
constexpr std::string_view kSuffix = ".prom";
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// File systems note changes in steps of up to two seconds: what changed that lately may change
// again and look the same.
constexpr std::int64_t kSettledNs = 2 * kNsPerSecond;

// A name that the page had is left out for so long at least; then the page may have it no more.
constexpr std::chrono::minutes kRemembered{1};

bool is_settled(std::int64_t changed_ns) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - changed_ns;
  return age > kSettledNs || age < -kSettledNs;
}

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * kNsPerSecond + time.tv_nsec; }

bool is_pattern(std::string_view path) { return path.find_first_of("*?[\\") != path.npos; }

std::string joined(std::string_view directory, std::string_view name) {
  return (std::filesystem::path(directory) / name).lexically_normal().string();
}

// A FIFO or a device would make the page wait.
Result<std::string> read_regular(const std::string& path, std::uint64_t bytes_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd) return fail_errno(errno, "open " + path);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "stat " + path);
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::Malformed, "it is not a regular file");
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "read " + path);
    text.append(chunk, static_cast<std::size_t>(got));
    if (text.size() > bytes_max) {
      return fail(ErrorCode::Malformed,
                  "larger than " + std::to_string(bytes_max >> 20) + " MiB: make it smaller");
    }
  }
}

// Sorted.
std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return paths;
}

std::string describe(const MetricsText& content) {
  std::string text;
  for (const TextProblem& problem : content.problems) {
    text += text.empty() ? "" : "; ";
    text += "line " + std::to_string(problem.line) + " left out: ";
    text += problem.what;
  }
  if (content.problems_count > content.problems.size()) {
    text += "; " + std::to_string(content.problems_count - content.problems.size()) + " more lines";
  }
  return text;
}

// Says what is wrong when that is news.
void note(std::string& wrong, std::string now, const std::string& path) {
  if (wrong == now) return;
  wrong = std::move(now);
  if (wrong.empty()) {
    log(Priority::Notice, "metrics: a text file is shown whole again", {{"path", path}});
  } else {
    log(Priority::Warning, "metrics: a text file is not shown whole",
        {{"path", path}, {"error", wrong}});
  }
}

}  // namespace

Made TextfileCollector::make(const Roots&, const Settings& settings) {
  return std::make_unique<TextfileCollector>(settings.list(kSetting), !settings.is_set(kSetting));
}

TextfileCollector::TextfileCollector(std::vector<std::string> patterns, bool may_lack)
    : patterns_(std::move(patterns)),
      may_lack_(may_lack),
      mtime_("node_textfile_mtime_seconds", "Unixtime mtime of textfiles successfully read.",
             MetricType::Gauge),
      scrape_error_("node_textfile_scrape_error",
                    "1 if there was an error opening or reading a file, 0 otherwise",
                    MetricType::Gauge) {
  std::erase(patterns_, "");
  forget_clashes();
}

void TextfileCollector::forget_clashes() {
  taken_.clear();
  taken_.emplace(mtime_.name());
  taken_.emplace(scrape_error_.name());
  forget_again_ = std::chrono::steady_clock::now() + kRemembered;
}

Result<void> TextfileCollector::collect(Exposition& page) {
  bool changed = expand_patterns();
  for (const auto& directory : directories_) {
    changed |= look(*directory);
    for (const auto& file : directory->files) changed |= look(*file);
  }
  if (changed && std::chrono::steady_clock::now() >= forget_again_) forget_clashes();
  if (changed || stale_) merge();

  page.append(text_);
  page.begin(mtime_);
  for (const File* file : shown_) {
    if (file->wrong.empty()) page.sample(file->labels, file->status.modified_ns / kNsPerSecond);
  }
  page.begin(scrape_error_);
  page.sample(wrong_ ? 1U : 0U);
  return {};
}

void TextfileCollector::leave_out(std::string_view family) {
  if (!taken_.emplace(family).second) return;
  log(Priority::Warning, "metrics: a family of a text file is not shown: the page has its name",
      {{"family", std::string(family)}});
  stale_ = true;
}

int TextfileCollector::read_status(const std::string& path, bool directory, Status& status) {
  struct stat read {};
  if (::stat(path.c_str(), &read) != 0) return errno;
  if (directory && !S_ISDIR(read.st_mode)) return ENOTDIR;
  status = {.device = read.st_dev,
            .inode = read.st_ino,
            .size_bytes = static_cast<std::uint64_t>(read.st_size),
            .modified_ns = nanoseconds(read.st_mtim),
            .changed_ns = nanoseconds(read.st_ctim)};
  return 0;
}

bool TextfileCollector::expand_patterns() {
  const bool moves = std::ranges::any_of(patterns_, is_pattern);
  if (!directories_.empty() && !moves) return false;

  std::vector<std::string> paths;
  for (const std::string& pattern : patterns_) {
    const auto found = is_pattern(pattern) ? matches(pattern) : std::vector<std::string>{};
    paths.insert(paths.end(), found.begin(), found.end());
    if (found.empty()) paths.push_back(pattern);  // as node_exporter: perhaps its very name
  }
  const auto same = [](const auto& directory, const std::string& path) {
    return directory->path == path;
  };
  if (std::ranges::equal(directories_, paths, same)) return false;

  std::vector<std::unique_ptr<Directory>> directories;
  for (std::string& path : paths) {
    const auto known = std::ranges::find_if(
        directories_, [&](const auto& one) { return one && one->path == path; });
    const bool is_known = known != directories_.end();
    directories.push_back(is_known ? std::move(*known) : std::make_unique<Directory>());
    directories.back()->path = std::move(path);
  }
  directories_ = std::move(directories);
  return true;
}

bool TextfileCollector::look(Directory& directory) {
  Status status;
  const int error = read_status(directory.path, true, status);
  if (error != 0) {
    if (error == directory.error) return false;
    directory.error = error;
    directory.settled = false;
    directory.files.clear();
    if (error != ENOENT || !may_lack_) {
      log(Priority::Warning, "metrics: a directory of text files cannot be read",
          fail_errno(error, "list " + directory.path).value(), {{"path", directory.path}});
    }
    return true;
  }
  const bool as_before = directory.error == 0 && directory.settled && status == directory.status;
  if (as_before) return false;
  directory.settled = is_settled(status.changed_ns);
  directory.status = status;
  return list(directory);
}

bool TextfileCollector::list(Directory& directory) {
  const auto names = SysRoot(directory.path).list("");
  const int error = names ? 0 : EACCES;
  const bool news = error != directory.error;
  directory.error = error;
  if (!names) {
    if (!news) return false;
    directory.files.clear();
    log(Priority::Warning, "metrics: a directory of text files cannot be read", names.error(),
        {{"path", directory.path}});
    return true;
  }
  std::vector<std::unique_ptr<File>> files;
  bool changed = news;
  for (const std::string& name : *names) {
    if (!name.ends_with(kSuffix)) continue;
    std::string path = joined(directory.path, name);
    const auto known = std::ranges::find_if(
        directory.files, [&](const auto& file) { return file && file->text.path == path; });
    if (known != directory.files.end()) {
      files.push_back(std::move(*known));
      continue;
    }
    changed = true;
    files.push_back(std::make_unique<File>());
    files.back()->labels = Labels{{"file", path}};
    files.back()->text.path = std::move(path);
  }
  changed |= files.size() != directory.files.size();
  directory.files = std::move(files);
  return changed;
}

bool TextfileCollector::look(File& file) {
  Status status;
  const int error = read_status(file.text.path, false, status);
  if (error == 0 && file.settled && status == file.status) return false;
  if (error != 0 && !file.settled && error == file.error) return false;
  file.error = error;
  file.settled = error == 0 && is_settled(status.changed_ns);
  file.status = status;
  const auto text = read_regular(file.text.path, SysRoot::kFileBytesMax);
  file.text.content = text ? parse_metrics_text(*text) : MetricsText();
  note(file.wrong, text ? describe(file.text.content) : text.error().message, file.text.path);
  return true;
}

void TextfileCollector::merge() {
  shown_.clear();
  wrong_ = false;
  std::vector<const TextFile*> texts;
  std::uint64_t bytes = 0;
  std::vector<std::string> complaints;
  for (const auto& directory : directories_) {
    wrong_ |= directory->error != 0 && !(directory->error == ENOENT && may_lack_);
    for (const auto& file : directory->files) {
      wrong_ |= !file->wrong.empty();
      bytes += file->status.size_bytes;
      if (shown_.size() == kFilesMax || bytes > kBytesMax) {
        complaints.push_back(file->text.path + ": left out: there are more than " +
                             std::to_string(kFilesMax) + " files or " +
                             std::to_string(kBytesMax >> 20) + " MiB");
        break;
      }
      shown_.push_back(file.get());
      texts.push_back(&file->text);
    }
  }
  TextfilePage merged = merge_text_files(texts, taken_);
  std::ranges::move(merged.complaints, std::back_inserter(complaints));
  wrong_ |= !complaints.empty();
  text_ = std::move(merged.text);
  stale_ = false;
  if (complaints == complaints_) return;
  complaints_ = std::move(complaints);
  for (const std::string& complaint : complaints_) {
    log(Priority::Warning, "metrics: text files contradict each other", {{"error", complaint}});
  }
}

}  // namespace joist::collectors
