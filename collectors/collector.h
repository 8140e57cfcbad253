// A collector turns one source of the kernel into metric families under
// node_exporter's names. It runs no programs and needs no root. It keeps what
// makes the next scrape cheap: open files, rendered labels.
//
// A line it does not understand costs that line: collectors count and report it
// through MalformedLines and go on.
// Threads: one collect() at a time, not always on the same thread, while others may
// collect on others: what collectors share must bear that.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "collectors/exposition.h"

namespace joist::collectors {

class ForeignFamilies;

class Collector {
 public:
  virtual ~Collector() = default;

  // Label value of node_scrape_collector_*, name in the configuration.
  virtual std::string_view name() const = 0;

  // Writes this collector's families. NotFound says that this host has no such
  // thing, which is nobody's fault; any other error that the host or Joist is
  // in trouble. In both cases what was written is taken back by the caller.
  virtual Result<void> collect(Exposition& page) = 0;

  // How long a page waits for it; then the page goes on without it.
  virtual std::chrono::milliseconds patience() const { return std::chrono::seconds(1); }

  // How old the figures of the last collect() are, of one that shows older ones.
  virtual std::optional<std::chrono::duration<double>> age() const { return std::nullopt; }

  // Null, but of a collector that just showed families that people brought, of any name: its
  // text comes last on a page, without what the page has (collectors/foreign_families.h).
  virtual ForeignFamilies* foreign_families() { return nullptr; }
};

}  // namespace joist::collectors
