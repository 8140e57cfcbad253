// One scrape of this host: runs every collector and says how each fared, as
// node_exporter's runner does:
//   node_scrape_collector_duration_seconds{collector}  gauge
//   node_scrape_collector_success{collector}           gauge, 0 also where the
//                                                       host lacks the source
//   joist_collector_age_seconds{collector}             gauge, of those that are read at
//                                                       a pace of their own
// plus process_* about the process that embeds it.
//
// A collector that fails loses its own families only, and one that hangs delays the
// others once (collectors/lanes.h). A failure is logged when it begins and when it
// ends, not at every scrape. What people bring comes last, and never with a name that the
// page has already (collectors/foreign_families.h). After the first scrapes a page costs no heap
// allocation while the host's devices stay the same.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/lanes.h"
#include "collectors/options.h"
#include "collectors/process.h"
#include "collectors/roots.h"

namespace joist::collectors {

class Scrape {
 public:
  using Time = Lanes::Time;

  static constexpr std::chrono::seconds kDeadline{10};

  // Which of the collectors a page is of, by their order. Empty: all.
  using Selection = std::vector<bool>;

  // Malformed if `options` names an unknown collector or a filter is no regular
  // expression. Opens nothing yet: files are opened by the first page.
  static Result<std::unique_ptr<Scrape>> make(const Roots& roots, const Options& options);

  // Only `collect`, or all but `exclude`: what the queries collect[] and exclude[] ask
  // for. Malformed, in node_exporter's words, if both are given, or `collect` names one
  // that is unknown or off.
  Result<Selection> select(const std::vector<std::string>& collect,
                           const std::vector<std::string>& exclude) const;

  // Collects now and waits for it. The text (format version 0.0.4) is valid until the
  // next call. One thread at a time calls what this class has.
  std::string_view page(std::chrono::milliseconds deadline = kDeadline);

  // The same without waiting: see Lanes::open() and what follows there. When the page is over,
  // append_page() gives its text.
  std::uint64_t open(const Selection& selection, Time end);
  void serve(std::uint64_t round) { lanes_.serve(round); }
  void when_through(std::function<void()> tell) { lanes_.when_through(std::move(tell)); }
  std::optional<Time> check(Time now) { return lanes_.check(now); }
  void hurry(Time end) { lanes_.hurry(end); }
  void append_page(std::string& text);

  // Collectors that hang: threads that never end may hold what this process has.
  std::size_t stuck() const { return lanes_.stuck(); }

 private:
  Scrape(const Options& options, std::shared_ptr<DeviceChanges> devices,
         std::vector<std::unique_ptr<Collector>> collectors);
  void write_outcomes();
  ForeignFamilies* foreign(std::size_t index);

  std::shared_ptr<DeviceChanges> devices_;
  Lanes lanes_;
  std::vector<Labels> labels_;                 // of each collector
  std::unique_ptr<ProcessCollector> process_;  // none where Options::process is off
  Exposition outcomes_;                        // what is said of the collectors themselves
  std::string page_;
  std::vector<Lanes::Outcome> last_;
  std::vector<std::string_view> names_;     // scratch of append_page()
  std::vector<std::string_view> repeated_;  // scratch of append_page()
  const Family duration_;
  const Family success_;
  const Family age_;
};

}  // namespace joist::collectors
