#include "collectors/memory/vmstat.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kLineBytesMax = 128;  // a name of the kernel's and a number

}  // namespace

Made VmstatCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<VmstatCollector>(roots, settings.pattern("collector.vmstat.fields"));
}

VmstatCollector::VmstatCollector(const Roots& roots, NameFilter fields)
    : file_(roots.proc(), "vmstat", ProcFile::Shape::ShortRecords, 16384, kLineBytesMax),
      wanted_(std::move(fields)) {}

Result<void> VmstatCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  fields_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const std::string_view field = line.substr(0, line.find(' '));
    const Entry* entry = fields_.next(field, [&] {
      Entry made{std::string(field), std::nullopt};
      const std::string family = "node_vmstat_" + made.key;
      if (wanted_.matches(field) && is_metric_name(family)) {
        made.family.emplace(family, "/proc/vmstat information field " + made.key + ".",
                            MetricType::Untyped);
      }
      return made;
    });
    if (entry != nullptr && !entry->family) continue;  // not asked for

    const auto value = parse_number<double>(line.substr(std::min(field.size() + 1, line.size())));
    if (entry == nullptr || !value) {
      malformed_.report(file_.path(), line);
      continue;
    }
    page.begin(*entry->family);
    page.sample(*value);
  }
  fields_.finish();
  return {};
}

}  // namespace joist::collectors
