#include "collectors/cpu/cpuinfo.h"

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

struct Name {
  std::string_view name;
  std::string_view CpuDescription::*field;
};
constexpr Name kNames[] = {
    {"vendor_id", &CpuDescription::vendor},
    {"vendor", &CpuDescription::vendor},
    {"cpu family", &CpuDescription::family},
    {"model", &CpuDescription::model},
    {"model name", &CpuDescription::model_name},
    {"stepping", &CpuDescription::stepping},
    {"microcode", &CpuDescription::microcode},
    {"cache size", &CpuDescription::cache_size},
    {"physical id", &CpuDescription::package},
    {"core id", &CpuDescription::core},
    {"flags", &CpuDescription::flags},
    {"Features", &CpuDescription::flags},
    {"bugs", &CpuDescription::bugs},
};

std::string_view without_space_at_end(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

std::vector<CpuDescription> parse_cpuinfo(std::string_view text) {
  std::vector<CpuDescription> cpus;
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = without_space_at_end(line.substr(0, colon));
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);

    if (name == "processor" && parse_uint(value)) {
      cpus.push_back({.number = value});
    }
    if (cpus.empty()) continue;
    for (const Name& known : kNames) {
      if (known.name == name) cpus.back().*known.field = value;
    }
  }
  return cpus;
}

}  // namespace joist::collectors
