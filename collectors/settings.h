// What a person may set about a collector, under the names of node_exporter's
// flags without their dashes: "collector.netdev.device-exclude". The standard
// values are those of Debian 12's node_exporter 1.5.0 unless a row says otherwise.
// Filters are RE2 expressions; what they match anywhere is matched.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/device_filter.h"
#include "collectors/name_filter.h"

namespace joist::collectors {

struct Setting {
  enum class Kind {
    Text,      // anything
    Pattern,   // an RE2 expression; empty: matches nothing
    Switch,    // "true" or "false"
    Duration,  // Go's: "500ms", "1.5s", "2m"
    List,      // text that may be given several times
  };

  std::string_view name;
  Kind kind;
  std::string_view standard;
  std::string_view help;
};

// Whether a flag of this name needs no value: "collector.stat.softirq" alone says true,
// "no-collector.stat.softirq" false.
bool is_switch(std::string_view name);

class Settings {
 public:
  // Malformed if no collector has such a setting (the message names the nearest),
  // or if the value is none of its kind. A later value replaces an earlier one, or joins
  // it where the kind is List.
  Result<void> set(std::string_view name, std::string_view value);

  // What was set, or the standard value. `name` is one of settings(): asking for
  // another is a mistake of the program.
  std::string_view text(std::string_view name) const;
  bool is_on(std::string_view name) const;
  std::chrono::milliseconds duration(std::string_view name) const;
  std::vector<std::string> list(std::string_view name) const;
  NameFilter pattern(std::string_view name) const;

  // Whether somebody chose a value, be it the standard one.
  bool is_set(std::string_view name) const;

  // The filter of "<stem>-include" and "<stem>-exclude". Malformed if both were
  // set: node_exporter takes one of them.
  Result<DeviceFilter> devices(std::string_view stem) const;

  bool operator==(const Settings&) const = default;

 private:
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace joist::collectors
