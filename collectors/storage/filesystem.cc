#include "collectors/storage/filesystem.h"

#include <sys/statfs.h>

#include <algorithm>
#include <utility>

#include "base/octal_escapes.h"
#include "collectors/fields.h"

namespace joist::collectors {
namespace {

bool has_option(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    if (option == wanted) return true;
    options.remove_prefix(std::min(option.size() + 1, options.size()));
  }
  return false;
}

}  // namespace

std::optional<MountLine> parse_mount_line(std::string_view line) {
  Fields fields(line);
  MountLine mount;
  mount.device = fields.next();
  mount.mount_point = unescape_octal(fields.next());
  mount.type = fields.next();
  const std::string_view options = fields.next();
  if (options.empty()) return std::nullopt;
  mount.read_only = has_option(options, "ro");
  return mount;
}

bool is_local(std::string_view device, std::string_view type) {
  if (type == "tmpfs" || type == "ramfs") return true;
  return device.starts_with("/dev/") && !type.starts_with("fuse");
}

std::string_view strip_root(std::string_view path, std::string_view root) {
  while (root.ends_with('/')) root.remove_suffix(1);
  if (root.empty() || !path.starts_with(root)) return path;
  const std::string_view inside = path.substr(root.size());
  if (inside.empty()) return "/";
  return inside[0] == '/' ? inside : path;
}

Made FilesystemCollector::make(const Roots& roots, const Settings& settings) {
  auto mount_points = settings.devices("collector.filesystem.mount-points");
  if (!mount_points) return tl::unexpected<Error>(mount_points.error());
  auto types = settings.devices("collector.filesystem.fs-types");
  if (!types) return tl::unexpected<Error>(types.error());
  return std::make_unique<FilesystemCollector>(
      roots, std::move(*mount_points), std::move(*types),
      settings.duration("collector.filesystem.mount-timeout"), &::statfs);
}

FilesystemCollector::FilesystemCollector(const Roots& roots, DeviceFilter mount_points,
                                         DeviceFilter types, std::chrono::milliseconds deadline,
                                         Statfs statfs)
    : roots_(roots),
      mounts_of_init_(roots.proc(), "1/mounts", ProcFile::Shape::Records, 16384),
      own_mounts_(roots.proc(), "mounts", ProcFile::Shape::Records, 16384),
      mount_points_(std::move(mount_points)),
      types_(std::move(types)),
      deadline_(deadline),
      probe_(deadline, std::move(statfs)),
      avail_("node_filesystem_avail_bytes",
             "Filesystem space available to non-root users in bytes.", MetricType::Gauge),
      device_error_("node_filesystem_device_error",
                    "Whether an error occurred while getting statistics for the given device.",
                    MetricType::Gauge),
      files_("node_filesystem_files", "Filesystem total file nodes.", MetricType::Gauge),
      files_free_("node_filesystem_files_free", "Filesystem total free file nodes.",
                  MetricType::Gauge),
      free_("node_filesystem_free_bytes", "Filesystem free space in bytes.", MetricType::Gauge),
      read_only_("node_filesystem_readonly", "Filesystem read-only status.", MetricType::Gauge),
      size_("node_filesystem_size_bytes", "Filesystem size in bytes.", MetricType::Gauge) {}

Result<std::string_view> FilesystemCollector::read_mounts() {
  auto text = mounts_of_init_.read();  // absent under hidepid= and ProtectProc=
  return text ? text : own_mounts_.read();
}

void FilesystemCollector::rebuild() {
  std::vector<Mount> known = std::move(mounts_);
  mounts_.clear();
  questions_.clear();
  Lines lines(table_);
  for (std::string_view line; lines.next(line);) {
    if (const auto mount = parse_mount_line(line)) {
      add(*mount);
    } else {
      malformed_.report(mounts_of_init_.path(), line);
    }
  }
  // What was asked before keeps its question: a worker may hang in it.
  for (Mount& mount : mounts_) {
    const auto same = std::ranges::find(known, mount.key, &Mount::key);
    if (same != known.end()) mount.question = same->question;
    questions_.push_back(mount.question);
  }
}

void FilesystemCollector::add(const MountLine& line) {
  const std::string_view mount_point = strip_root(line.mount_point, roots_.rootfs);
  if (mount_points_.leaves_out(mount_point) || types_.leaves_out(line.type)) return;

  Labels labels{{"device", line.device}, {"fstype", line.type}, {"mountpoint", mount_point}};
  Mount mount{std::string(labels.text()), labels, line.read_only,
              std::make_shared<MountQuestion>(SysRoot(roots_.rootfs).resolve(mount_point).string(),
                                              is_local(line.device, line.type))};
  // Mounted twice with the same names: one sample, or the page is not valid.
  const bool twice = std::ranges::find(mounts_, mount.key, &Mount::key) != mounts_.end();
  if (!twice) mounts_.push_back(std::move(mount));
}

Result<void> FilesystemCollector::collect(Exposition& page) {
  const auto text = read_mounts();
  if (!text) return tl::unexpected<Error>(text.error());
  if (*text != table_) {
    table_ = *text;
    rebuild();
  }
  probe_.ask(questions_);

  const auto show = [&](const Family& family, auto value) {
    page.begin(family);
    for (const Mount& mount : mounts_) {
      if (mount.question->answered) page.sample(mount.labels, value(mount.question->figures));
    }
  };
  using Figures = struct statfs;
  const auto bytes = [](auto blocks, const Figures& figures) {
    return static_cast<double>(blocks) * static_cast<double>(figures.f_bsize);
  };
  show(avail_, [&](const Figures& f) { return bytes(f.f_bavail, f); });
  page.begin(device_error_);
  for (const Mount& mount : mounts_) page.sample(mount.labels, mount.question->answered ? 0U : 1U);
  show(files_, [](const Figures& f) { return static_cast<double>(f.f_files); });
  show(files_free_, [](const Figures& f) { return static_cast<double>(f.f_ffree); });
  show(free_, [&](const Figures& f) { return bytes(f.f_bfree, f); });
  page.begin(read_only_);
  for (const Mount& mount : mounts_) {
    if (mount.question->answered) page.sample(mount.labels, mount.read_only ? 1U : 0U);
  }
  show(size_, [&](const Figures& f) { return bytes(f.f_blocks, f); });
  return {};
}

}  // namespace joist::collectors
