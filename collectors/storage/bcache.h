// What the block layer's caches (bcache) hold and did.
//
// Source: /sys/fs/bcache/<uuid>, its bdev<n> and cache<n> (Documentation/admin-guide/
//         bcache.rst). Numbers are for people: "1.5k", in powers of 1024, with a
//         fraction of which the tenths are 1/10.24 (drivers/md/bcache/util.c).
//         priority_stats costs the kernel a walk through all buckets: off as a rule.
// Emits:  node_bcache_*{uuid}, {backing_device,uuid}, {cache_device,uuid}
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// "1.5k", "-790.0k", "512": as a whole number, as node_exporter shows it.
std::optional<double> parse_human_number(std::string_view text);

// Of "key: value …" the value, without what follows it ("1.1M/sec" is 1.1M, "99%" is 99);
// empty if no line has the key.
std::string_view find_colon_value(std::string_view text, std::string_view key);

class BcacheCollector final : public Collector {
 public:
  static Made make(const Roots& roots, const Settings& settings);
  BcacheCollector(const Roots& roots, bool priority_stats);
  std::string_view name() const override { return "bcache"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Value {
    std::string_view key;
    SampleSheet::Place place;
  };
  // A file of lines "key: value".
  struct Report {
    ProcFile file;
    std::vector<Value> values;
  };

  void meet_caches();
  void meet_cache_set(const std::string& uuid);
  void meet_backing_device(const std::string& directory, const std::string& uuid,
                           const std::string& device);
  void meet_cache_device(const std::string& directory, const std::string& uuid,
                         const std::string& device);

  SysRoot sys_;
  bool priority_stats_;
  DeviceClass class_;
  AttributeSamples attributes_;
  std::vector<Report> reports_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
