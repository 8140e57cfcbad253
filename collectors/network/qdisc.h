// The queueing discipline at the root of each interface.
//
// Source: rtnetlink(7): RTM_GETQDISC dump, TCA_STATS2 (include/uapi/linux/gen_stats.h).
// Emits:  node_qdisc_{bytes,packets,drops,requeues,overlimits}_total{device,kind}  counter;
//         node_qdisc_{current_queue_length,backlog}{device,kind}  gauge
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
#include "collectors/network/link_table.h"
#include "collectors/network/netlink.h"
#include "collectors/roots.h"

namespace joist::collectors {

inline constexpr std::size_t kQdiscValues = 7;

struct Qdisc {
  int interface_index = 0;
  bool root = false;
  std::string_view kind;
  std::array<std::uint64_t, kQdiscValues> values{};  // in the order of "Emits"
};

// Nothing if `payload` (of an RTM_NEWQDISC) names no kind.
std::optional<Qdisc> parse_qdisc(std::string_view payload);

class QdiscCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  QdiscCollector(const Roots& roots, DeviceFilter filter);
  std::string_view name() const override { return "qdisc"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Entry {
    std::string key;  // device and kind
    bool excluded = false;
    Labels labels;
    std::array<std::uint64_t, kQdiscValues> values{};
  };

  void take(const Qdisc& qdisc, std::string_view device);

  std::shared_ptr<LinkTable> links_;  // none on another tree
  LinkNames names_;
  NetlinkSocket socket_;
  DeviceFilter filter_;
  Listing<Entry> entries_;
  std::string key_;
  std::vector<Family> families_;
};

}  // namespace joist::collectors
