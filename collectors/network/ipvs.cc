#include "collectors/network/ipvs.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "collectors/fields.h"
#include "collectors/network/hexadecimal.h"
#include "collectors/network/ip_address.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kBackendsKept = 65536;  // of servers that came and went

// In the order of their names, as pages have them.
constexpr std::array<std::string_view, 6> kLabels{"local_address", "local_mark",     "local_port",
                                                  "proto",         "remote_address", "remote_port"};

struct Name {
  const char* name;
  const char* help;
};

constexpr std::array<Name, 5> kTotals{{
    {"connections_total", "The total number of connections made."},
    {"incoming_packets_total", "The total number of incoming packets."},
    {"outgoing_packets_total", "The total number of outgoing packets."},
    {"incoming_bytes_total", "The total amount of incoming data."},
    {"outgoing_bytes_total", "The total amount of outgoing data."},
}};

constexpr std::array<Name, 3> kBackend{{
    {"connections_active", "The current active connections by local and remote address."},
    {"connections_inactive", "The current inactive connections by local and remote address."},
    {"weight", "The current backend weight by local and remote address."},
}};

constexpr bool is_service(std::string_view word) {
  return word == "TCP" || word == "UDP" || word == "SCTP" || word == "FWM";
}

// The bytes of "C0A80016"; of any other length than an address's nothing.
std::optional<std::string> parse_bytes(std::string_view digits) {
  if (digits.size() != 8 && digits.size() != 32) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    const auto byte = parse_hexadecimal(digits.substr(at, 2));
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<char>(*byte));
  }
  return bytes;
}

}  // namespace

std::optional<IpvsTotals> parse_ipvs_totals(std::string_view text) {
  Lines lines(text);
  std::string_view line;
  for (int number = 0; number < 3; ++number) {
    if (!lines.next(line)) return std::nullopt;
  }
  IpvsTotals totals{};
  Fields fields(line);
  for (std::uint64_t& total : totals) {
    const auto value = parse_hexadecimal(fields.next());
    if (!value) return std::nullopt;
    total = *value;
  }
  return totals;
}

std::optional<IpvsLine> parse_ipvs_line(std::string_view line) {
  Fields fields(line);
  const std::string_view first = fields.next();
  IpvsLine parsed;
  parsed.endpoint = fields.next();
  if (is_service(first) && !parsed.endpoint.empty()) {
    parsed.protocol = first;
    return parsed;
  }
  if (first != "->") return std::nullopt;
  parsed.is_server = true;
  fields.next();  // how it is forwarded
  for (std::uint64_t* const value : {&parsed.weight, &parsed.active, &parsed.inactive}) {
    const auto number = parse_uint(fields.next());
    if (!number) return std::nullopt;
    *value = *number;
  }
  return parsed;
}

std::optional<IpvsEndpoint> parse_ipvs_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_hexadecimal(text.substr(colon + 1));
  std::string_view address = text.substr(0, colon);
  std::string digits;
  if (address.starts_with('[') && address.ends_with(']')) {  // all eight groups of four digits
    address = address.substr(1, address.size() - 2);
    std::ranges::copy_if(address, std::back_inserter(digits), [](char c) { return c != ':'; });
  } else {
    digits = address;
  }
  const auto bytes = parse_bytes(digits);
  if (!bytes || !port || *port > 65535) return std::nullopt;
  return IpvsEndpoint{format_ip_address(*bytes), *port};
}

Made IpvsCollector::make(const Roots& roots, const Settings& settings) {
  Shown shown{};
  std::string_view rest = settings.text("collector.ipvs.backend-labels");
  while (!rest.empty()) {
    const auto comma = rest.find(',');
    const std::string_view label = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    if (label.empty()) continue;
    const auto found = std::ranges::find(kLabels, label);
    if (found == kLabels.end()) {
      return fail(ErrorCode::Malformed, "collector.ipvs.backend-labels: there is no label \"" +
                                            std::string(label) + "\"");
    }
    shown[static_cast<std::size_t>(found - kLabels.begin())] = true;
  }
  return std::make_unique<IpvsCollector>(roots, shown);
}

IpvsCollector::IpvsCollector(const Roots& roots, const Shown& shown)
    : totals_(roots.proc(), "net/ip_vs_stats", ProcFile::Shape::Whole, 4096, roots.devices),
      table_(roots.proc(), "net/ip_vs", ProcFile::Shape::Records, 16384, roots.devices),
      shown_(shown) {
  for (const Name& total : kTotals) {
    total_families_.emplace_back(std::string("node_ipvs_") + total.name, total.help,
                                 MetricType::Counter);
  }
  for (const Name& value : kBackend) {
    backend_families_.emplace_back(std::string("node_ipvs_backend_") + value.name, value.help,
                                   MetricType::Gauge);
  }
}

std::optional<Labels> IpvsCollector::make_labels(const IpvsLine& service,
                                                 const IpvsLine& server) const {
  const bool marked = service.protocol == "FWM";
  const auto local = marked ? IpvsEndpoint{} : parse_ipvs_endpoint(service.endpoint);
  const auto remote = parse_ipvs_endpoint(server.endpoint);
  if (!local || !remote) return std::nullopt;
  const std::array<std::string, 6> values{local->address,
                                          marked ? std::string(service.endpoint) : "",
                                          std::to_string(local->port),
                                          std::string(service.protocol),
                                          remote->address,
                                          std::to_string(remote->port)};
  std::vector<Labels::Pair> labels;
  for (std::size_t i = 0; i < kLabels.size(); ++i) {
    if (shown_[i]) labels.emplace_back(kLabels[i], values[i]);
  }
  return Labels(std::span<const Labels::Pair>(labels));
}

IpvsCollector::Backend* IpvsCollector::find(const IpvsLine& service, const IpvsLine& server) {
  key_.assign(service.protocol).append(" ").append(service.endpoint);
  key_.append(" ").append(server.endpoint);
  const auto known = place_of_lines_.find(key_);
  if (known != place_of_lines_.end()) return &backends_[known->second];
  auto labels = make_labels(service, server);
  if (!labels) return nullptr;
  const auto [place, is_new] =
      place_of_labels_.try_emplace(std::string(labels->text()), backends_.size());
  if (is_new) backends_.push_back({std::move(*labels)});
  place_of_lines_.emplace(key_, place->second);
  return &backends_[place->second];
}

Result<void> IpvsCollector::show_totals(Exposition& page) {
  const auto text = totals_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  const auto totals = parse_ipvs_totals(*text);
  if (!totals) {
    malformed_.report(totals_.path(), *text);
    return {};
  }
  for (std::size_t i = 0; i < totals->size(); ++i) {
    page.begin(total_families_[i]);
    page.sample((*totals)[i]);
  }
  return {};
}

Result<void> IpvsCollector::show_backends(Exposition& page) {
  const auto text = table_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  if (place_of_lines_.size() > kBackendsKept) {
    place_of_lines_.clear();
    place_of_labels_.clear();
    backends_.clear();
  }
  for (Backend& backend : backends_) {
    backend.seen = false;
    backend.values = {};
  }
  Lines lines(*text);
  IpvsLine service;
  for (std::string_view text_line; lines.next(text_line);) {
    const auto line = parse_ipvs_line(text_line);
    if (!line) {
      const std::string_view first = Fields(text_line).next();
      const bool header = first == "IP" || first == "Prot" || text_line.ends_with("InActConn");
      if (!header) malformed_.report(table_.path(), text_line);
      continue;
    }
    if (!line->is_server) {
      service = *line;
      continue;
    }
    Backend* const backend = service.protocol.empty() ? nullptr : find(service, *line);
    if (backend == nullptr) {
      malformed_.report(table_.path(), text_line);
      continue;
    }
    backend->seen = true;
    backend->values[0] += line->active;
    backend->values[1] += line->inactive;
    backend->values[2] += line->weight;
  }
  for (std::size_t i = 0; i < backend_families_.size(); ++i) {
    page.begin(backend_families_[i]);
    for (const Backend& backend : backends_) {
      if (backend.seen) page.sample(backend.labels, backend.values[i]);
    }
  }
  return {};
}

Result<void> IpvsCollector::collect(Exposition& page) {
  if (auto shown = show_totals(page); !shown) return shown;
  return show_backends(page);
}

}  // namespace joist::collectors
