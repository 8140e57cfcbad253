#include "collectors/collector_list.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace joist::collectors {
namespace {

constexpr Area (*kAreas[])() = {cpu_area,     hardware_area, kernel_area,  memory_area,
                                network_area, storage_area,  textfile_area};

bool names(const std::vector<std::string>& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

Result<void> check_names(const std::vector<std::string>& list) {
  for (const std::string& name : list) {
    if (std::ranges::binary_search(collector_names(), std::string_view(name))) continue;
    Error error{ErrorCode::Malformed, "no collector is called \""};
    error.message.append(name).append("\"; there are:");
    for (const std::string_view known : collector_names()) error.message.append(" ").append(known);
    return tl::unexpected<Error>(std::move(error));
  }
  return {};
}

}  // namespace

const std::vector<Source>& sources() {
  static const std::vector<Source> all = [] {
    std::vector<Source> joined;
    for (const auto area : kAreas) std::ranges::copy(area().sources, std::back_inserter(joined));
    std::ranges::sort(joined, {}, &Source::name);
    return joined;
  }();
  return all;
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> joined;
    for (const auto area : kAreas) std::ranges::copy(area().settings, std::back_inserter(joined));
    std::ranges::sort(joined, {}, &Setting::name);
    return joined;
  }();
  return all;
}

const std::vector<std::string_view>& collector_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    std::ranges::transform(sources(), std::back_inserter(all), &Source::name);
    return all;
  }();
  return names;
}

Result<std::vector<std::unique_ptr<Collector>>> make_collectors(const Roots& roots,
                                                                const Options& options) {
  for (const auto* list : {&options.disabled, &options.enabled}) {
    if (auto known = check_names(*list); !known) return tl::unexpected<Error>(known.error());
  }

  std::vector<std::unique_ptr<Collector>> collectors;
  for (const Source& source : sources()) {
    const bool standard = options.defaults && source.standard == Source::Standard::On;
    const bool on = standard || names(options.enabled, source.name);
    if (!on || names(options.disabled, source.name)) continue;
    auto collector = source.make(roots, options.settings);
    if (!collector) return tl::unexpected<Error>(collector.error());
    if (source.every > std::chrono::seconds(0)) {
      *collector = std::make_unique<OwnPace>(std::move(*collector), source.every, source.paced);
    }
    collectors.push_back(std::move(*collector));
  }
  return collectors;
}

}  // namespace joist::collectors
