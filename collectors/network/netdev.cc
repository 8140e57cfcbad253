#include "collectors/network/netdev.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::array<const char*, kNetdevColumns> kColumns{
    "receive_bytes",     "receive_packets",  "receive_errs",       "receive_drop",
    "receive_fifo",      "receive_frame",    "receive_compressed", "receive_multicast",
    "transmit_bytes",    "transmit_packets", "transmit_errs",      "transmit_drop",
    "transmit_fifo",     "transmit_colls",   "transmit_carrier",   "transmit_compressed",
    "receive_nohandler",
};

constexpr int kHeaderLines = 2;  // of /proc/net/dev

}  // namespace

NetdevCounters fold_counters(const rtnl_link_stats64& link) {
  return {
      link.rx_bytes,
      link.rx_packets,
      link.rx_errors,
      link.rx_dropped + link.rx_missed_errors,
      link.rx_fifo_errors,
      link.rx_length_errors + link.rx_over_errors + link.rx_crc_errors + link.rx_frame_errors,
      link.rx_compressed,
      link.multicast,
      link.tx_bytes,
      link.tx_packets,
      link.tx_errors,
      link.tx_dropped,
      link.tx_fifo_errors,
      link.collisions,
      link.tx_carrier_errors + link.tx_aborted_errors + link.tx_window_errors +
          link.tx_heartbeat_errors,
      link.tx_compressed,
      link.rx_nohandler,
  };
}

std::optional<NetdevLine> parse_netdev_line(std::string_view line) {
  // An alias may hold a colon ("eth0:1"); the counters never do.
  const auto colon = line.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  NetdevLine parsed;
  parsed.device = Fields(line.substr(0, colon)).next();
  if (parsed.device.empty()) return std::nullopt;
  Fields fields(line.substr(colon + 1));
  for (std::size_t column = 0; column < kProcNetdevColumns; ++column) {
    const auto value = parse_uint(fields.next());
    if (!value) return std::nullopt;
    parsed.counters[column] = *value;
  }
  return parsed;
}

Made NetdevCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.netdev.device");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<NetdevCollector>(roots, std::move(*filter));
}

NetdevCollector::NetdevCollector(const Roots& roots, DeviceFilter filter)
    : ask_kernel_(roots.live()),
      file_(roots.proc(), "net/dev", ProcFile::Shape::Records, 16384),
      filter_(std::move(filter)) {
  for (const std::string column : kColumns) {
    columns_.emplace_back("node_network_" + column + "_total",
                          "Network device statistic " + column + ".", MetricType::Counter);
  }
}

bool NetdevCollector::take(std::string_view name, const NetdevCounters& counters) {
  Device* const device = devices_.next(name, [&] {
    return Device{std::string(name), filter_.leaves_out(name), Labels{{"device", name}}};
  });
  if (device != nullptr) device->counters = counters;
  return device != nullptr;
}

Result<void> NetdevCollector::read_links() {
  return links_.read([this] { devices_.restart(); },
                     [this](std::string_view name, const rtnl_link_stats64& link) {
                       take(name, fold_counters(link));
                     });
}

Result<void> NetdevCollector::read_proc() {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  devices_.restart();
  Lines lines(*text);
  int number = 0;
  for (std::string_view line; lines.next(line);) {
    if (number++ < kHeaderLines) continue;
    const auto parsed = parse_netdev_line(line);
    if (!parsed || !take(parsed->device, parsed->counters)) malformed_.report(file_.path(), line);
  }
  return {};
}

Result<void> NetdevCollector::collect(Exposition& page) {
  if (auto read = ask_kernel_ ? read_links() : read_proc(); !read) return read;
  devices_.finish();

  const std::size_t columns = ask_kernel_ ? kNetdevColumns : kProcNetdevColumns;
  for (std::size_t column = 0; column < columns; ++column) {
    page.begin(columns_[column]);
    for (const auto& device : devices_) {
      if (!device->excluded) page.sample(device->labels, device->counters[column]);
    }
  }
  return {};
}

}  // namespace joist::collectors
