// The collectors come in areas, one folder each: cpu, memory, kernel, storage,
// network, hardware, text files. Each says what it has in its area.cc; collector_list joins them.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/own_pace.h"
#include "collectors/roots.h"
#include "collectors/settings.h"

namespace joist::collectors {

using Made = Result<std::unique_ptr<Collector>>;

struct Source {
  std::string_view name;
  enum class Standard { On, Off } standard;  // as node_exporter 1.12 has it
  // Malformed if the settings contradict each other. Opens nothing yet.
  Made (*make)(const Roots&, const Settings&);

  // Of a slow source: collected on a thread of its own, so often, while pages show what it
  // said last (collectors/own_pace.h). Zero: for every page.
  std::chrono::seconds every{0};
  OwnPace::Begin paced = OwnPace::Begin::AtOnce;
};

struct Area {
  std::span<const Source> sources;
  std::span<const Setting> settings;
};

Area cpu_area();
Area hardware_area();
Area kernel_area();
Area memory_area();
Area network_area();
Area storage_area();
Area textfile_area();

// Of a collector that has no settings.
template <typename Wanted>
Made make_plain(const Roots& roots, const Settings&) {
  return std::unique_ptr<Collector>(std::make_unique<Wanted>(roots));
}

}  // namespace joist::collectors
