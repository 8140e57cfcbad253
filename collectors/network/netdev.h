// Traffic, errors and drops of network interfaces.
//
// Source: rtnetlink (LinkTable) for the host we run on; /proc/net/dev
//         (proc_pid_net(5)) for another tree. The kernel folds its finer
//         counters into the names of /proc/net/dev as net/core/net-procfs.c does.
// Emits:  node_network_{receive,transmit}_*_total{device[,ifalias]}  counter;
//         _receive_nohandler_total from rtnetlink only; with
//         collector.netdev.enable-detailed-metrics not folded, under finer names
//         node_network_address_info{address,device,netmask,scope}  gauge 1,
//         with collector.netdev.address-info
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/network/address_list.h"
#include "collectors/network/link_table.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The 16 columns of /proc/net/dev in its order, then receive_nohandler.
inline constexpr std::size_t kNetdevColumns = 17;
inline constexpr std::size_t kProcNetdevColumns = 16;
// The kernel's own counters, not folded.
inline constexpr std::size_t kDetailedColumns = 24;
using NetdevCounters = std::array<std::uint64_t, kDetailedColumns>;  // the first so many are used

NetdevCounters fold_counters(const rtnl_link_stats64& link);
NetdevCounters detail_counters(const rtnl_link_stats64& link);

struct NetdevLine {
  std::string_view device;
  NetdevCounters counters{};  // without receive_nohandler
};

// Nothing if the line is not "device: 16 numbers" (as the two header lines).
std::optional<NetdevLine> parse_netdev_line(std::string_view line);

struct NetdevOptions {
  bool netlink = true;  // of the host we run on
  bool detailed = false;
  bool label_alias = false;
  bool address_info = false;
};

class NetdevCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  NetdevCollector(const Roots& roots, DeviceFilter filter, const NetdevOptions& options);
  std::string_view name() const override { return "netdev"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Device {
    std::string key;  // its name
    bool excluded = false;
    std::string alias;
    Labels labels;
    NetdevCounters counters{};
  };
  struct Address {
    std::string key;  // its index, prefix length and bytes
    Labels labels;
  };

  Result<void> read_links();
  Result<void> read_proc();
  bool take(std::string_view name, std::string_view alias, const NetdevCounters& counters);
  Device make_device(std::string_view name, std::string_view alias) const;
  Result<void> show_addresses(Exposition& page);

  const SysRoot sys_;
  const NetdevOptions options_;
  const bool live_;
  const bool ask_kernel_;
  std::shared_ptr<LinkTable> links_;  // none on another tree
  ProcFile file_;
  DeviceFilter filter_;
  Listing<Device> devices_;
  MalformedLines malformed_;
  std::vector<Family> columns_;
  AddressList address_list_;
  LinkNames names_;
  std::string address_key_;
  Listing<Address> addresses_;
  const Family address_info_;
};

}  // namespace joist::collectors
