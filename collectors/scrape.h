// One scrape of this host: runs every collector and says how each fared, as
// node_exporter's runner does:
//   node_scrape_collector_duration_seconds{collector}  gauge
//   node_scrape_collector_success{collector}           gauge, 0 also where the
//                                                       host lacks the source
// plus process_* about the process that embeds it.
//
// A collector that fails loses its own families only. A failure is logged when
// it begins and when it ends, not at every scrape. After the first scrapes a
// page costs no heap allocation while the host's devices stay the same.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/options.h"
#include "collectors/process.h"
#include "collectors/roots.h"

namespace joist::collectors {

class Scrape {
 public:
  // Malformed if `options` names an unknown collector or a filter is no regular
  // expression. Opens nothing yet: files are opened by the first page.
  static Result<std::unique_ptr<Scrape>> make(const Roots& roots, const Options& options);

  // Collects now. The text (format version 0.0.4) is valid until the next call.
  // Takes the time of the kernel's answers, at most collector.filesystem.mount-timeout
  // more where a file system hangs: call it on a worker thread. Any thread, but
  // one call at a time.
  std::string_view page();

 private:
  struct Running {
    std::unique_ptr<Collector> collector;
    Labels labels;
    bool failing = false;
    bool succeeded = false;
    double duration_seconds = 0;
  };

  Scrape(const Options& options, std::shared_ptr<DeviceChanges> devices,
         std::vector<std::unique_ptr<Collector>> collectors);
  void run(Running& source);

  std::shared_ptr<DeviceChanges> devices_;
  std::vector<Running> sources_;
  std::unique_ptr<ProcessCollector> process_;  // none where Options::process is off
  Exposition page_;
  const Family duration_;
  const Family success_;
};

}  // namespace joist::collectors
