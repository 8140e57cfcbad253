#include "collectors/scrape.h"

#include <chrono>
#include <string>
#include <utility>

#include "base/log.h"
#include "collectors/collector_list.h"

namespace joist::collectors {
namespace {

// The host has what it had at the last scrape, or it never had it: neither is news.
void log_change(std::string_view collector, bool& failing, const Result<void>& outcome) {
  const bool fails = !outcome && outcome.error().code != ErrorCode::NotFound;
  if (fails && !failing) {
    log(Priority::Warning, "metrics: a collector fails; its families are missing from the page",
        outcome.error(), {{"collector", std::string(collector)}});
  } else if (!fails && failing) {
    log(Priority::Notice, "metrics: a collector works again",
        {{"collector", std::string(collector)}});
  }
  failing = fails;
}

}  // namespace

Result<std::unique_ptr<Scrape>> Scrape::make(const Roots& roots, const Options& options) {
  Roots host = roots;
  if (!host.devices) host.devices = std::make_shared<DeviceChanges>();
  auto collectors = make_collectors(host, options);
  if (!collectors) return tl::unexpected<Error>(collectors.error());
  return std::unique_ptr<Scrape>(
      new Scrape(options, std::move(host.devices), std::move(*collectors)));
}

Scrape::Scrape(const Options& options, std::shared_ptr<DeviceChanges> devices,
               std::vector<std::unique_ptr<Collector>> collectors)
    : devices_(std::move(devices)),
      duration_("node_scrape_collector_duration_seconds",
                "node_exporter: Duration of a collector scrape.", MetricType::Gauge),
      success_("node_scrape_collector_success", "node_exporter: Whether a collector succeeded.",
               MetricType::Gauge) {
  for (auto& collector : collectors) {
    Labels labels{{"collector", collector->name()}};
    sources_.push_back({std::move(collector), std::move(labels)});
  }
  if (options.process) process_ = std::make_unique<ProcessCollector>();
}

std::string_view Scrape::page() {
  page_.clear();
  if (devices_) devices_->poll();
  for (Running& source : sources_) run(source);

  page_.begin(duration_);
  for (const Running& source : sources_) page_.sample(source.labels, source.duration_seconds);
  page_.begin(success_);
  for (const Running& source : sources_) page_.sample(source.labels, source.succeeded ? 1U : 0U);

  if (process_) {
    const std::size_t before = page_.text().size();
    if (!process_->collect(page_)) page_.rewind(before);  // as the client libraries: left out
  }
  return page_.text();
}

void Scrape::run(Running& source) {
  const auto start = std::chrono::steady_clock::now();
  const std::size_t before = page_.text().size();
  const auto outcome = source.collector->collect(page_);
  if (!outcome) page_.rewind(before);

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  source.duration_seconds = took.count();
  source.succeeded = outcome.has_value();
  log_change(source.collector->name(), source.failing, outcome);
}

}  // namespace joist::collectors
