// Which operating system this is, and until when it is supported.
//
// Source: /etc/os-release, else /usr/lib/os-release (os-release(5)) below the root file
//         system. Read again when devices change, at the latest every minute.
// Emits:  node_os_info{build_id,id,id_like,image_id,image_version,name,pretty_name,variant,
//         variant_id,version,version_codename,version_id} 1,
//         node_os_version{id,id_like,name}, node_os_support_end_timestamp_seconds  gauge
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/roots.h"

namespace joist::collectors {

// Assignments of a shell: NAME=value, NAME="value" with \" \\ \$ \`, NAME='value'.
// What is none is left out.
using Assignments = std::map<std::string, std::string, std::less<>>;
Assignments parse_os_release(std::string_view text);

// The major.minor at the beginning of VERSION_ID; nothing where there is no number.
std::optional<double> os_version(std::string_view version_id);

// Seconds since the epoch of a day, "2028-06-30", in UTC; nothing if it is none.
std::optional<std::int64_t> parse_day(std::string_view text);

class OsReleaseCollector final : public Collector {
 public:
  explicit OsReleaseCollector(const Roots& roots);
  std::string_view name() const override { return "os"; }
  Result<void> collect(Exposition& page) override;

 private:
  Result<void> refresh();
  void render(const Assignments& release);

  SysRoot root_;
  std::shared_ptr<const DeviceChanges> devices_;
  std::uint64_t seen_ = 0;
  bool found_ = false;
  std::string text_;  // what the labels were rendered from
  Labels info_labels_, version_labels_;
  std::optional<double> version_;
  std::optional<std::int64_t> support_end_seconds_;
  const Family info_, version_family_, support_end_;
};

}  // namespace joist::collectors
