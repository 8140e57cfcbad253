#include "collectors/memory/meminfo.h"

#include "collectors/fields.h"

namespace joist::collectors {

std::optional<MemoryLine> parse_meminfo_line(std::string_view line) {
  Fields fields(line);
  std::string_view field = fields.next();
  const auto value = parse_uint(fields.next());
  const std::string_view unit = fields.next();
  if (field.size() < 2 || field.back() != ':' || !value) return std::nullopt;
  if (!unit.empty() && unit != "kB") return std::nullopt;
  field.remove_suffix(1);
  return MemoryLine{field, *value, !unit.empty()};
}

std::string meminfo_family_name(std::string_view field, bool in_kib) {
  std::string name = "node_memory_";
  for (const char c : field) {
    if (c == '(') {
      name += '_';
    } else if (c != ')') {
      name += c;
    }
  }
  if (in_kib) name += "_bytes";
  return is_metric_name(name) ? name : std::string();
}

MeminfoCollector::MeminfoCollector(const Roots& roots)
    : file_(roots.proc(), "meminfo", ProcFile::Shape::Whole) {}

Result<void> MeminfoCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  fields_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const auto memory = parse_meminfo_line(line);
    if (!memory) {
      malformed_.report(file_.path(), line);
      continue;
    }
    const Entry* entry = fields_.next(memory->field, [&] {
      Entry made{std::string(memory->field), std::nullopt};
      const std::string family = meminfo_family_name(memory->field, memory->in_kib);
      const std::string suffix = family.empty() ? "" : family.substr(sizeof "node_memory_" - 1);
      if (!family.empty()) {
        made.family.emplace(family, "Memory information field " + suffix + ".", MetricType::Gauge);
      }
      return made;
    });
    if (entry == nullptr || !entry->family) {
      malformed_.report(file_.path(), line);
      continue;
    }
    page.begin(*entry->family);
    // In doubles, as a field near 2^64 KiB must not wrap round.
    if (memory->in_kib) {
      page.sample(static_cast<double>(memory->value) * 1024);
    } else {
      page.sample(memory->value);
    }
  }
  fields_.finish();
  return {};
}

}  // namespace joist::collectors
