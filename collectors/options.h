// What a scrape shows and what it leaves out. The defaults are those of
// Debian 12's prometheus-node-exporter 1.5.0. Filters are RE2 expressions, as
// node_exporter's flags; what they match anywhere is matched.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace joist::collectors {

struct Options {
  std::vector<std::string> disabled;  // names of collectors, see collector_names()
  bool process = true;                // process_* of the embedding process

  std::string mount_points_exclude =
      "^/(dev|proc|run|sys|mnt|media|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)";
  std::string fs_types_exclude =
      "^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|"
      "iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|"
      "sysfs|tracefs)$";
  std::string diskstats_exclude = R"(^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$)";
  std::string netdev_exclude = "^lo$";
  std::string vmstat_fields = "^(oom_kill|pgpg|pswp|pg.*fault).*";

  // How long the filesystem collector waits for all statfs(2) together before a
  // mount that has not answered gets node_filesystem_device_error 1.
  std::chrono::milliseconds statfs_deadline{1000};
};

}  // namespace joist::collectors
