// What the mounted bcachefs file systems did, and how their devices fare.
//
// Source: /sys/fs/bcachefs/<uuid> (fs/bcachefs/sysfs.c): btree_cache_size,
//         compression_stats, errors, counters/*, btree_write_stats, and of each dev-<n>
//         label, state, bucket_size, nbuckets, durability, io_done, io_errors. Sizes are
//         for people: "1.5G", in powers of 1024.
// Emits:  node_bcachefs_<counter>_total{uuid}, one family a counter,
//         node_bcachefs_errors_total{error_type,uuid}, _btree_writes_total{type,uuid},
//         _device_io_done_bytes_total{data_type,device,operation,uuid},
//         _device_io_errors_total{device,type,uuid}  counter;
//         node_bcachefs_info{uuid} 1, _btree_cache_size_bytes{uuid},
//         _compression_{compressed,uncompressed}_bytes{algorithm,uuid},
//         _btree_write_average_size_bytes{type,uuid},
//         _device_info{device,label,state,uuid} 1,
//         _device_{bucket_size_bytes,buckets,durability}{device,uuid}  gauge
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// "449G", "60.4k", "354": in bytes, whole ones.
std::optional<double> parse_bcachefs_size(std::string_view text);

// Of a file in counters/, the number since the file system was made.
std::optional<double> parse_bcachefs_counter(std::string_view text);

// A line of a report: what it is about, within which section, and its numbers as text.
struct BcachefsLine {
  std::string_view section;  // io_done: "read" or "write"; else empty
  std::string_view name;
  std::string_view first;
  std::string_view second;  // empty where there is one number only
};

enum class BcachefsReport {
  Table,     // a head line, then "name: number number …": compression_stats, btree_write_stats
  Errors,    // "name number timestamp"
  IoDone,    // "read:" or "write:", then "name : number"
  IoErrors,  // "IO errors since filesystem creation", then "name: number", then since when else
};

// Cuts a report into lines; what is none is passed over.
class BcachefsLines {
 public:
  BcachefsLines(std::string_view text, BcachefsReport report);
  bool next(BcachefsLine& line);

 private:
  std::string_view rest_;
  BcachefsReport report_;
  bool begun_ = false;
  std::string_view section_;
};

class BcachefsCollector final : public Collector {
 public:
  explicit BcachefsCollector(const Roots& roots);
  std::string_view name() const override { return "bcachefs"; }
  Result<void> collect(Exposition& page) override;

 private:
  // How a report's numbers are shown.
  struct Numbers {
    std::optional<SampleSheet::Place> first;
    std::optional<SampleSheet::Place> second;
  };
  struct Entry {
    std::string key;  // section and name
    Numbers numbers;
  };
  struct Report {
    ProcFile file;
    BcachefsReport kind;
    std::function<Numbers(const BcachefsLine&)> lay_out;
    Listing<Entry> entries;
  };
  struct Device {
    std::string uuid;
    std::string name;
    std::string label;
    std::optional<ProcFile> state;
    std::string known_state;  // that `info` was made for
    SampleSheet::Place info = 0;
  };
  struct Constant {
    SampleSheet::Place place;
    double value;
  };

  void meet_filesystems();
  void meet(const std::string& uuid);
  void meet_device(const std::string& directory, const std::string& uuid,
                   const std::string& device);
  void add_report(const std::string& path, BcachefsReport kind,
                  std::function<Numbers(const BcachefsLine&)> lay_out);
  // Shown as 0 where the attribute is not there, as node_exporter does.
  void add_attribute(const std::string& path, SampleSheet::Place place,
                     AttributeSamples::Parse parse);
  void read(Report& report);
  void read(Device& device);
  void lay_out(Device& device);

  SysRoot sys_;
  DeviceClass class_;
  AttributeSamples attributes_;
  std::vector<Report> reports_;
  std::vector<Device> devices_;
  std::vector<Constant> constants_;
  std::string key_;  // kept, so that looking a line up allocates nothing
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
