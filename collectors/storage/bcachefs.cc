#include "collectors/storage/bcachefs.h"

#include <cmath>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

constexpr FamilyText kInfo{"node_bcachefs_info", "Filesystem information.", Gauge};
constexpr FamilyText kBtreeCache{"node_bcachefs_btree_cache_size_bytes",
                                 "Btree cache memory usage in bytes.", Gauge};
constexpr FamilyText kCompressed{"node_bcachefs_compression_compressed_bytes",
                                 "Compressed size by algorithm.", Gauge};
constexpr FamilyText kUncompressed{"node_bcachefs_compression_uncompressed_bytes",
                                   "Uncompressed size by algorithm.", Gauge};
constexpr FamilyText kErrors{"node_bcachefs_errors_total", "Error count by error type.", Counter};
constexpr FamilyText kWrites{"node_bcachefs_btree_writes_total", "Number of btree writes by type.",
                             Counter};
constexpr FamilyText kWriteSize{"node_bcachefs_btree_write_average_size_bytes",
                                "Average btree write size by type.", Gauge};
constexpr FamilyText kDeviceInfo{"node_bcachefs_device_info", "Device information.", Gauge};
constexpr FamilyText kBucketSize{"node_bcachefs_device_bucket_size_bytes", "Bucket size in bytes.",
                                 Gauge};
constexpr FamilyText kBuckets{"node_bcachefs_device_buckets", "Total number of buckets.", Gauge};
constexpr FamilyText kDurability{"node_bcachefs_device_durability", "Device durability setting.",
                                 Gauge};
constexpr FamilyText kIoDone{"node_bcachefs_device_io_done_bytes_total",
                             "IO bytes by operation type and data type.", Counter};
constexpr FamilyText kIoErrors{"node_bcachefs_device_io_errors_total", "IO errors by error type.",
                               Counter};

constexpr std::string_view kSinceCreation = "IO errors since filesystem creation";

std::string_view without_colon(std::string_view text) {
  if (text.ends_with(':')) text.remove_suffix(1);
  return text;
}

// "name : number"; false if the line is none.
bool split_at_colon(std::string_view text, BcachefsLine& line) {
  const auto colon = text.find(':');
  if (colon == text.npos) return false;
  line.name = trimmed(text.substr(0, colon));
  line.first = trimmed(text.substr(colon + 1));
  line.second = {};
  return !line.name.empty() && !line.first.empty();
}

bool split_at_blanks(std::string_view text, BcachefsLine& line) {
  Fields fields(text);
  line.name = without_colon(fields.next());
  line.first = fields.next();
  line.second = fields.next();
  return !line.name.empty() && !line.first.empty();
}

std::string family_name(std::string_view counter) {
  std::string name = "node_bcachefs_";
  for (const char c : counter) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == ':';
    name += allowed ? c : '_';
  }
  return name + "_total";
}

}  // namespace

std::optional<double> parse_bcachefs_size(std::string_view text) {
  constexpr std::string_view kUnits = "kmgtpe";
  if (text.empty()) return std::nullopt;
  double unit = 1;
  const char last = text.back();
  const char lower = last >= 'A' && last <= 'Z' ? static_cast<char>(last - 'A' + 'a') : last;
  if (const auto power = kUnits.find(lower); power != kUnits.npos) {
    unit = std::ldexp(1.0, 10 * static_cast<int>(power + 1));
    text.remove_suffix(1);
  }
  const auto value = parse_number<double>(trimmed(text));
  if (!value || !std::isfinite(*value) || *value < 0) return std::nullopt;
  return std::trunc(*value * unit);
}

std::optional<double> parse_bcachefs_counter(std::string_view text) {
  constexpr std::string_view kKey = "since filesystem creation:";
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with(kKey)) return parse_bcachefs_size(trimmed(line.substr(kKey.size())));
  }
  return std::nullopt;
}

BcachefsLines::BcachefsLines(std::string_view text, BcachefsReport report)
    : rest_(text), report_(report) {}

bool BcachefsLines::next(BcachefsLine& line) {
  while (!rest_.empty()) {
    const auto end = rest_.find('\n');
    const std::string_view text = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    line.section = {};
    switch (report_) {
      case BcachefsReport::Table:
        if (!std::exchange(begun_, true)) continue;
        if (split_at_blanks(text, line) && !line.second.empty()) return true;
        break;
      case BcachefsReport::Errors:
        if (split_at_blanks(text, line)) return true;
        break;
      case BcachefsReport::IoDone:
        if (text == "read:" || text == "write:") {
          section_ = without_colon(text);
        } else if (!section_.empty() && split_at_colon(text, line)) {
          line.section = section_;
          return true;
        }
        break;
      case BcachefsReport::IoErrors:
        if (text.starts_with("IO errors since ")) begun_ = text.starts_with(kSinceCreation);
        if (begun_ && split_at_colon(text, line)) return true;
        break;
    }
  }
  return false;
}

BcachefsCollector::BcachefsCollector(const Roots& roots)
    : sys_(roots.sys()), class_(roots.sys(), "/fs/bcachefs", roots.devices) {}

void BcachefsCollector::meet_filesystems() {
  attributes_.clear();
  reports_.clear();
  devices_.clear();
  constants_.clear();
  sheet_.clear();
  for (const std::string& uuid : class_.names()) meet(uuid);
}

void BcachefsCollector::meet(const std::string& uuid) {
  const std::string directory = class_.directory() + "/" + uuid + "/";
  const auto entries = sys_.list(directory);
  if (!entries) return;  // a file, or unmounted
  constants_.push_back({sheet_.add(kInfo, Labels{{"uuid", uuid}}), 1});
  add_attribute(directory + "btree_cache_size", sheet_.add(kBtreeCache, Labels{{"uuid", uuid}}),
                parse_bcachefs_size);
  add_report(directory + "compression_stats", BcachefsReport::Table,
             [this, uuid](const BcachefsLine& line) {
               const Labels labels{{"algorithm", line.name}, {"uuid", uuid}};
               return Numbers{sheet_.add(kCompressed, labels), sheet_.add(kUncompressed, labels)};
             });
  add_report(directory + "btree_write_stats", BcachefsReport::Table,
             [this, uuid](const BcachefsLine& line) {
               const Labels labels{{"type", line.name}, {"uuid", uuid}};
               return Numbers{sheet_.add(kWrites, labels), sheet_.add(kWriteSize, labels)};
             });
  add_report(directory + "errors", BcachefsReport::Errors, [this, uuid](const BcachefsLine& line) {
    return Numbers{sheet_.add(kErrors, Labels{{"error_type", line.name}, {"uuid", uuid}}), {}};
  });
  const auto counters = sys_.list(directory + "counters").value_or(std::vector<std::string>{});
  for (const std::string& counter : counters) {
    const std::string family = family_name(counter);
    const std::string help = "Bcachefs counter " + counter + " since filesystem creation.";
    attributes_.add(sys_, directory + "counters/" + counter,
                    sheet_.add({family, help, Counter}, Labels{{"uuid", uuid}}),
                    parse_bcachefs_counter);
  }
  for (const std::string& entry : *entries) {
    if (entry.starts_with("dev-")) meet_device(directory + entry + "/", uuid, entry.substr(4));
  }
}

void BcachefsCollector::meet_device(const std::string& directory, const std::string& uuid,
                                    const std::string& device) {
  const Labels labels{{"device", device}, {"uuid", uuid}};
  add_attribute(directory + "bucket_size", sheet_.add(kBucketSize, labels), parse_bcachefs_size);
  add_attribute(directory + "nbuckets", sheet_.add(kBuckets, labels), parse_whole_number);
  add_attribute(directory + "durability", sheet_.add(kDurability, labels), parse_whole_number);
  add_report(directory + "io_done", BcachefsReport::IoDone,
             [this, uuid, device](const BcachefsLine& line) {
               return Numbers{sheet_.add(kIoDone, Labels{{"data_type", line.name},
                                                         {"device", device},
                                                         {"operation", line.section},
                                                         {"uuid", uuid}}),
                              {}};
             });
  add_report(
      directory + "io_errors", BcachefsReport::IoErrors,
      [this, uuid, device](const BcachefsLine& line) {
        return Numbers{
            sheet_.add(kIoErrors, Labels{{"device", device}, {"type", line.name}, {"uuid", uuid}}),
            {}};
      });
  Device made{uuid, device, sys_.read_line(directory + "label").value_or(""), std::nullopt, {}};
  ProcFile state(sys_, directory + "state", ProcFile::Shape::Whole, 64);
  if (state.read()) made.state = std::move(state);
  lay_out(made);
  devices_.push_back(std::move(made));
}

void BcachefsCollector::lay_out(Device& device) {
  device.info = sheet_.add(kDeviceInfo, Labels{{"device", device.name},
                                               {"label", device.label},
                                               {"state", device.known_state},
                                               {"uuid", device.uuid}});
}

void BcachefsCollector::add_report(const std::string& path, BcachefsReport kind,
                                   std::function<Numbers(const BcachefsLine&)> lay_out) {
  ProcFile file(sys_, path, ProcFile::Shape::Whole, 1024);
  if (file.read()) reports_.push_back({std::move(file), kind, std::move(lay_out), {}});
}

void BcachefsCollector::add_attribute(const std::string& path, SampleSheet::Place place,
                                      AttributeSamples::Parse parse) {
  if (!attributes_.add(sys_, path, place, parse)) constants_.push_back({place, 0});
}

void BcachefsCollector::read(Report& report) {
  const auto text = report.file.read();
  if (!text) return;  // unmounted
  report.entries.restart();
  BcachefsLines lines(*text, report.kind);
  for (BcachefsLine line; lines.next(line);) {
    key_.assign(line.section).append(":").append(line.name);
    const Entry* const entry = report.entries.next(key_, [&] {
      return Entry{key_, report.lay_out(line)};
    });
    const auto first = parse_bcachefs_size(line.first);
    const auto second = parse_bcachefs_size(line.second);
    const bool understood = first && (second || !entry || !entry->numbers.second);
    if (entry == nullptr || !understood) {
      malformed_.report(report.file.path(), line.name);
      continue;
    }
    if (entry->numbers.first) sheet_.set(*entry->numbers.first, *first);
    if (entry->numbers.second) sheet_.set(*entry->numbers.second, *second);
  }
  report.entries.finish();
}

void BcachefsCollector::read(Device& device) {
  if (device.state) {
    const auto text = device.state->read();
    if (!text) return;  // unmounted
    const std::string_view state = trimmed(*text);
    if (state != device.known_state) {
      device.known_state = state;
      lay_out(device);
    }
  }
  sheet_.set(device.info, 1);
}

Result<void> BcachefsCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) meet_filesystems();
  if (constants_.empty()) return fail(ErrorCode::NotFound, "none mounted");

  sheet_.blank();
  for (const Constant& constant : constants_) sheet_.set(constant.place, constant.value);
  attributes_.read_into(sheet_, malformed_);
  for (Report& report : reports_) read(report);
  for (Device& device : devices_) read(device);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
