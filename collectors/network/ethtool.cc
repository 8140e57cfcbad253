#include "collectors/network/ethtool.h"

#include <linux/ethtool.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace joist::collectors {
namespace {

constexpr SampleSheet::Place kNowhere = static_cast<SampleSheet::Place>(-1);
constexpr double kBytesInMbit = 1'000'000.0 / 8;

struct Mode {
  unsigned bit;
  unsigned speed_mbits;
  std::string_view duplex;
  std::string_view medium;
};

// Of the first 32 link modes (include/uapi/linux/ethtool.h), as node_exporter names them.
constexpr Mode kModes[] = {
    {ETHTOOL_LINK_MODE_10baseT_Half_BIT, 10, "half", "T"},
    {ETHTOOL_LINK_MODE_10baseT_Full_BIT, 10, "full", "T"},
    {ETHTOOL_LINK_MODE_100baseT_Half_BIT, 100, "half", "T"},
    {ETHTOOL_LINK_MODE_100baseT_Full_BIT, 100, "full", "T"},
    {ETHTOOL_LINK_MODE_1000baseT_Half_BIT, 1000, "half", "T"},
    {ETHTOOL_LINK_MODE_1000baseT_Full_BIT, 1000, "full", "T"},
    {ETHTOOL_LINK_MODE_10000baseT_Full_BIT, 10000, "full", "T"},
    {ETHTOOL_LINK_MODE_1000baseKX_Full_BIT, 1000, "full", "KX"},
    {ETHTOOL_LINK_MODE_10000baseKX4_Full_BIT, 10000, "full", "KX4"},
    {ETHTOOL_LINK_MODE_10000baseKR_Full_BIT, 10000, "full", "KR"},
    {ETHTOOL_LINK_MODE_10000baseR_FEC_BIT, 10000, "full", "R_FEC"},
    {ETHTOOL_LINK_MODE_20000baseMLD2_Full_BIT, 20000, "full", "MLD2"},
    {ETHTOOL_LINK_MODE_20000baseKR2_Full_BIT, 20000, "full", "KR2"},
    {ETHTOOL_LINK_MODE_40000baseKR4_Full_BIT, 40000, "full", "KR4"},
    {ETHTOOL_LINK_MODE_40000baseCR4_Full_BIT, 40000, "full", "CR4"},
    {ETHTOOL_LINK_MODE_40000baseSR4_Full_BIT, 40000, "full", "SR4"},
    {ETHTOOL_LINK_MODE_40000baseLR4_Full_BIT, 40000, "full", "LR4"},
    {ETHTOOL_LINK_MODE_56000baseKR4_Full_BIT, 56000, "full", "KR4"},
    {ETHTOOL_LINK_MODE_56000baseCR4_Full_BIT, 56000, "full", "CR4"},
    {ETHTOOL_LINK_MODE_56000baseSR4_Full_BIT, 56000, "full", "SR4"},
    {ETHTOOL_LINK_MODE_56000baseLR4_Full_BIT, 56000, "full", "LR4"},
    {ETHTOOL_LINK_MODE_25000baseCR_Full_BIT, 25000, "full", "CR"},
};

struct Port {
  unsigned bit;
  std::string_view type;
};

constexpr Port kPorts[] = {
    {ETHTOOL_LINK_MODE_AUI_BIT, "AUI"},
    {ETHTOOL_LINK_MODE_BNC_BIT, "BNC"},
    {ETHTOOL_LINK_MODE_Backplane_BIT, "Backplane"},
    {ETHTOOL_LINK_MODE_FIBRE_BIT, "FIBRE"},
    {ETHTOOL_LINK_MODE_MII_BIT, "MII"},
    {ETHTOOL_LINK_MODE_TP_BIT, "TP"},
};

struct Ability {
  unsigned bit = 0;
  FamilyText supported;
  FamilyText advertised;
};

using MetricType::Gauge;

constexpr Ability kAbilities[] = {
    {ETHTOOL_LINK_MODE_Autoneg_BIT,
     {"node_network_autonegotiate_supported", "If this port device supports autonegotiate", Gauge},
     {"node_network_autonegotiate_advertised", "If this port device offers autonegotiate", Gauge}},
    {ETHTOOL_LINK_MODE_Pause_BIT,
     {"node_network_pause_supported", "If this port device supports pause frames", Gauge},
     {"node_network_pause_advertised", "If this port device offers pause capability", Gauge}},
    {ETHTOOL_LINK_MODE_Asym_Pause_BIT,
     {"node_network_asymmetricpause_supported",
      "If this port device supports asymmetric pause frames", Gauge},
     {"node_network_asymmetricpause_advertised",
      "If this port device offers asymmetric pause capability", Gauge}},
};

constexpr FamilyText kSupportedSpeed{
    "node_network_supported_speed_bytes",
    "Combination of speeds and features supported by network device", Gauge};
constexpr FamilyText kAdvertisedSpeed{
    "node_network_advertised_speed_bytes",
    "Combination of speeds and features offered by network device", Gauge};
constexpr FamilyText kSupportedPort{"node_network_supported_port_info",
                                    "Type of ports or PHYs supported by network device", Gauge};
constexpr FamilyText kAutonegotiate{"node_network_autonegotiate",
                                    "If this port is using autonegotiate", Gauge};
constexpr FamilyText kInfo{
    "node_ethtool_info",
    "A metric with a constant '1' value labeled by bus_info, device, driver, "
    "expansion_rom_version, firmware_version, version.",
    Gauge};

struct Known {
  std::string_view counter;
  FamilyText family;
};

// Counters that many drivers have get a name and a help of their own.
constexpr Known kKnown[] = {
    {"rx_bytes",
     {"node_ethtool_received_bytes_total", "Network interface bytes received",
      MetricType::Untyped}},
    {"rx_dropped",
     {"node_ethtool_received_dropped_total", "Number of received frames dropped",
      MetricType::Untyped}},
    {"rx_errors",
     {"node_ethtool_received_errors_total", "Number of received frames with errors",
      MetricType::Untyped}},
    {"rx_packets",
     {"node_ethtool_received_packets_total", "Network interface packets received",
      MetricType::Untyped}},
    {"tx_bytes",
     {"node_ethtool_transmitted_bytes_total", "Network interface bytes sent", MetricType::Untyped}},
    {"tx_errors",
     {"node_ethtool_transmitted_errors_total", "Number of sent frames with errors",
      MetricType::Untyped}},
    {"tx_packets",
     {"node_ethtool_transmitted_packets_total", "Network interface packets sent",
      MetricType::Untyped}},
};

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Replaces `word` where it stands alone between underscores; of two that share an
// underscore the first, as a regular expression would.
std::string replace_word(std::string_view text, std::string_view word, std::string_view by) {
  std::string replaced;
  bool bounded = true;  // a word may begin here
  while (!text.empty()) {
    const std::string_view rest = text.substr(std::min(word.size(), text.size()));
    if (bounded && text.starts_with(word) && (rest.empty() || rest[0] == '_')) {
      replaced.append(by).append(rest.substr(0, 1));
      text = rest.substr(std::min<std::size_t>(1, rest.size()));
      bounded = false;
      continue;
    }
    bounded = text[0] == '_';
    replaced += text[0];
    text.remove_prefix(1);
  }
  return replaced;
}

}  // namespace

std::string sanitize_counter_name(std::string_view name) {
  std::string sanitized;
  std::size_t at = 0;
  while (at < name.size()) {
    // A run of underscores and others, with at least one other, becomes one underscore.
    std::size_t end = at;
    bool other = false;
    for (; end < name.size() && !is_plain(name[end]); ++end) other |= name[end] != '_';
    if (other) {
      sanitized += '_';
      at = end;
    } else {
      sanitized.append(name.substr(at, end - at));
      at = end;
    }
    if (at < name.size()) sanitized += name[at++];
  }
  return sanitized;
}

std::string ethtool_family(std::string_view sanitized) {
  std::string family(
      sanitized.substr(std::min(sanitized.find_first_not_of('_'), sanitized.size())));
  std::ranges::transform(family, family.begin(), lower);
  return replace_word(replace_word(family, "rx", "received"), "tx", "transmitted");
}

Made EthtoolCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.ethtool.device");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<EthtoolCollector>(roots, std::move(*filter),
                                            settings.pattern("collector.ethtool.metrics-include"));
}

EthtoolCollector::EthtoolCollector(const Roots& roots, DeviceFilter filter, NameFilter metrics)
    : links_(roots.live() ? shared_links(roots) : nullptr),
      filter_(std::move(filter)),
      metrics_(std::move(metrics)) {}

void EthtoolCollector::fact(const FamilyText& family, const Labels& labels, double value) {
  facts_.push_back({sheet_.add(family, labels), value});
}

void EthtoolCollector::show_modes(std::string_view device, std::string_view prefix,
                                  std::uint32_t modes) {
  const FamilyText& family = prefix == "supported" ? kSupportedSpeed : kAdvertisedSpeed;
  for (const Mode& mode : kModes) {
    if ((modes >> mode.bit & 1U) == 0) continue;
    const std::string name = std::to_string(mode.speed_mbits) + "base" + std::string(mode.medium);
    fact(family, Labels{{"device", device}, {"duplex", mode.duplex}, {"mode", name}},
         mode.speed_mbits * kBytesInMbit);
  }
}

void EthtoolCollector::show_abilities(const std::string& device, const EthtoolSettings& settings) {
  const Labels labels{{"device", device}};
  show_modes(device, "supported", settings.supported);
  show_modes(device, "advertised", settings.advertised);
  for (const Port& port : kPorts) {
    if ((settings.supported >> port.bit & 1U) == 0) continue;
    fact(kSupportedPort, Labels{{"device", device}, {"type", port.type}}, 1);
  }
  for (const Ability& ability : kAbilities) {
    fact(ability.supported, labels, settings.supported >> ability.bit & 1U);
    fact(ability.advertised, labels, settings.advertised >> ability.bit & 1U);
  }
  fact(kAutonegotiate, labels, settings.autonegotiation);
}

void EthtoolCollector::meet_counters(Device& device, const std::vector<std::string>& names) {
  // Two names that become one family are both left out: nobody could tell them apart.
  std::map<std::string, int> uses;
  for (const std::string& name : names) {
    ++uses["node_ethtool_" + ethtool_family(sanitize_counter_name(name))];
  }
  const Labels labels{{"device", device.name}};
  for (const std::string& name : names) {
    const std::string sanitized = sanitize_counter_name(name);
    const std::string family = "node_ethtool_" + ethtool_family(sanitized);
    const bool wanted = uses[family] == 1 && metrics_.matches(sanitized) && is_metric_name(family);
    auto place = kNowhere;
    const auto* const known = std::ranges::find(kKnown, sanitized, &Known::counter);
    if (wanted && known != std::end(kKnown)) {
      place = sheet_.add(known->family, labels);
    } else if (wanted) {
      const std::string help = "Network interface " + sanitized;
      place = sheet_.add({family, help, MetricType::Untyped}, labels);
    }
    device.places.push_back(place);
  }
  device.counters.assign(names.size(), 0);
}

void EthtoolCollector::meet(const std::string& name) {
  Device device{name, {}, {}};
  if (const auto settings = drivers_.settings(name)) show_abilities(name, *settings);
  if (const auto driver = drivers_.driver(name)) {
    fact(kInfo,
         Labels{{"bus_info", driver->bus_info},
                {"device", name},
                {"driver", driver->driver},
                {"expansion_rom_version", driver->expansion_rom_version},
                {"firmware_version", driver->firmware_version},
                {"version", driver->version}},
         1);
  }
  const auto names = drivers_.counter_names(name);
  if (!names || names->empty()) return;
  meet_counters(device, *names);
  devices_.push_back(std::move(device));
}

void EthtoolCollector::meet_all() {
  sheet_.clear();
  facts_.clear();
  devices_.clear();
  for (const std::string& name : names_) meet(name);
}

// True: there may be others than there were.
Result<bool> EthtoolCollector::look() {
  const auto table = links_->read();
  if (!table) return tl::unexpected<Error>(table.error());
  if (generation_ == table->generation() && lists_ == table->lists()) return false;
  generation_ = table->generation();
  lists_ = table->lists();
  names_.clear();
  for (const Link& link : table->links()) {
    if (!filter_.leaves_out(link.facts.name)) names_.push_back(link.facts.name);
  }
  return true;
}

bool EthtoolCollector::fill() {
  sheet_.blank();
  for (const Fact& known : facts_) sheet_.set(known.place, known.value);
  for (Device& device : devices_) {
    if (!drivers_.read_counters(device.name, device.counters)) return false;
    for (std::size_t i = 0; i < device.places.size(); ++i) {
      if (device.places[i] == kNowhere) continue;
      sheet_.set(device.places[i], static_cast<double>(device.counters[i]));
    }
  }
  return true;
}

Result<void> EthtoolCollector::collect(Exposition& page) {
  if (!links_) return fail(ErrorCode::NotFound, "another tree");
  const auto changed = look();
  if (!changed) return tl::unexpected<Error>(changed.error());
  // With the table let go of: a driver may hang.
  if (*changed) meet_all();
  // A driver that was told to use more queues has more counters; one that went has none.
  if (!fill()) {
    meet_all();
    static_cast<void>(fill());  // what still cannot be read is left out of the page
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
