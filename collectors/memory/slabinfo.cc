#include "collectors/memory/slabinfo.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

Family column(std::string_view name, std::string_view help) {
  return {"node_slabinfo_" + std::string(name), help, MetricType::Gauge};
}

}  // namespace

std::optional<SlabLine> parse_slabinfo_line(std::string_view line) {
  Fields fields(line);
  SlabLine slab{fields.next()};
  for (auto& value : slab.values) {
    const auto number = parse_uint(fields.next());
    if (!number) return std::nullopt;
    value = *number;
  }
  return slab;
}

Made SlabinfoCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<SlabinfoCollector>(roots,
                                             settings.pattern("collector.slabinfo.slabs-include"),
                                             settings.pattern("collector.slabinfo.slabs-exclude"));
}

SlabinfoCollector::SlabinfoCollector(const Roots& roots, NameFilter include, NameFilter exclude)
    : file_(roots.proc(), "slabinfo", ProcFile::Shape::Records, 32768),
      include_(std::move(include)),
      exclude_(std::move(exclude)),
      columns_{{
          column("active_objects",
                 "The number of objects that are currently active (i.e., in use)."),
          column("objects",
                 "The total number of allocated objects (i.e., objects that are both in use and "
                 "not in use)."),
          column("object_size_bytes", "The size of objects in this slab, in bytes."),
          column("objects_per_slab", "The number of objects stored in each slab."),
          column("pages_per_slab", "The number of pages allocated for each slab."),
      }} {}

Result<void> SlabinfoCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  slabs_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with("slabinfo - ") || line.starts_with('#')) continue;
    const auto now = parse_slabinfo_line(line);
    const auto make = [&] {
      return Slab{.key = std::string(now->slab),
                  .excluded = exclude_.matches(now->slab) || !include_.matches(now->slab),
                  .labels = Labels{{"slab", now->slab}}};
    };
    Slab* const slab = now ? slabs_.next(now->slab, make) : nullptr;
    if (slab == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    slab->values = now->values;
  }
  slabs_.finish();

  for (std::size_t column = 0; column < kSlabColumns; ++column) {
    page.begin(columns_[column]);
    for (const auto& slab : slabs_) {
      if (!slab->excluded) page.sample(slab->labels, slab->values[column]);
    }
  }
  return {};
}

}  // namespace joist::collectors
