#include "collectors/network/netclass.h"

#include <fcntl.h>
#include <linux/if.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"
#include "collectors/fields.h"

namespace joist::collectors {
namespace {

struct Property {
  const char* family;
  const char* attribute;  // below /sys/class/net/NAME
  MetricType type = MetricType::Gauge;
};

// In the order of NetProperty.
constexpr std::array<Property, kNetProperties> kProperties{{
    {"address_assign_type", "addr_assign_type"},
    {"carrier", "carrier"},
    {"carrier_changes_total", "carrier_changes", MetricType::Counter},
    {"carrier_down_changes_total", "carrier_down_count", MetricType::Counter},
    {"carrier_up_changes_total", "carrier_up_count", MetricType::Counter},
    {"device_id", "dev_id"},
    {"dormant", "dormant"},
    {"flags", "flags"},
    {"iface_id", "ifindex"},
    {"iface_link", "iflink"},
    {"iface_link_mode", "link_mode"},
    {"mtu_bytes", "mtu"},
    {"name_assign_type", "name_assign_type"},
    {"net_dev_group", "netdev_group"},
    {"protocol_type", "type"},
    {"speed_bytes", "speed"},
    {"transmit_queue_length", "tx_queue_len"},
}};

// Those that rtnetlink does not tell.
constexpr std::array kOnlyInSysfs{NetProperty::AddressAssignType, NetProperty::DeviceId,
                                  NetProperty::NameAssignType};

constexpr std::size_t kAttributeBytesMax = 4096;
constexpr std::int64_t kSpeedMax = std::int64_t{1} << 32;
constexpr std::int64_t kMbitsInBytes = 1'000'000 / 8;

// IF_OPER_*, as net/core/net-sysfs.c writes them.
constexpr std::array<std::string_view, 7> kOperationalStates{
    "unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up"};

// Reads an attribute of an open directory: another tree may have more of them than this
// process may keep open.
std::optional<std::string_view> read_at(int directory, const char* attribute,
                                        std::array<char, kAttributeBytesMax>& buffer) {
  const UniqueFd file(::openat(directory, attribute, O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) return std::nullopt;
  const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
  if (got < 0) return std::nullopt;
  std::string_view text(buffer.data(), static_cast<std::size_t>(got));
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return std::string_view();
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view admin_state(const NetInterface& interface) {
  const auto& flags = interface[NetProperty::Flags];
  if (!flags) return "unknown";
  return (*flags & IFF_UP) != 0 ? "up" : "down";
}

}  // namespace

NetInterface describe_link(const LinkFacts& facts) {
  NetInterface described;
  const auto set = [&](NetProperty property, std::optional<std::int64_t> value) {
    described[property] = value;
  };
  if (facts.running) {
    set(NetProperty::Carrier, facts.carrier);
    set(NetProperty::Dormant, facts.dormant);
  }
  set(NetProperty::CarrierChanges, facts.carrier_changes);
  set(NetProperty::CarrierDownChanges, facts.carrier_downs);
  set(NetProperty::CarrierUpChanges, facts.carrier_ups);
  set(NetProperty::Flags, facts.flags);
  set(NetProperty::InterfaceId, facts.index);
  set(NetProperty::InterfaceLink, facts.lower_index.value_or(facts.index));
  set(NetProperty::InterfaceLinkMode, facts.link_mode);
  set(NetProperty::MtuBytes, facts.mtu_bytes);
  set(NetProperty::NetDevGroup, facts.group);
  set(NetProperty::ProtocolType, facts.hardware_type);
  set(NetProperty::TransmitQueueLength, facts.transmit_queue_length);
  described.address = facts.address;
  described.broadcast = facts.broadcast;
  described.alias = facts.alias;
  const std::size_t state = facts.operational_state;
  described.operational_state = kOperationalStates[state < kOperationalStates.size() ? state : 0];
  return described;
}

std::optional<std::int64_t> parse_net_attribute(std::string_view text) {
  if (!text.starts_with("0x")) return parse_number<std::int64_t>(text);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 2, end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

Made NetclassCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<NetclassCollector>(
      roots, settings.pattern("collector.netclass.ignored-devices"),
      settings.is_on("collector.netclass.ignore-invalid-speed"),
      settings.is_on("collector.netclass.netlink"));
}

NetclassCollector::NetclassCollector(const Roots& roots, NameFilter ignored,
                                     bool ignore_invalid_speed, bool alternative_names)
    : sys_(roots.sys()),
      ignore_invalid_speed_(ignore_invalid_speed),
      show_alternative_names_(alternative_names),
      links_(roots.live() ? shared_links(roots) : nullptr),
      class_(roots.sys(), "/class/net", roots.devices),
      ignored_(std::move(ignored)),
      up_("node_network_up", "Value is 1 if operstate is 'up', 0 otherwise.", MetricType::Gauge),
      info_("node_network_info", "Non-numeric data from /sys/class/net/<iface>, value is always 1.",
            MetricType::Gauge),
      alternative_names_("node_network_altnames_info",
                         "Non-numeric data of <iface> altname, value is always 1.",
                         MetricType::Gauge) {
  for (const Property& property : kProperties) {
    const std::string family = property.family;
    families_.emplace_back("node_network_" + family, "Network device property: " + family,
                           property.type);
  }
}

void NetclassCollector::render(Device& device) {
  device.shown = device.read;
  const NetInterface& shown = device.shown;
  device.labels = Labels{{"device", device.key}};
  device.info = Labels{{"address", shown.address},
                       {"adminstate", admin_state(shown)},
                       {"broadcast", shown.broadcast},
                       {"device", device.key},
                       {"duplex", shown.duplex},
                       {"ifalias", shown.alias},
                       {"operstate", shown.operational_state}};
}

void NetclassCollector::read_attributes(Device& device, int index) {
  const std::string directory = "/class/net/" + device.key + "/";
  // Where /sys was mounted for another network namespace, it has another interface's.
  const auto here = sys_.read_line(directory + "ifindex");
  if (!here || parse_number<int>(*here) != index) return;
  for (const NetProperty property : kOnlyInSysfs) {
    const auto text =
        sys_.read_line(directory + kProperties[static_cast<std::size_t>(property)].attribute);
    if (text) device.read[property] = parse_net_attribute(*text);
  }
}

void NetclassCollector::ask_driver(Device& device, bool running) {
  device.read[NetProperty::SpeedBytes] = std::nullopt;
  device.read.duplex.clear();
  if (!running) return;
  const auto settings = drivers_.settings(device.key);
  if (!settings) return;
  device.read[NetProperty::SpeedBytes] = settings->speed_mbits * kMbitsInBytes;
  device.read.duplex = duplex_name(settings->duplex);
}

void NetclassCollector::look_at(Device& device, const Link& link) {
  device.read = describe_link(link.facts);
  read_attributes(device, link.facts.index);
  device.alternative_names.clear();
  for (const std::string& name : link.facts.alternative_names) {
    device.alternative_names.push_back(Labels{{"altname", name}, {"device", device.key}});
  }
}

Result<void> NetclassCollector::read_links() {
  const auto table = links_->read();
  if (!table) return tl::unexpected<Error>(table.error());
  devices_.restart();
  for (const Link& link : table->links()) {
    Device* const device = devices_.next(link.facts.name, [&] {
      return Device{.key = link.facts.name, .ignored = ignored_.matches(link.facts.name)};
    });
    if (device == nullptr || device->ignored) continue;
    const bool told = device->said_at != link.said_at;
    const bool listed = device->asked_at != table->lists();
    if (!told && !listed) continue;
    if (told) look_at(*device, link);
    // A driver may find another speed without a word.
    ask_driver(*device, link.facts.running);
    device->said_at = link.said_at;
    device->asked_at = table->lists();
    if (told || device->read != device->shown) render(*device);
  }
  return {};
}

bool NetclassCollector::read_directory(Device& device) {
  if (device.directory.empty())
    device.directory = sys_.resolve("/class/net/" + device.key).string();
  const UniqueFd directory(::open(device.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return false;  // bonding_masters is a file
  std::array<char, kAttributeBytesMax> buffer{};
  NetInterface& read = device.read;
  for (std::size_t i = 0; i < kNetProperties; ++i) {
    const auto text = read_at(directory.get(), kProperties[i].attribute, buffer);
    read.properties[i] = text ? parse_net_attribute(*text) : std::nullopt;
    if (text && !read.properties[i]) malformed_.report(kProperties[i].attribute, *text);
  }
  if (auto& speed = read[NetProperty::SpeedBytes]) {
    const bool possible = *speed >= -1 && *speed <= kSpeedMax;
    speed = possible ? std::optional(*speed * kMbitsInBytes) : std::nullopt;
  }
  const std::array<std::pair<const char*, std::string*>, 5> texts{{
      {"address", &read.address},
      {"broadcast", &read.broadcast},
      {"duplex", &read.duplex},
      {"ifalias", &read.alias},
      {"operstate", &read.operational_state},
  }};
  for (const auto& [attribute, text] : texts) {
    text->assign(read_at(directory.get(), attribute, buffer).value_or(std::string_view()));
  }
  return true;
}

Result<void> NetclassCollector::read_sysfs() {
  if (auto listed = class_.refresh(); !listed) return tl::unexpected<Error>(listed.error());
  devices_.restart();
  for (const std::string& name : class_.names()) {
    Device* const device =
        devices_.next(name, [&] { return Device{.key = name, .ignored = ignored_.matches(name)}; });
    if (device == nullptr || device->ignored) continue;
    const bool is_interface = read_directory(*device);
    device->said_at = is_interface ? 1 : 0;
    if (is_interface && (device->labels.text().empty() || device->read != device->shown)) {
      render(*device);
    }
  }
  return {};
}

void NetclassCollector::show(Exposition& page) const {
  const auto each = [this](auto write) {
    for (const auto& device : devices_) {
      if (!device->ignored && device->said_at != 0) write(*device);
    }
  };
  for (std::size_t i = 0; i < kNetProperties; ++i) {
    page.begin(families_[i]);
    const bool only_valid =
        ignore_invalid_speed_ && i == static_cast<std::size_t>(NetProperty::SpeedBytes);
    each([&](const Device& device) {
      const auto& value = device.shown.properties[i];
      if (!value || (*value < 0 && only_valid)) return;
      if (*value < 0) {
        page.sample(device.labels, *value);
      } else {
        page.sample(device.labels, static_cast<std::uint64_t>(*value));
      }
    });
  }
  if (show_alternative_names_) {
    page.begin(alternative_names_);
    each([&](const Device& device) {
      for (const Labels& labels : device.alternative_names) page.sample(labels, 1U);
    });
  }
  page.begin(info_);
  each([&](const Device& device) { page.sample(device.info, 1U); });
  page.begin(up_);
  each([&](const Device& device) {
    page.sample(device.labels, device.shown.operational_state == "up" ? 1U : 0U);
  });
}

Result<void> NetclassCollector::collect(Exposition& page) {
  if (auto read = links_ ? read_links() : read_sysfs(); !read) return read;
  devices_.finish();
  show(page);
  return {};
}

}  // namespace joist::collectors
