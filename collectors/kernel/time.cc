#include "collectors/kernel/time.h"

#include <sys/time.h>
#include <time.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kDirectory = "devices/system/clocksource";
constexpr std::string_view kPrefix = "clocksource";

}  // namespace

TimeCollector::TimeCollector(const Roots& roots)
    : sys_(roots.sys()),
      look_(roots.devices),
      now_("node_time_seconds", "System time in seconds since epoch (1970).", MetricType::Gauge),
      zone_offset_("node_time_zone_offset_seconds", "System time zone offset in seconds.",
                   MetricType::Gauge),
      available_("node_time_clocksource_available_info",
                 "Available clocksources read from '/sys/devices/system/clocksource'.",
                 MetricType::Gauge),
      current_("node_time_clocksource_current_info",
               "Current clocksource read from '/sys/devices/system/clocksource'.",
               MetricType::Gauge) {}

void TimeCollector::find_devices() {
  devices_.emplace();
  const auto names = sys_.list(kDirectory);
  if (!names) return;  // an architecture without clocksources in sysfs
  for (const std::string& name : *names) {
    const bool ours = name.starts_with(kPrefix) && name.size() > kPrefix.size();
    if (!ours) continue;
    const std::string directory = std::string(kDirectory) + "/" + name;
    const auto file = [&](const char* attribute) {
      return ProcFile(sys_, directory + attribute, ProcFile::Shape::Whole, 256);
    };
    devices_->push_back({name.substr(kPrefix.size()),
                         {file("/available_clocksource"), {}, {}},
                         {file("/current_clocksource"), {}, {}}});
  }
}

Result<void> TimeCollector::refresh(Words& words, const std::string& device) const {
  const auto text = words.file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  if (*text == words.text) return {};

  words.text = *text;
  words.labels.clear();
  Fields fields(words.text);
  for (auto word = fields.next(); !word.empty(); word = fields.next()) {
    words.labels.push_back(Labels{{"clocksource", word}, {"device", device}});
  }
  return {};
}

Result<void> TimeCollector::collect(Exposition& page) {
  if (!devices_) find_devices();
  // They change with drivers, or when the current one is found unfit.
  if (look_.is_due()) {
    for (Device& device : *devices_) {
      if (auto fresh = refresh(device.available, device.number); !fresh) return fresh;
      if (auto fresh = refresh(device.current, device.number); !fresh) return fresh;
    }
    look_.done();
  }

  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  ::localtime_r(&now.tv_sec, &local);
  if (zone_ != local.tm_zone || zone_labels_.text().empty()) {
    zone_ = local.tm_zone;
    zone_labels_ = Labels{{"time_zone", zone_}};
  }

  page.begin(now_);
  page.sample(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9);
  page.begin(zone_offset_);
  page.sample(zone_labels_, local.tm_gmtoff);
  page.begin(available_);
  for (const Device& device : *devices_) {
    for (const Labels& labels : device.available.labels) page.sample(labels, 1U);
  }
  page.begin(current_);
  for (const Device& device : *devices_) {
    for (const Labels& labels : device.current.labels) page.sample(labels, 1U);
  }
  return {};
}

}  // namespace joist::collectors
