#include "collectors/memory/meminfo_numa.h"

#include "collectors/fields.h"
#include "collectors/memory/meminfo.h"

namespace joist::collectors {

std::optional<NodeMemoryLine> parse_node_meminfo_line(std::string_view line) {
  Fields fields(line);
  if (fields.next() != "Node" || !parse_uint(fields.next())) return std::nullopt;
  std::string_view field = fields.next();
  if (field.size() < 2 || !field.ends_with(':')) return std::nullopt;
  field.remove_suffix(1);
  const auto value = parse_uint(fields.next());
  const std::string_view unit = fields.next();
  if (!value || (!unit.empty() && unit != "kB")) return std::nullopt;
  return NodeMemoryLine{field, static_cast<double>(*value) * (unit.empty() ? 1 : 1024)};
}

std::optional<NodeMemoryLine> parse_numastat_line(std::string_view line) {
  Fields fields(line);
  const std::string_view field = fields.next();
  const auto value = parse_uint(fields.next());
  if (!value) return std::nullopt;
  return NodeMemoryLine{field, static_cast<double>(*value)};
}

MeminfoNumaCollector::MeminfoNumaCollector(const Roots& roots)
    : sys_(roots.sys()), directory_(roots.sys(), "devices/system/node", roots.devices) {}

Result<void> MeminfoNumaCollector::find_nodes() {
  const auto renewed = directory_.refresh();
  if (!renewed) return tl::unexpected<Error>(renewed.error());
  if (!*renewed) return {};

  sheet_.clear();
  sources_.clear();
  for (const std::string& name : directory_.names()) {
    const std::string_view number = std::string_view(name).substr(name.starts_with("node") ? 4 : 0);
    if (number.size() == name.size() || !parse_uint(number)) continue;
    const auto file = [&](const char* attribute, std::size_t bytes) {
      return ProcFile(sys_, directory_.directory() + "/" + name + attribute, ProcFile::Shape::Whole,
                      bytes);
    };
    const Labels labels{{"node", number}};
    sources_.push_back(
        {file("/meminfo", 4096), parse_node_meminfo_line, "", MetricType::Gauge, labels, {}});
    sources_.push_back(
        {file("/numastat", 512), parse_numastat_line, "_total", MetricType::Counter, labels, {}});
  }
  return {};
}

MeminfoNumaCollector::Entry MeminfoNumaCollector::lay_out(const Source& source,
                                                          std::string_view field) {
  constexpr std::string_view kPrefix = "node_memory_";
  const std::string plain = meminfo_family_name(field, false);  // node_memory_Active_anon
  if (plain.empty()) return {std::string(field), std::nullopt};
  const std::string shown = plain.substr(kPrefix.size()) + source.suffix;
  const std::string family = "node_memory_numa_" + shown;
  const std::string help = "Memory information field " + shown + ".";
  return {std::string(field), sheet_.add({family, help, source.type}, source.labels)};
}

Result<void> MeminfoNumaCollector::read(Source& source) {
  const auto text = source.file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  source.entries.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const auto now = source.parse(line);
    const Entry* const entry =
        now ? source.entries.next(now->field, [&] { return lay_out(source, now->field); })
            : nullptr;
    if (entry == nullptr || !entry->place) {
      malformed_.report(source.file.path(), line);
      continue;
    }
    sheet_.set(*entry->place, now->value);
  }
  source.entries.finish();
  return {};
}

Result<void> MeminfoNumaCollector::collect(Exposition& page) {
  if (auto found = find_nodes(); !found) return found;
  sheet_.blank();
  for (Source& source : sources_) {
    if (auto done = read(source); !done) return done;
  }
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
