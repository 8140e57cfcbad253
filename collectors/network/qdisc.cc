#include "collectors/network/qdisc.h"

#include <linux/gen_stats.h>
#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <utility>

namespace joist::collectors {
namespace {

struct Value {
  const char* name;
  const char* help;
  MetricType type = MetricType::Counter;
};

constexpr std::array<Value, kQdiscValues> kValues{{
    {"bytes_total", "Number of bytes sent."},
    {"packets_total", "Number of packets sent."},
    {"drops_total", "Number of packets dropped."},
    {"requeues_total", "Number of packets dequeued, not transmitted, and requeued."},
    {"overlimits_total", "Number of overlimit packets."},
    {"current_queue_length", "Number of packets currently in queue to be sent.", MetricType::Gauge},
    {"backlog", "Number of bytes currently in queue to be sent.", MetricType::Gauge},
}};

void read_statistics(std::string_view nested, Qdisc& qdisc) {
  auto& [bytes, packets, drops, requeues, overlimits, length, backlog] = qdisc.values;
  NetlinkAttributes statistics(nested);
  for (NetlinkAttribute attribute; statistics.next(attribute);) {
    if (attribute.type == TCA_STATS_BASIC) {
      const auto basic = read_packed<gnet_stats_basic>(attribute.data);
      bytes = basic.bytes;
      packets = basic.packets;
    } else if (attribute.type == TCA_STATS_QUEUE) {
      const auto queue = read_packed<gnet_stats_queue>(attribute.data);
      drops = queue.drops;
      requeues = queue.requeues;
      overlimits = queue.overlimits;
      length = queue.qlen;
      backlog = queue.backlog;
    }
  }
}

}  // namespace

std::optional<Qdisc> parse_qdisc(std::string_view payload) {
  if (payload.size() < sizeof(tcmsg)) return std::nullopt;
  const auto header = read_packed<tcmsg>(payload);
  Qdisc qdisc;
  qdisc.interface_index = header.tcm_ifindex;
  qdisc.root = header.tcm_parent == TC_H_ROOT || header.tcm_parent == 0;
  NetlinkAttributes attributes(payload, sizeof header);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type == TCA_KIND) qdisc.kind = read_text(attribute.data);
    if (attribute.type == TCA_STATS2) read_statistics(attribute.data, qdisc);
  }
  if (qdisc.kind.empty()) return std::nullopt;
  return qdisc;
}

Made QdiscCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.qdisc.device");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<QdiscCollector>(roots, std::move(*filter));
}

QdiscCollector::QdiscCollector(const Roots& roots, DeviceFilter filter)
    : links_(roots.live() ? shared_links(roots) : nullptr),
      socket_(NETLINK_ROUTE, "the queueing disciplines"),
      filter_(std::move(filter)) {
  for (const Value& value : kValues) {
    families_.emplace_back(std::string("node_qdisc_") + value.name, value.help, value.type);
  }
}

void QdiscCollector::take(const Qdisc& qdisc, std::string_view device) {
  if (!qdisc.root || device.empty()) return;
  key_.assign(device).append(" ").append(qdisc.kind);
  Entry* const entry = entries_.next(key_, [&] {
    return Entry{key_, filter_.leaves_out(device), {{"device", device}, {"kind", qdisc.kind}}, {}};
  });
  if (entry != nullptr) entry->values = qdisc.values;
}

Result<void> QdiscCollector::collect(Exposition& page) {
  if (!links_) return fail(ErrorCode::NotFound, "another tree");
  if (auto named = names_.update(*links_); !named) return named;
  entries_.restart();
  const auto each = [&](const NetlinkMessage& message) {
    if (message.type != RTM_NEWQDISC) return;
    if (const auto qdisc = parse_qdisc(message.payload)) {
      take(*qdisc, names_.of(qdisc->interface_index));
    }
  };
  tcmsg request{};
  auto dump = socket_.dump(RTM_GETQDISC, bytes_of(request), each);
  if (!dump) return tl::unexpected<Error>(dump.error());
  entries_.finish();
  for (std::size_t i = 0; i < kQdiscValues; ++i) {
    page.begin(families_[i]);
    for (const auto& entry : entries_) {
      if (!entry->excluded) page.sample(entry->labels, entry->values[i]);
    }
  }
  return {};
}

}  // namespace joist::collectors
