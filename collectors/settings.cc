#include "collectors/settings.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

#include "base/closest_word.h"
#include "base/value_text.h"
#include "collectors/collector_list.h"

namespace joist::collectors {
namespace {

const Setting* find(std::string_view name) {
  const auto& all = settings();
  const auto found = std::ranges::lower_bound(all, name, {}, &Setting::name);
  return found != all.end() && found->name == name ? &*found : nullptr;
}

const Setting& known(std::string_view name) {
  const Setting* const setting = find(name);
  assert(setting != nullptr);
  return *setting;
}

Result<void> refuse_unknown(std::string_view name) {
  std::vector<std::string> names;
  for (const Setting& setting : settings()) names.emplace_back(setting.name);
  std::string message = "no collector has a setting \"" + std::string(name) + "\"";
  if (const auto near = closest_word(name, names)) message += "; did you mean " + *near + "?";
  return fail(ErrorCode::Malformed, message);
}

Result<void> check(const Setting& setting, std::string_view value) {
  const std::string text(value);
  const auto what = [&] { return std::string(setting.name) + ": "; };
  switch (setting.kind) {
    case Setting::Kind::Text:
    case Setting::Kind::List:
      return {};
    case Setting::Kind::Pattern:
      if (auto made = NameFilter::make(setting.name, text); !made) {
        return tl::unexpected<Error>(made.error());
      }
      return {};
    case Setting::Kind::Switch:
      if (value == "true" || value == "false") return {};
      return fail(ErrorCode::Malformed, what() + "\"" + text + "\", expected true or false");
    case Setting::Kind::Duration: {
      const auto duration = parse_duration(value);
      if (!duration) return fail(duration.error(), std::string(setting.name));
      if (google::protobuf::util::TimeUtil::DurationToMilliseconds(*duration) > 0) return {};
      return fail(ErrorCode::Malformed, what() + "\"" + text + "\", expected at least 1ms");
    }
  }
  return {};
}

}  // namespace

bool is_switch(std::string_view name) {
  const Setting* const setting = find(name);
  return setting != nullptr && setting->kind == Setting::Kind::Switch;
}

Result<void> Settings::set(std::string_view name, std::string_view value) {
  const Setting* const setting = find(name);
  if (setting == nullptr) return refuse_unknown(name);
  if (auto good = check(*setting, value); !good) return good;
  auto& values = values_[std::string(name)];
  if (setting->kind != Setting::Kind::List) values.clear();
  values.emplace_back(value);
  return {};
}

std::string_view Settings::text(std::string_view name) const {
  const auto set = values_.find(name);
  return set == values_.end() ? known(name).standard : std::string_view(set->second.back());
}

bool Settings::is_on(std::string_view name) const { return text(name) == "true"; }

std::chrono::milliseconds Settings::duration(std::string_view name) const {
  const auto parsed = parse_duration(text(name));  // checked when it was set
  assert(parsed);
  return std::chrono::milliseconds(
      google::protobuf::util::TimeUtil::DurationToMilliseconds(*parsed));
}

std::vector<std::string> Settings::list(std::string_view name) const {
  assert(known(name).kind == Setting::Kind::List);
  if (const auto set = values_.find(name); set != values_.end()) return set->second;
  const std::string_view standard = known(name).standard;
  return standard.empty() ? std::vector<std::string>{} : std::vector{std::string(standard)};
}

bool Settings::is_set(std::string_view name) const { return values_.contains(name); }

NameFilter Settings::pattern(std::string_view name) const {
  auto made = NameFilter::make(name, std::string(text(name)));  // checked when it was set
  assert(made);
  return std::move(*made);
}

Result<DeviceFilter> Settings::devices(std::string_view stem) const {
  const std::string include = std::string(stem) + "-include";
  const std::string exclude = std::string(stem) + "-exclude";
  const bool includes = !text(include).empty();
  if (!includes) return DeviceFilter(pattern(include), pattern(exclude));
  const auto set = values_.find(exclude);
  if (set != values_.end() && !set->second.back().empty()) {
    return fail(ErrorCode::Malformed,
                include + " and " + exclude + " contradict each other: give one");
  }
  return DeviceFilter(pattern(include), *NameFilter::make(exclude, ""));
}

}  // namespace joist::collectors
