#include "collectors/collector_list.h"

#include <sys/statfs.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "collectors/cpu.h"
#include "collectors/diskstats.h"
#include "collectors/filesystem.h"
#include "collectors/loadavg.h"
#include "collectors/meminfo.h"
#include "collectors/name_filter.h"
#include "collectors/netdev.h"
#include "collectors/pressure.h"
#include "collectors/stat.h"
#include "collectors/time.h"
#include "collectors/uname.h"
#include "collectors/vmstat.h"

namespace joist::collectors {
namespace {

using Made = Result<std::unique_ptr<Collector>>;

template <typename Wanted, typename... Args>
Made make(Args&&... args) {
  return std::unique_ptr<Collector>(std::make_unique<Wanted>(std::forward<Args>(args)...));
}

template <typename Wanted>
Made make_plain(const Roots& roots, const Options&) {
  return make<Wanted>(roots);
}

Made make_diskstats(const Roots& roots, const Options& options) {
  auto exclude = NameFilter::make("diskstats device exclude", options.diskstats_exclude);
  if (!exclude) return tl::unexpected<Error>(exclude.error());
  return make<DiskstatsCollector>(roots, std::move(*exclude));
}

Made make_filesystem(const Roots& roots, const Options& options) {
  auto mount_points =
      NameFilter::make("filesystem mount points exclude", options.mount_points_exclude);
  if (!mount_points) return tl::unexpected<Error>(mount_points.error());
  auto types = NameFilter::make("filesystem types exclude", options.fs_types_exclude);
  if (!types) return tl::unexpected<Error>(types.error());
  return make<FilesystemCollector>(roots, std::move(*mount_points), std::move(*types),
                                   options.statfs_deadline, &::statfs);
}

Made make_netdev(const Roots& roots, const Options& options) {
  auto exclude = NameFilter::make("netdev device exclude", options.netdev_exclude);
  if (!exclude) return tl::unexpected<Error>(exclude.error());
  return make<NetdevCollector>(roots, std::move(*exclude));
}

Made make_uname(const Roots&, const Options&) { return make<UnameCollector>(); }

Made make_vmstat(const Roots& roots, const Options& options) {
  auto fields = NameFilter::make("vmstat fields", options.vmstat_fields);
  if (!fields) return tl::unexpected<Error>(fields.error());
  return make<VmstatCollector>(roots, std::move(*fields));
}

struct Known {
  std::string_view name;
  Made (*make)(const Roots&, const Options&);
};

constexpr Known kKnown[] = {
    {"cpu", make_plain<CpuCollector>},
    {"diskstats", make_diskstats},
    {"filesystem", make_filesystem},
    {"loadavg", make_plain<LoadavgCollector>},
    {"meminfo", make_plain<MeminfoCollector>},
    {"netdev", make_netdev},
    {"pressure", make_plain<PressureCollector>},
    {"stat", make_plain<StatCollector>},
    {"time", make_plain<TimeCollector>},
    {"uname", make_uname},
    {"vmstat", make_vmstat},
};

}  // namespace

const std::vector<std::string_view>& collector_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Known& known : kKnown) all.push_back(known.name);
    return all;
  }();
  return names;
}

Result<std::vector<std::unique_ptr<Collector>>> make_collectors(const Roots& roots,
                                                                const Options& options) {
  for (const std::string& name : options.disabled) {
    if (std::ranges::find(kKnown, name, &Known::name) != std::end(kKnown)) continue;
    Error error{ErrorCode::Malformed, "no collector is called \""};
    error.message.append(name).append("\"; there are:");
    for (const std::string_view known : collector_names()) error.message.append(" ").append(known);
    return tl::unexpected<Error>(std::move(error));
  }

  std::vector<std::unique_ptr<Collector>> collectors;
  for (const Known& known : kKnown) {
    if (std::ranges::find(options.disabled, known.name) != options.disabled.end()) continue;
    auto collector = known.make(roots, options);
    if (!collector) return tl::unexpected<Error>(collector.error());
    collectors.push_back(std::move(*collector));
  }
  return collectors;
}

}  // namespace joist::collectors
