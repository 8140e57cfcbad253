#include "collectors/memory/buddyinfo.h"

#include "collectors/fields.h"

namespace joist::collectors {

std::optional<BuddyLine> parse_buddyinfo_line(std::string_view line) {
  Fields fields(line);
  if (fields.next() != "Node") return std::nullopt;
  std::string_view node = fields.next();
  if (!node.ends_with(',')) return std::nullopt;
  node.remove_suffix(1);
  if (!parse_uint(node) || fields.next() != "zone") return std::nullopt;
  const std::string_view zone = fields.next();
  if (zone.empty()) return std::nullopt;
  const auto head = static_cast<std::size_t>(zone.data() + zone.size() - line.data());
  return BuddyLine{node, zone, line.substr(0, head), line.substr(head)};
}

BuddyinfoCollector::BuddyinfoCollector(const Roots& roots)
    : file_(roots.proc(), "buddyinfo", ProcFile::Shape::ShortRecords, 4096),
      blocks_("node_buddyinfo_blocks", "Count of free blocks according to size.",
              MetricType::Gauge) {}

Result<void> BuddyinfoCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  page.begin(blocks_);
  zones_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const auto now = parse_buddyinfo_line(line);
    const auto make = [&] {
      return Zone{std::string(now->head), std::string(now->node), std::string(now->zone), {}};
    };
    Zone* const zone = now ? zones_.next(now->head, make) : nullptr;
    if (zone == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    Fields counts(now->counts);
    std::size_t size = 0;
    for (auto field = counts.next(); !field.empty(); field = counts.next(), ++size) {
      const auto count = parse_uint(field);
      if (!count) {
        malformed_.report(file_.path(), line);
        break;
      }
      if (size == zone->labels.size()) {
        zone->labels.push_back(
            Labels{{"node", zone->node}, {"size", std::to_string(size)}, {"zone", zone->zone}});
      }
      page.sample(zone->labels[size], *count);
    }
  }
  zones_.finish();
  return {};
}

}  // namespace joist::collectors
