#include "collectors/storage/filesystem.h"

#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace joist::collectors {
namespace {

using Figures = struct statfs;

// Errors as Go words them, because node_exporter shows its words.
std::string error_text(int error) {
  if (error == MountQuestion::kNoAnswer) return "mountpoint timeout";
  if (error == ESTALE) return "stale NFS file handle";
  std::string text = std::system_category().message(error);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

double bytes(std::uint64_t blocks, const Figures& figures) {
  return static_cast<double>(blocks) * static_cast<double>(figures.f_bsize);
}

bool is_above(std::string_view directory, std::string_view path) {
  if (directory == "/") return true;
  return path.starts_with(directory) && path.size() > directory.size() &&
         path[directory.size()] == '/';
}

}  // namespace

MountQuestion::Source source_of(std::string_view device, std::string_view type) {
  constexpr std::string_view kKernelsOwn[] = {"devtmpfs", "proc", "ramfs", "sysfs", "tmpfs"};
  if (std::ranges::find(kKernelsOwn, type) != std::end(kKernelsOwn))
    return MountQuestion::Source::Memory;
  if (!device.starts_with("/dev/") || type.starts_with("fuse"))
    return MountQuestion::Source::Elsewhere;
  // XFS and btrfs take locks; FAT counts its clusters when it is asked first.
  const bool counted = type == "ext2" || type == "ext3" || type == "ext4" || type == "squashfs";
  return counted ? MountQuestion::Source::Memory : MountQuestion::Source::Disk;
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
      table_(roots),
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
      mount_info_("node_filesystem_mount_info", "Filesystem mount information.", MetricType::Gauge),
      purgeable_("node_filesystem_purgeable_bytes",
                 "Filesystem space available including purgeable space (MacOS specific).",
                 MetricType::Gauge),
      read_only_("node_filesystem_readonly", "Filesystem read-only status.", MetricType::Gauge),
      size_("node_filesystem_size_bytes", "Filesystem size in bytes.", MetricType::Gauge) {}

void FilesystemCollector::rebuild() {
  std::vector<Mount> known = std::move(mounts_);
  mounts_.clear();
  questions_.clear();
  std::vector<std::string_view> elsewhere;
  for (const MountLine& line : table_.mounts()) {
    const auto source = source_of(line.device, line.type);
    if (source == MountQuestion::Source::Elsewhere) elsewhere.push_back(line.mount_point);
  }
  for (const MountLine& line : table_.mounts()) {
    const auto source = source_of(line.device, line.type);
    // The way to it may lead over one that hangs, and that was mounted over it later.
    const bool waits = source == MountQuestion::Source::Memory &&
                       std::ranges::any_of(elsewhere, [&](std::string_view directory) {
                         return is_above(directory, line.mount_point);
                       });
    add(line, waits ? MountQuestion::Source::Disk : source);
  }
  // A worker may hang in what was asked before: then it keeps its question.
  for (Mount& mount : mounts_) {
    const auto same = std::ranges::find(known, mount.key, &Mount::key);
    const bool keeps = same != known.end() && (same->question->source == mount.question->source ||
                                               probe_.hangs_in(*same->question));
    if (keeps) mount.question = same->question;
    questions_.push_back(mount.question);
  }
}

void FilesystemCollector::add(const MountLine& line, MountQuestion::Source source) {
  const std::string_view mount_point = strip_root(line.mount_point, roots_.rootfs);
  if (mount_points_.leaves_out(mount_point) || types_.leaves_out(line.type)) return;

  const auto labels = [&](std::string_view error) {
    return Labels{{"device", line.device},
                  {"device_error", error},
                  {"fstype", line.type},
                  {"mountpoint", mount_point}};
  };
  Mount mount{.key = std::string(labels("").text()),
              .device = std::string(line.device),
              .type = std::string(line.type),
              .mount_point = std::string(mount_point),
              .labels = labels(""),
              .info = Labels{{"device", line.device},
                             {"major", std::to_string(line.major)},
                             {"minor", std::to_string(line.minor)},
                             {"mountpoint", mount_point}},
              .read_only = line.read_only,
              .question = std::make_shared<MountQuestion>(
                  SysRoot(roots_.rootfs).resolve(mount_point).string(), source)};
  // Mounted twice with the same names: one sample, or the page is not valid.
  const bool twice = std::ranges::find(mounts_, mount.key, &Mount::key) != mounts_.end();
  if (!twice) mounts_.push_back(std::move(mount));
}

// Where the kernel made a file system read-only because of an error, no mount changed, and
// only statfs(2) shows it. What it shows is not taken for the figure: it may be
// the sandbox of this process that is read-only.
bool FilesystemCollector::turned_read_only() {
  bool turned = false;
  for (Mount& mount : mounts_) {
    if (!mount.question->answered) continue;
    const bool now = (mount.question->figures.f_flags & ST_RDONLY) != 0;
    turned |= mount.seen_read_only && *mount.seen_read_only != now;
    mount.seen_read_only = now;
  }
  return turned;
}

const Labels& FilesystemCollector::labels_of(Mount& mount) {
  if (mount.question->answered) return mount.labels;
  if (mount.error != mount.question->error) {
    mount.error = mount.question->error;
    mount.error_labels = Labels{{"device", mount.device},
                                {"device_error", error_text(mount.error)},
                                {"fstype", mount.type},
                                {"mountpoint", mount.mount_point}};
  }
  return mount.error_labels;
}

Result<void> FilesystemCollector::collect(Exposition& page) {
  auto changed = table_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) rebuild();
  probe_.ask(questions_);
  if (turned_read_only()) {
    changed = table_.refresh(true);
    if (!changed) return tl::unexpected<Error>(changed.error());
    if (*changed) {
      rebuild();
      probe_.ask(questions_);
    }
  }

  const auto show = [&](const Family& family, auto value) {
    page.begin(family);
    for (const Mount& mount : mounts_) {
      if (mount.question->answered) page.sample(mount.labels, value(mount.question->figures));
    }
  };
  show(avail_, [](const Figures& f) { return bytes(f.f_bavail, f); });
  page.begin(device_error_);
  for (Mount& mount : mounts_) page.sample(labels_of(mount), mount.question->answered ? 0U : 1U);
  show(files_, [](const Figures& f) { return static_cast<double>(f.f_files); });
  show(files_free_, [](const Figures& f) { return static_cast<double>(f.f_ffree); });
  show(free_, [](const Figures& f) { return bytes(f.f_bfree, f); });
  page.begin(mount_info_);
  for (const Mount& mount : mounts_) {
    if (mount.question->answered) page.sample(mount.info, 1U);
  }
  show(purgeable_, [](const Figures&) { return 0U; });
  page.begin(read_only_);
  for (Mount& mount : mounts_) page.sample(labels_of(mount), mount.read_only ? 1U : 0U);
  show(size_, [](const Figures& f) { return bytes(f.f_blocks, f); });
  return {};
}

}  // namespace joist::collectors
