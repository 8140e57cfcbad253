#include "collectors/network/sockstat.h"

#include <unistd.h>

#include <algorithm>

#include "collectors/fields.h"
#include "collectors/shared_file.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kInUse = 0;
constexpr std::size_t kMem = 4;
constexpr std::int64_t kValueMax = std::int64_t{1} << 48;  // pages, of which bytes are made

}  // namespace

std::optional<SockstatLine> parse_sockstat_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  SockstatLine parsed;
  parsed.protocol = line.substr(0, colon);
  Fields fields(line.substr(colon + 1));
  for (auto name = fields.next(); !name.empty(); name = fields.next()) {
    const auto value = parse_number<std::int64_t>(fields.next());
    if (!value || *value > kValueMax || *value < -kValueMax) return std::nullopt;
    const auto state = std::ranges::find(kSockstatStates, name);
    if (state != kSockstatStates.end()) {
      parsed.values[static_cast<std::size_t>(state - kSockstatStates.begin())] = value;
    } else if (name == "used") {
      parsed.used = value;
    }
  }
  return parsed;
}

std::optional<std::int64_t> sockets_in_use(std::string_view text, std::string_view protocol) {
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const auto parsed = parse_sockstat_line(line);
    if (parsed && parsed->protocol == protocol) return parsed->values[kInUse];
  }
  return std::nullopt;
}

SockstatCollector::SockstatCollector(const Roots& roots)
    : page_bytes_(::sysconf(_SC_PAGESIZE)),
      v4_(roots.shared_proc_file("net/sockstat")),
      v6_(roots.shared_proc_file("net/sockstat6")),
      used_("node_sockstat_sockets_used", "Number of IPv4 sockets in use.", MetricType::Gauge) {}

void SockstatCollector::show_line(const SockstatLine& line, const Protocol& protocol,
                                  Exposition& page) const {
  if (protocol.states.empty()) return;
  const auto write = [&](std::size_t state, std::int64_t value) {
    page.begin(protocol.states[state]);
    page.sample(value);
  };
  for (std::size_t state = 0; state < kSockstatStates.size(); ++state) {
    // node_exporter shows that none are in use also where the kernel does not count them.
    if (line.values[state] || state == kInUse) write(state, line.values[state].value_or(0));
  }
  if (line.values[kMem]) write(kSockstatStates.size(), *line.values[kMem] * page_bytes_);
}

Result<void> SockstatCollector::show(SharedFile& file, Listing<Protocol>& protocols,
                                     Exposition& page) {
  const auto text = file.read();
  if (!text && text.error().code == ErrorCode::NotFound) return {};  // that IP is switched off
  if (!text) return tl::unexpected<Error>(text.error());
  protocols.restart();
  Lines lines(**text);
  for (std::string_view line; lines.next(line);) {
    const auto parsed = parse_sockstat_line(line);
    if (!parsed) {
      malformed_.report(file.path(), line);
      continue;
    }
    const Protocol* const protocol = protocols.next(parsed->protocol, [&] {
      Protocol made{std::string(parsed->protocol)};
      const auto add = [&](std::string_view state) {
        const std::string family = "node_sockstat_" + made.key + "_" + std::string(state);
        if (!is_metric_name(family)) return;
        made.states.emplace_back(
            family, "Number of " + made.key + " sockets in state " + std::string(state) + ".",
            MetricType::Gauge);
      };
      if (made.key == "sockets") return made;
      for (const std::string_view state : kSockstatStates) add(state);
      add("mem_bytes");
      return made;
    });
    if (protocol == nullptr) {
      malformed_.report(file.path(), line);
    } else if (parsed->protocol != "sockets") {
      show_line(*parsed, *protocol, page);
    } else if (parsed->used && &file == v4_.get()) {
      page.begin(used_);
      page.sample(*parsed->used);
    }
  }
  protocols.finish();
  return {};
}

Result<void> SockstatCollector::collect(Exposition& page) {
  if (auto shown = show(*v4_, v4_protocols_, page); !shown) return shown;
  return show(*v6_, v6_protocols_, page);
}

}  // namespace joist::collectors
