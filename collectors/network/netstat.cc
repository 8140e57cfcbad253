#include "collectors/network/netstat.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kBufferBytes = 16384;

void show(Exposition& page, const Family& family, double value) {
  page.begin(family);
  page.sample(value);
}

}  // namespace

std::optional<Snmp6Name> split_snmp6_name(std::string_view text) {
  const auto six = text.find('6');
  if (six == std::string_view::npos || six + 1 == text.size()) return std::nullopt;
  return Snmp6Name{text.substr(0, six + 1), text.substr(six + 1)};
}

std::string_view netstat_protocol(std::string_view line) {
  const auto colon = line.find(':');
  return colon == std::string_view::npos ? std::string_view() : line.substr(0, colon);
}

Made NetstatCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<NetstatCollector>(roots, settings.pattern("collector.netstat.fields"));
}

NetstatCollector::NetstatCollector(const Roots& roots, NameFilter fields)
    : netstat_(roots.proc(), "net/netstat", ProcFile::Shape::Whole, kBufferBytes),
      snmp_(roots.proc(), "net/snmp", ProcFile::Shape::Whole, kBufferBytes),
      snmp6_(roots.proc(), "net/snmp6", ProcFile::Shape::Whole, kBufferBytes),
      wanted_(std::move(fields)) {}

std::optional<Family> NetstatCollector::make_family(std::string_view protocol,
                                                    std::string_view name) const {
  const std::string key = std::string(protocol) + "_" + std::string(name);
  const std::string family = "node_netstat_" + key;
  if (!wanted_.matches(key) || !is_metric_name(family)) return std::nullopt;
  return Family(family, "Statistic " + std::string(protocol) + std::string(name) + ".",
                MetricType::Untyped);
}

void NetstatCollector::find_columns(Protocol& protocol, std::string_view names) const {
  protocol.names = names;
  protocol.columns.clear();
  Fields fields(names.substr(protocol.key.size() + 1));
  for (std::size_t number = 0;; ++number) {
    const std::string_view name = fields.next();
    if (name.empty()) return;
    auto family = make_family(protocol.key, name);
    const auto shows_it = [&](const auto& column) {
      return family && column.family.name() == family->name();
    };
    if (!family || std::ranges::any_of(protocol.columns, shows_it)) continue;
    protocol.columns.push_back({number, std::move(*family)});
  }
}

Result<void> NetstatCollector::show_pairs(ProcFile& file, Listing<Protocol>& protocols,
                                          Exposition& page) {
  const auto text = file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  protocols.restart();
  Lines lines(*text);
  for (std::string_view names, values; lines.next(names);) {
    const std::string_view key = netstat_protocol(names);
    if (key.empty()) {
      malformed_.report(file.path(), names);
      continue;
    }
    if (!lines.next(values) || netstat_protocol(values) != key) {
      malformed_.report(file.path(), names);
      continue;
    }
    Protocol* const protocol = protocols.next(key, [&] { return Protocol{std::string(key)}; });
    if (protocol == nullptr) {
      malformed_.report(file.path(), names);
      continue;
    }
    if (protocol->names != names) find_columns(*protocol, names);

    Fields fields(values.substr(key.size() + 1));
    std::size_t at = 0;
    for (const auto& column : protocol->columns) {
      std::string_view field;
      for (; at <= column.number; ++at) field = fields.next();
      if (const auto value = parse_number<double>(field)) {
        show(page, column.family, *value);
      } else {
        malformed_.report(file.path(), values);
      }
    }
  }
  protocols.finish();
  return {};
}

Result<void> NetstatCollector::show_snmp6(Exposition& page) {
  const auto text = snmp6_.read();
  if (!text && text.error().code == ErrorCode::NotFound) return {};  // IPv6 is switched off
  if (!text) return tl::unexpected<Error>(text.error());
  snmp6_fields_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    Fields fields(line);
    const std::string_view name = fields.next();
    const std::string_view field = fields.next();
    const auto split = split_snmp6_name(name);
    if (!split || field.empty()) continue;
    const Entry* const entry = snmp6_fields_.next(name, [&] {
      return Entry{std::string(name), make_family(split->protocol, split->name)};
    });
    if (entry != nullptr && !entry->family) continue;
    const auto value = parse_number<double>(field);
    if (entry == nullptr || !value) {
      malformed_.report(snmp6_.path(), line);
      continue;
    }
    show(page, *entry->family, *value);
  }
  snmp6_fields_.finish();
  return {};
}

Result<void> NetstatCollector::collect(Exposition& page) {
  if (auto shown = show_pairs(netstat_, netstat_protocols_, page); !shown) return shown;
  if (auto shown = show_pairs(snmp_, snmp_protocols_, page); !shown) return shown;
  return show_snmp6(page);
}

}  // namespace joist::collectors
