#include "collectors/network/netdev.h"

#include <span>
#include <utility>

#include "collectors/fields.h"
#include "collectors/network/ip_address.h"

namespace joist::collectors {
namespace {

constexpr std::array<const char*, kNetdevColumns> kColumns{
    "receive_bytes",     "receive_packets",  "receive_errs",       "receive_drop",
    "receive_fifo",      "receive_frame",    "receive_compressed", "receive_multicast",
    "transmit_bytes",    "transmit_packets", "transmit_errs",      "transmit_drop",
    "transmit_fifo",     "transmit_colls",   "transmit_carrier",   "transmit_compressed",
    "receive_nohandler",
};

// The same columns under the names of --collector.netdev.enable-detailed-metrics.
constexpr std::array<const char*, kProcNetdevColumns> kDetailedProcNames{
    "receive_bytes",  "receive_packets",  "receive_errors",     "receive_dropped",
    "receive_fifo",   "receive_frame",    "receive_compressed", "receive_multicast",
    "transmit_bytes", "transmit_packets", "transmit_errors",    "transmit_dropped",
    "transmit_fifo",  "transmit_colls",   "transmit_carrier",   "transmit_compressed",
};

// In the order of detail_counters().
constexpr std::array<const char*, kDetailedColumns> kDetailedNames{
    "receive_packets",
    "transmit_packets",
    "receive_bytes",
    "transmit_bytes",
    "receive_errors",
    "transmit_errors",
    "receive_dropped",
    "transmit_dropped",
    "multicast",
    "collisions",
    "receive_length_errors",
    "receive_over_errors",
    "receive_crc_errors",
    "receive_frame_errors",
    "receive_fifo_errors",
    "receive_missed_errors",
    "transmit_aborted_errors",
    "transmit_carrier_errors",
    "transmit_fifo_errors",
    "transmit_heartbeat_errors",
    "transmit_window_errors",
    "receive_compressed",
    "transmit_compressed",
    "receive_nohandler",
};

constexpr int kHeaderLines = 2;  // of /proc/net/dev

std::span<const char* const> column_names(bool ask_kernel, bool detailed) {
  if (ask_kernel && detailed) return kDetailedNames;
  if (ask_kernel) return kColumns;
  if (detailed) return kDetailedProcNames;
  return std::span(kColumns).first(kProcNetdevColumns);
}

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

NetdevCounters detail_counters(const rtnl_link_stats64& link) {
  return {
      link.rx_packets,       link.tx_packets,          link.rx_bytes,
      link.tx_bytes,         link.rx_errors,           link.tx_errors,
      link.rx_dropped,       link.tx_dropped,          link.multicast,
      link.collisions,       link.rx_length_errors,    link.rx_over_errors,
      link.rx_crc_errors,    link.rx_frame_errors,     link.rx_fifo_errors,
      link.rx_missed_errors, link.tx_aborted_errors,   link.tx_carrier_errors,
      link.tx_fifo_errors,   link.tx_heartbeat_errors, link.tx_window_errors,
      link.rx_compressed,    link.tx_compressed,       link.rx_nohandler,
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
  const NetdevOptions options{
      .netlink = settings.is_on("collector.netdev.netlink"),
      .detailed = settings.is_on("collector.netdev.enable-detailed-metrics"),
      .label_alias = settings.is_on("collector.netdev.label-ifalias"),
      .address_info = settings.is_on("collector.netdev.address-info"),
  };
  return std::make_unique<NetdevCollector>(roots, std::move(*filter), options);
}

NetdevCollector::NetdevCollector(const Roots& roots, DeviceFilter filter,
                                 const NetdevOptions& options)
    : sys_(roots.sys()),
      options_(options),
      live_(roots.live()),
      ask_kernel_(live_ && options.netlink),
      links_(live_ ? shared_links(roots) : nullptr),
      file_(roots.proc(), "net/dev", ProcFile::Shape::ShortRecords, 16384),
      filter_(std::move(filter)),
      address_info_("node_network_address_info", "node network address by device",
                    MetricType::Gauge) {
  for (const std::string column : column_names(ask_kernel_, options.detailed)) {
    columns_.emplace_back("node_network_" + column + "_total",
                          "Network device statistic " + column + ".", MetricType::Counter);
  }
}

NetdevCollector::Device NetdevCollector::make_device(std::string_view name,
                                                     std::string_view alias) const {
  Device device{std::string(name), filter_.leaves_out(name), std::string(alias), {}};
  device.labels = options_.label_alias ? Labels{{"device", name}, {"ifalias", alias}}
                                       : Labels{{"device", name}};
  return device;
}

bool NetdevCollector::take(std::string_view name, std::string_view alias,
                           const NetdevCounters& counters) {
  Device* const device = devices_.next(name, [&] { return make_device(name, alias); });
  if (device == nullptr) return false;
  if (device->alias != alias) *device = make_device(name, alias);
  device->counters = counters;
  return true;
}

Result<void> NetdevCollector::read_links() {
  const auto table = links_->read();
  if (!table) return tl::unexpected<Error>(table.error());
  devices_.restart();
  for (const Link& link : table->links()) {
    take(link.facts.name, options_.label_alias ? link.facts.alias : std::string_view(),
         options_.detailed ? detail_counters(link.counters) : fold_counters(link.counters));
  }
  return {};
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
    std::string alias;
    if (parsed && options_.label_alias) {
      const std::string path = "class/net/" + std::string(parsed->device) + "/ifalias";
      alias = sys_.read_line(path).value_or("");
    }
    if (!parsed || !take(parsed->device, alias, parsed->counters)) {
      malformed_.report(file_.path(), line);
    }
  }
  return {};
}

Result<void> NetdevCollector::show_addresses(Exposition& page) {
  if (auto named = names_.update(*links_); !named) return named;
  addresses_.restart();
  page.begin(address_info_);
  const auto show = [&](const InterfaceAddress& address) {
    address_key_.assign(bytes_of(address.interface_index));
    address_key_.push_back(static_cast<char>(address.prefix_bits));
    address_key_.append(address.bytes).append(names_.of(address.interface_index));
    const Address* const shown = addresses_.next(address_key_, [&] {
      return Address{address_key_,
                     {{"address", format_ip_address(address.bytes)},
                      {"device", names_.of(address.interface_index)},
                      {"netmask", std::to_string(address.prefix_bits)},
                      {"scope", address_scope(address.bytes)}}};
    });
    if (shown != nullptr) page.sample(shown->labels, 1U);
  };
  auto read = address_list_.read([&show](const InterfaceAddress& address) { show(address); });
  addresses_.finish();
  return read;
}

Result<void> NetdevCollector::collect(Exposition& page) {
  if (auto read = ask_kernel_ ? read_links() : read_proc(); !read) return read;
  devices_.finish();

  for (std::size_t column = 0; column < columns_.size(); ++column) {
    page.begin(columns_[column]);
    for (const auto& device : devices_) {
      if (!device->excluded) page.sample(device->labels, device->counters[column]);
    }
  }
  if (options_.address_info && live_) return show_addresses(page);
  return {};
}

}  // namespace joist::collectors
