// Whether SELinux is on, and whether it enforces.
//
// Source: /sys/fs/selinux/enforce (1 enforcing, 0 permissive), there when selinuxfs is
//         mounted; SELINUX= of /etc/selinux/config. Looked for again when devices
//         change, at the latest every minute: a host does not switch it on at run time.
// Emits:  node_selinux_enabled  gauge; where on, node_selinux_config_mode and
//         node_selinux_current_mode: 1 enforcing, 0 permissive, -1 disabled  gauge
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The mode that /etc/selinux/config asks for; -1 where it names none.
int parse_selinux_config(std::string_view text);

class SelinuxCollector final : public Collector {
 public:
  explicit SelinuxCollector(const Roots& roots);
  std::string_view name() const override { return "selinux"; }
  Result<void> collect(Exposition& page) override;

 private:
  void look();

  SysRoot sys_;
  SysRoot root_;
  std::shared_ptr<const DeviceChanges> devices_;
  std::uint64_t seen_ = 0;
  bool enabled_ = false;
  int config_mode_ = -1;
  ProcFile enforce_;
  const Family enabled_family_, config_mode_family_, current_mode_family_;
};

}  // namespace joist::collectors
