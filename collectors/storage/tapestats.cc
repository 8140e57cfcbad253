#include "collectors/storage/tapestats.h"

#include <algorithm>
#include <string>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Counter;

std::optional<double> parse_nanoseconds(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value) return std::nullopt;
  return static_cast<double>(*value) / 1e9;
}

struct Row {
  std::string_view file;
  FamilyText family;
  AttributeSamples::Parse parse = parse_whole_number;
};

constexpr Row kRows[] = {
    {"in_flight",
     {"node_tape_io_now", "The number of I/Os currently outstanding to this device.",
      MetricType::Gauge}},
    {"io_ns",
     {"node_tape_io_time_seconds_total",
      "The amount of time spent waiting for all I/O to complete (including read and write). This "
      "includes tape movement commands such as seeking between file or set marks and implicit "
      "tape movement such as when rewind on close tape devices are used.",
      Counter},
     parse_nanoseconds},
    {"other_cnt",
     {"node_tape_io_others_total",
      "The number of I/Os issued to the tape drive other than read or write commands. The time "
      "taken to complete these commands uses the following calculation "
      "io_time_seconds_total-read_time_seconds_total-write_time_seconds_total",
      Counter}},
    {"read_byte_cnt",
     {"node_tape_read_bytes_total", "The number of bytes read from the tape drive.", Counter}},
    {"read_cnt",
     {"node_tape_reads_completed_total", "The number of read requests issued to the tape drive.",
      Counter}},
    {"read_ns",
     {"node_tape_read_time_seconds_total",
      "The amount of time spent waiting for read requests to complete.", Counter},
     parse_nanoseconds},
    {"resid_cnt",
     {"node_tape_residual_total",
      "The number of times during a read or write we found the residual amount to be non-zero. "
      "This should mean that a program is issuing a read larger thean the block size on tape. For "
      "write not all data made it to tape.",
      Counter}},
    {"write_byte_cnt",
     {"node_tape_written_bytes_total", "The number of bytes written to the tape drive.", Counter}},
    {"write_cnt",
     {"node_tape_writes_completed_total", "The number of write requests issued to the tape drive.",
      Counter}},
    {"write_ns",
     {"node_tape_write_time_seconds_total",
      "The amount of time spent waiting for write requests to complete.", Counter},
     parse_nanoseconds},
};

}  // namespace

bool is_tape_drive(std::string_view device) {
  if (!device.starts_with("st") || device.size() == 2) return false;
  return std::ranges::all_of(device.substr(2), [](char c) { return c >= '0' && c <= '9'; });
}

Made TapestatsCollector::make(const Roots& roots, const Settings& settings) {
  return std::make_unique<TapestatsCollector>(
      roots, settings.pattern("collector.tapestats.ignored-devices"));
}

TapestatsCollector::TapestatsCollector(const Roots& roots, NameFilter ignored)
    : sys_(roots.sys()),
      ignored_(std::move(ignored)),
      class_(roots.sys(), "/class/scsi_tape", roots.devices) {}

void TapestatsCollector::meet_drives() {
  attributes_.clear();
  sheet_.clear();
  for (const std::string& device : class_.names()) {
    if (!is_tape_drive(device) || ignored_.matches(device)) continue;
    const Labels labels{{"device", device}};
    for (const Row& row : kRows) {
      const std::string path = class_.directory() + "/" + device + "/stats/";
      attributes_.add(sys_, path + std::string(row.file), sheet_.add(row.family, labels),
                      row.parse);
    }
  }
}

Result<void> TapestatsCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) meet_drives();
  sheet_.blank();
  attributes_.read_into(sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
