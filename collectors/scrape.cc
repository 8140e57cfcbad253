#include "collectors/scrape.h"

#include <algorithm>
#include <utility>

#include "collectors/collector_list.h"
#include "collectors/foreign_families.h"
#include "collectors/network/link_table.h"
#include "collectors/shared_file.h"

namespace joist::collectors {

Result<std::unique_ptr<Scrape>> Scrape::make(const Roots& roots, const Options& options) {
  Roots host = roots;
  if (!host.devices) host.devices = std::make_shared<DeviceChanges>(host.sysfs);
  if (!host.links) host.links = std::make_shared<LinkTable>(host.devices);
  if (!host.files) host.files = std::make_shared<SharedFiles>();
  auto collectors = make_collectors(host, options);
  if (!collectors) return tl::unexpected<Error>(collectors.error());
  return std::unique_ptr<Scrape>(
      new Scrape(options, std::move(host.devices), std::move(*collectors)));
}

Scrape::Scrape(const Options& options, std::shared_ptr<DeviceChanges> devices,
               std::vector<std::unique_ptr<Collector>> collectors)
    : devices_(std::move(devices)),
      lanes_(std::move(collectors)),
      duration_("node_scrape_collector_duration_seconds",
                "node_exporter: Duration of a collector scrape.", MetricType::Gauge),
      success_("node_scrape_collector_success", "node_exporter: Whether a collector succeeded.",
               MetricType::Gauge),
      age_("joist_collector_age_seconds",
           "How long ago the figures were read, of collectors that have a pace of their own.",
           MetricType::Gauge) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    labels_.push_back(Labels{{"collector", lanes_.collector(i).name()}});
  }
  if (options.process) process_ = std::make_unique<ProcessCollector>(devices_);
}

Result<Scrape::Selection> Scrape::select(const std::vector<std::string>& collect,
                                         const std::vector<std::string>& exclude) const {
  if (collect.empty() && exclude.empty()) return Selection();
  if (!collect.empty() && !exclude.empty()) {
    return fail(ErrorCode::Malformed, "Combined collect and exclude queries are not allowed.");
  }
  Selection selection(lanes_.size(), collect.empty());
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const bool excluded = std::ranges::find(exclude, lanes_.collector(i).name()) != exclude.end();
    if (excluded) selection[i] = false;
  }
  for (const std::string& name : collect) {
    std::size_t at = 0;
    while (at < lanes_.size() && lanes_.collector(at).name() != name) ++at;
    if (at == lanes_.size()) {
      const bool known = std::ranges::binary_search(collector_names(), std::string_view(name));
      return fail(ErrorCode::Malformed,
                  (known ? "disabled collector: " : "missing collector: ") + name);
    }
    selection[at] = true;
  }
  return selection;
}

std::string_view Scrape::page(std::chrono::milliseconds deadline) {
  open({}, std::chrono::steady_clock::now() + deadline);
  lanes_.start();
  lanes_.wait();
  page_.clear();
  append_page(page_);
  return page_;
}

std::uint64_t Scrape::open(const Selection& selection, Time end) {
  if (devices_) devices_->poll();
  return lanes_.open(selection, end);
}

void Scrape::append_page(std::string& text) {
  lanes_.outcomes(last_);
  const std::size_t start = text.size();
  for (std::size_t i = 0; i < last_.size(); ++i) {
    if (foreign(i) == nullptr) text.append(last_[i].text);
  }
  write_outcomes();
  text.append(outcomes_.text());

  for (std::size_t i = 0; i < last_.size(); ++i) {
    ForeignFamilies* const families = foreign(i);
    if (families == nullptr) continue;
    const std::string_view theirs = last_[i].text;
    find_repeated(std::string_view(text).substr(start), theirs, names_, repeated_);
    append_foreign(text, theirs, repeated_);
    for (const std::string_view name : repeated_) families->leave_out(name);
  }
}

// Null also for one that did not answer: it may still run.
ForeignFamilies* Scrape::foreign(std::size_t index) {
  return last_[index].succeeded ? lanes_.collector(index).foreign_families() : nullptr;
}

void Scrape::write_outcomes() {
  outcomes_.clear();
  const auto each = [&](const Family& family, auto write) {
    outcomes_.begin(family);
    for (std::size_t i = 0; i < last_.size(); ++i) {
      if (last_[i].asked) write(labels_[i], lanes_.collector(i), last_[i]);
    }
  };
  each(age_, [&](const Labels& labels, const Collector& collector, const Lanes::Outcome&) {
    if (const auto age = collector.age()) outcomes_.sample(labels, age->count());
  });
  each(duration_, [&](const Labels& labels, const Collector&, const Lanes::Outcome& outcome) {
    outcomes_.sample(labels, outcome.duration_seconds);
  });
  each(success_, [&](const Labels& labels, const Collector&, const Lanes::Outcome& outcome) {
    outcomes_.sample(labels, outcome.succeeded ? 1U : 0U);
  });

  if (!process_) return;
  const std::size_t before = outcomes_.text().size();
  // As the client libraries: left out where it fails.
  if (!process_->collect(outcomes_)) outcomes_.rewind(before);
}

}  // namespace joist::collectors
