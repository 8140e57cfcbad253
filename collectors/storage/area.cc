#include "collectors/area.h"

#include "collectors/storage/bcache.h"
#include "collectors/storage/bcachefs.h"
#include "collectors/storage/btrfs.h"
#include "collectors/storage/diskstats.h"
#include "collectors/storage/dmmultipath.h"
#include "collectors/storage/filesystem.h"
#include "collectors/storage/mdadm.h"
#include "collectors/storage/mountstats.h"
#include "collectors/storage/nfs.h"
#include "collectors/storage/nfsd.h"
#include "collectors/storage/tapestats.h"
#include "collectors/storage/xfs.h"
#include "collectors/storage/zfs.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;

// clang-format off
constexpr Source kSources[] = {
    {"bcache", On, BcacheCollector::make},
    {"bcachefs", On, make_plain<BcachefsCollector>},
    {"btrfs", On, make_plain<BtrfsCollector>},
    {"diskstats", On, DiskstatsCollector::make},
    {"dmmultipath", On, make_plain<DmmultipathCollector>},
    {"filesystem", On, FilesystemCollector::make},
    {"mdadm", On, make_plain<MdadmCollector>},
    {"mountstats", Off, make_plain<MountstatsCollector>},
    {"nfs", On, make_plain<NfsCollector>},
    {"nfsd", On, make_plain<NfsdCollector>},
    {"tapestats", On, TapestatsCollector::make},
    {"xfs", On, make_plain<XfsCollector>},
    {"zfs", On, make_plain<ZfsCollector>},
};
// clang-format on

constexpr Setting kSettings[] = {
    {"collector.bcache.priorityStats", Switch, "false",
     "Whether to show what priority_stats says, which costs the kernel much."},
    {"collector.diskstats.device-exclude", Pattern,
     R"(^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)", "Which block devices to leave out."},
    {"collector.diskstats.device-include", Pattern, "", "Which block devices alone to show."},
    {"collector.filesystem.fs-types-exclude", Pattern,
     "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|"
     "iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|"
     "sysfs|tracefs)$",
     "Which types of file systems to leave out."},
    {"collector.filesystem.fs-types-include", Pattern, "",
     "Which types of file systems alone to show."},
    {"collector.filesystem.mount-points-exclude", Pattern,
     "^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
     "Which mount points to leave out."},
    {"collector.filesystem.mount-points-include", Pattern, "", "Which mount points alone to show."},
    // node_exporter waits 5 s for each mount, we 1 s for all of them together.
    {"collector.filesystem.mount-timeout", Duration, "1s",
     "How long to wait for statfs(2) before a mount counts as failed."},
    {"collector.tapestats.ignored-devices", Pattern, "^$", "Which tape drives to leave out."},
};

}  // namespace

Area storage_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
