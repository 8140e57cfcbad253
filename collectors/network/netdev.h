// Traffic, errors and drops of network interfaces.
//
// Source: rtnetlink (LinkDump) for the host we run on; /proc/net/dev
//         (proc_pid_net(5)) for another tree. The kernel folds its finer
//         counters into the names of /proc/net/dev as net/core/net-procfs.c does.
// Emits:  node_network_{receive,transmit}_*_total{device}  counter;
//         _receive_nohandler_total from rtnetlink only
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/device_filter.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/network/link_dump.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

// The 16 columns of /proc/net/dev in its order, then receive_nohandler.
inline constexpr std::size_t kNetdevColumns = 17;
inline constexpr std::size_t kProcNetdevColumns = 16;
using NetdevCounters = std::array<std::uint64_t, kNetdevColumns>;

NetdevCounters fold_counters(const rtnl_link_stats64& link);

struct NetdevLine {
  std::string_view device;
  NetdevCounters counters{};  // without receive_nohandler
};

// Nothing if the line is not "device: 16 numbers" (as the two header lines).
std::optional<NetdevLine> parse_netdev_line(std::string_view line);

class NetdevCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  NetdevCollector(const Roots& roots, DeviceFilter filter);
  std::string_view name() const override { return "netdev"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Device {
    std::string key;  // its name
    bool excluded = false;
    Labels labels;
    NetdevCounters counters{};
  };

  Result<void> read_links();
  Result<void> read_proc();
  bool take(std::string_view name, const NetdevCounters& counters);

  const bool ask_kernel_;
  LinkDump links_;
  ProcFile file_;
  DeviceFilter filter_;
  Listing<Device> devices_;
  MalformedLines malformed_;
  std::vector<Family> columns_;
};

}  // namespace joist::collectors
