#include "collectors/storage/mount_table.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/vfs.h>

#include <algorithm>

#include "base/octal_escapes.h"
#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kReadAgain{60};
constexpr std::size_t kBufferBytes = 16384;

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option == wanted) return true;
    options.remove_prefix(std::min(option.size() + 1, options.size()));
  }
  return false;
}

// The text up to the next blank, which is cut off too. Unlike Fields, it can be empty: the
// device of some mounts is.
std::string_view cut(std::string_view& text) {
  const auto blank = text.find(' ');
  const std::string_view field = text.substr(0, blank);
  text.remove_prefix(blank == text.npos ? text.size() : blank + 1);
  return field;
}

}  // namespace

std::optional<MountLine> parse_mountinfo_line(std::string_view line) {
  constexpr std::string_view kSeparator = " - ";
  const auto separator = line.find(kSeparator);
  if (separator == line.npos) return std::nullopt;
  std::string_view of_mount = line.substr(0, separator);
  std::string_view of_filesystem = line.substr(separator + kSeparator.size());

  cut(of_mount);  // its number
  cut(of_mount);  // its parent's
  const std::string_view numbers = cut(of_mount);
  cut(of_mount);  // what of the file system is mounted
  const std::string_view mount_point = cut(of_mount);
  const std::string_view options = cut(of_mount);
  const auto colon = numbers.find(':');
  if (colon == numbers.npos || mount_point.empty() || options.empty()) return std::nullopt;
  const auto major = parse_number<unsigned>(numbers.substr(0, colon));
  const auto minor = parse_number<unsigned>(numbers.substr(colon + 1));

  MountLine mount;
  mount.type = cut(of_filesystem);
  mount.device = cut(of_filesystem);
  const std::string_view super_options = cut(of_filesystem);
  if (!major || !minor || mount.type.empty() || super_options.empty()) return std::nullopt;
  mount.major = *major;
  mount.minor = *minor;
  mount.mount_point = unescape_octal(mount_point);
  mount.read_only = has_option(options, "ro") || has_option(super_options, "ro");
  return mount;
}

std::string_view strip_root(std::string_view path, std::string_view root) {
  while (root.ends_with('/')) root.remove_suffix(1);
  if (root.empty() || !path.starts_with(root)) return path;
  const std::string_view inside = path.substr(root.size());
  if (inside.empty()) return "/";
  return inside[0] == '/' ? inside : path;
}

MountTable::MountTable(const Roots& roots)
    : of_init_(roots.proc(), "1/mountinfo", ProcFile::Shape::Records, kBufferBytes),
      own_(roots.proc(), "self/mountinfo", ProcFile::Shape::Records, kBufferBytes) {}

bool MountTable::may_have_changed() {
  if (!read_once_ || !watched_ || Clock::now() >= read_again_) return true;
  pollfd question{watched_.get(), POLLPRI, 0};
  return ::poll(&question, 1, 0) != 0;  // also where it fails
}

// Before the first read, so that no change falls in between.
void MountTable::watch(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct statfs on {};
  if (fd && ::fstatfs(fd.get(), &on) == 0 && on.f_type == PROC_SUPER_MAGIC) {
    watched_ = std::move(fd);
  }
}

Result<std::string_view> MountTable::read() {
  if (!read_once_) watch(of_init_.path());
  auto text = of_init_.read();  // absent under hidepid= and ProtectProc=
  if (text) return text;
  if (!read_once_) watch(own_.path());
  return own_.read();
}

Result<bool> MountTable::refresh(bool distrust) {
  if (!distrust && !may_have_changed()) return false;
  const auto text = read();
  if (!text) return tl::unexpected<Error>(text.error());
  const bool same = read_once_ && *text == text_;
  read_once_ = true;
  read_again_ = Clock::now() + kReadAgain;
  if (same) return false;

  text_ = *text;
  mounts_.clear();
  Lines lines(text_);
  for (std::string_view line; lines.next(line);) {
    if (auto mount = parse_mountinfo_line(line)) {
      mounts_.push_back(std::move(*mount));
    } else {
      malformed_.report(of_init_.path(), line);
    }
  }
  return true;
}

}  // namespace joist::collectors
