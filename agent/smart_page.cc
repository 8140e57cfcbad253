#include "agent/smart_page.h"

#include <algorithm>
#include <array>
#include <optional>

#include "collectors/foreign_families.h"
#include "disk/health_judge.h"

namespace joist::agent {
namespace {

using collectors::FamilyText;
using collectors::Labels;
using collectors::SampleSheet;

using collectors::MetricType::Counter;
using collectors::MetricType::Gauge;

constexpr double kDataUnitBytes = 512'000;
constexpr double kGigabyte = 1e9;

constexpr FamilyText kVersion{"smartctl_version", "Which smartctl answered; the value is always 1.",
                              Gauge};
constexpr FamilyText kDevices{"smartctl_devices", "Disks that told their health.", Gauge};
constexpr FamilyText kDevice{"smartctl_device", "What the disk is; the value is always 1.", Gauge};
constexpr FamilyText kExitStatus{"smartctl_device_smartctl_exit_status",
                                 "How smartctl ended for the disk: bits, smartctl(8).", Gauge};
constexpr FamilyText kCapacityBlocks{"smartctl_device_capacity_blocks",
                                     "Capacity in logical blocks.", Gauge};
constexpr FamilyText kCapacityBytes{"smartctl_device_capacity_bytes", "Capacity in bytes.", Gauge};
constexpr FamilyText kNvmeCapacity{"smartctl_device_nvme_capacity_bytes",
                                   "Capacity of all namespaces in bytes.", Gauge};
constexpr FamilyText kBlockSize{"smartctl_device_block_size", "Size of a block in bytes.", Gauge};
constexpr FamilyText kSpeed{"smartctl_device_interface_speed", "Speed of the link, bits a second.",
                            Gauge};
constexpr FamilyText kAttribute{"smartctl_device_attribute",
                                "ATA SMART attributes: normalised, worst, threshold and raw.",
                                Gauge};
constexpr FamilyText kPowerOn{"smartctl_device_power_on_seconds", "Time under power, ever.",
                              Counter};
constexpr FamilyText kRotation{"smartctl_device_rotation_rate", "Rotations a minute.", Gauge};
constexpr FamilyText kTemperature{"smartctl_device_temperature",
                                  "Temperatures and their limits in degrees Celsius.", Gauge};
constexpr FamilyText kPowerCycles{"smartctl_device_power_cycle_count", "Times switched on, ever.",
                                  Counter};
constexpr FamilyText kUsed{"smartctl_device_percentage_used",
                           "Of the writes the disk was made for, in percent; may pass 100.",
                           Counter};
constexpr FamilyText kSpare{"smartctl_device_available_spare", "Spare capacity left, in percent.",
                            Counter};
constexpr FamilyText kSpareThreshold{"smartctl_device_available_spare_threshold",
                                     "Spare capacity below which the disk warns, in percent.",
                                     Counter};
constexpr FamilyText kWarning{"smartctl_device_critical_warning",
                              "NVMe critical warnings of the controller: bits.", Counter};
constexpr FamilyText kMediaErrors{"smartctl_device_media_errors",
                                  "Errors in data that the controller could not correct, ever.",
                                  Counter};
constexpr FamilyText kLogEntries{"smartctl_device_num_err_log_entries",
                                 "Entries of the error log, ever.", Counter};
constexpr FamilyText kBytesRead{"smartctl_device_bytes_read", "Bytes read, ever.", Counter};
constexpr FamilyText kBytesWritten{"smartctl_device_bytes_written", "Bytes written, ever.",
                                   Counter};
constexpr FamilyText kStatus{"smartctl_device_smart_status",
                             "The disk's own verdict: 1 as long as it does not expect to fail.",
                             Gauge};
constexpr FamilyText kState{"smartctl_device_state",
                            "What the disk is at: 0 active, 1 standby, 2 sleep, 3 self-test, 4 "
                            "offline tests, 5 an SCT command.",
                            Gauge};
constexpr FamilyText kStatistics{"smartctl_device_statistics",
                                 "ATA device statistics and SATA link events.", Gauge};
constexpr FamilyText kErrorLog{"smartctl_device_error_log_count", "Errors that were logged, ever.",
                               Gauge};
constexpr FamilyText kSelfTests{"smartctl_device_self_test_log_count", "Self-tests in the log.",
                                Gauge};
constexpr FamilyText kSelfTestErrors{"smartctl_device_self_test_log_error_count",
                                     "Self-tests in the log that failed.", Gauge};
constexpr FamilyText kRecovery{"smartctl_device_erc_seconds",
                               "Time after which the disk gives up on a sector.", Gauge};
constexpr FamilyText kGrownDefects{"smartctl_scsi_grown_defect_list", "Sectors replaced, ever.",
                                   Gauge};

class DiskSheet {
 public:
  DiskSheet(SampleSheet& sheet, const std::string& device) : sheet_(sheet), device_(device) {}

  void set(const FamilyText& family, double value) {
    sheet_.set(sheet_.add(family, Labels{{"device", device_}}), value);
  }
  // `label` sorts behind "device", or in front of it.
  void set(const FamilyText& family, std::string_view label, std::string_view is, double value) {
    const bool front = label < "device";
    const Labels labels =
        front ? Labels{{label, is}, {"device", device_}} : Labels{{"device", device_}, {label, is}};
    sheet_.set(sheet_.add(family, labels), value);
  }
  void set(const FamilyText& family, const Labels& labels, double value) {
    sheet_.set(sheet_.add(family, labels), value);
  }
  const std::string& device() const { return device_; }

 private:
  SampleSheet& sheet_;
  const std::string& device_;
};

template <typename Numbers>
std::string dotted(const Numbers& numbers) {
  std::string text;
  for (const auto number : numbers) text += (text.empty() ? "" : ".") + std::to_string(number);
  return text;
}

std::string or_unknown(const std::string& text) { return text.empty() ? "unknown" : text; }

void add_identity(const v1::SmartctlReport& report, DiskSheet& sheet) {
  const bool scsi_name = report.model_name().empty();
  sheet.set(
      kDevice,
      Labels{{"ata_additional_product_id", or_unknown(report.ata_additional_product_id())},
             {"ata_version", report.ata_version().string()},
             {"device", sheet.device()},
             {"firmware_version", report.firmware_version()},
             {"form_factor", report.form_factor().name()},
             {"interface", report.device().type()},
             {"model_family", or_unknown(report.model_family())},
             {"model_name", or_unknown(scsi_name ? report.scsi_model_name() : report.model_name())},
             {"protocol", report.device().protocol()},
             {"sata_version", report.sata_version().string()},
             {"scsi_product", report.scsi_product()},
             {"scsi_revision", report.scsi_revision()},
             {"scsi_vendor", report.scsi_vendor()},
             {"scsi_version", report.scsi_version()},
             {"serial_number", report.serial_number()}},
      1);
  sheet.set(kExitStatus, report.smartctl().exit_status());
  if (report.has_user_capacity()) {
    sheet.set(kCapacityBlocks, report.user_capacity().blocks());
    sheet.set(kCapacityBytes, report.user_capacity().bytes());
  }
  if (report.has_nvme_total_capacity()) sheet.set(kNvmeCapacity, report.nvme_total_capacity());
  const auto block = [&](std::string_view type, double bytes) {
    if (bytes > 0) sheet.set(kBlockSize, "blocks_type", type, bytes);
  };
  block("logical", report.logical_block_size());
  block("physical", report.physical_block_size());
  const auto speed = [&](std::string_view type, const v1::SmartctlSpeed& of) {
    sheet.set(kSpeed, "speed_type", type, of.units_per_second() * of.bits_per_unit());
  };
  if (report.interface_speed().has_max()) speed("max", report.interface_speed().max());
  if (report.interface_speed().has_current()) speed("current", report.interface_speed().current());
  if (report.rotation_rate() > 0) sheet.set(kRotation, report.rotation_rate());
}

// The JSON's own names are the label's values.
void add_temperatures(const v1::SmartctlTemperature& temperature, DiskSheet& sheet) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  temperature.GetReflection()->ListFields(temperature, &set);
  for (const auto* field : set) {
    sheet.set(kTemperature, "temperature_type", field->name(),
              temperature.GetReflection()->GetDouble(temperature, field));
  }
}

void add_life(const v1::SmartctlReport& report, DiskSheet& sheet) {
  if (report.has_power_on_time()) {
    sheet.set(kPowerOn,
              report.power_on_time().hours() * 3600 + report.power_on_time().minutes() * 60);
  }
  const v1::ScsiCycles& cycles = report.scsi_start_stop_cycle_counter();
  if (report.has_power_cycle_count()) {
    sheet.set(kPowerCycles, report.power_cycle_count());
  } else if (cycles.has_accumulated_start_stop_cycles()) {
    sheet.set(kPowerCycles, cycles.accumulated_start_stop_cycles());
  }
  add_temperatures(report.temperature(), sheet);
  if (report.has_smart_status()) sheet.set(kStatus, report.smart_status().passed() ? 1 : 0);
}

// "prefailure,updated_online": the bools of a message of flags that are set, in its order.
std::string long_flags(const google::protobuf::Message& flags) {
  std::vector<const google::protobuf::FieldDescriptor*> set;
  flags.GetReflection()->ListFields(flags, &set);
  std::string text;
  for (const auto* field : set) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_BOOL) continue;
    text += (text.empty() ? "" : ",") + field->name();
  }
  return text;
}

void add_attributes(const v1::AtaAttributes& attributes, DiskSheet& sheet) {
  for (const v1::AtaAttribute& one : attributes.table()) {
    const std::string flags = long_flags(one.flags());
    const std::string id = std::to_string(one.id());
    const auto set = [&](std::string_view type, double value) {
      sheet.set(kAttribute,
                Labels{{"attribute_flags_long", flags},
                       {"attribute_flags_short", one.flags().string()},
                       {"attribute_id", id},
                       {"attribute_name", one.name()},
                       {"attribute_value_type", type},
                       {"device", sheet.device()}},
                value);
    };
    set("value", one.value());
    set("worst", one.worst());
    set("thresh", one.thresh());
    set("raw", one.raw().value());
  }
}

void add_statistic(DiskSheet& sheet, std::string_view table, std::string_view name,
                   std::string_view flags_short, std::string_view flags_long, double value) {
  sheet.set(kStatistics,
            Labels{{"device", sheet.device()},
                   {"statistic_flags_long", flags_long},
                   {"statistic_flags_short", flags_short},
                   {"statistic_name", name},
                   {"statistic_table", table}},
            value);
}

void add_ata(const v1::SmartctlReport& report, DiskSheet& sheet) {
  add_attributes(report.ata_smart_attributes(), sheet);
  if (report.has_ata_sct_status()) {
    sheet.set(kState, report.ata_sct_status().device_state().value());
  }
  for (const v1::AtaStatisticsPage& page : report.ata_device_statistics().pages()) {
    // Several of one name; as smartctl_exporter.
    if (page.name() == "Vendor Specific Statistics") continue;
    for (const v1::AtaStatistic& one : page.table()) {
      add_statistic(sheet, page.name(), one.name(), one.flags().string(), long_flags(one.flags()),
                    one.value());
    }
  }
  for (const v1::SataPhyEvent& one : report.sata_phy_event_counters().table()) {
    add_statistic(sheet, "SATA PHY Event Counters", one.name(), "V---", "valid", one.value());
  }
  const v1::AtaErrorLog& errors = report.ata_smart_error_log();
  if (errors.has_summary()) {
    sheet.set(kErrorLog, "error_log_type", "summary", errors.summary().count());
  }
  if (errors.has_extended()) {
    sheet.set(kErrorLog, "error_log_type", "extended", errors.extended().count());
  }
  const auto tests = [&](std::string_view type, const v1::AtaSelfTests& of) {
    sheet.set(kSelfTests, "self_test_log_type", type, of.count());
    sheet.set(kSelfTestErrors, "self_test_log_type", type, of.error_count_total());
  };
  const v1::AtaSelfTestLog& log = report.ata_smart_self_test_log();
  if (log.has_standard()) tests("standard", log.standard());
  if (log.has_extended()) tests("extended", log.extended());
  const v1::AtaErrorRecovery& recovery = report.ata_sct_erc();
  if (recovery.has_read()) {
    sheet.set(kRecovery, "op_type", "read", recovery.read().deciseconds() / 10);
  }
  if (recovery.has_write()) {
    sheet.set(kRecovery, "op_type", "write", recovery.write().deciseconds() / 10);
  }
}

void add_nvme(const v1::NvmeHealthLog& log, DiskSheet& sheet) {
  sheet.set(kUsed, log.percentage_used());
  sheet.set(kSpare, log.available_spare());
  sheet.set(kSpareThreshold, log.available_spare_threshold());
  sheet.set(kWarning, log.critical_warning());
  sheet.set(kMediaErrors, log.media_errors());
  sheet.set(kLogEntries, log.num_err_log_entries());
  if (log.data_units_read() > 0) sheet.set(kBytesRead, log.data_units_read() * kDataUnitBytes);
  if (log.data_units_written() > 0) {
    sheet.set(kBytesWritten, log.data_units_written() * kDataUnitBytes);
  }
}

struct ScsiFamilies {
  FamilyText rereads, fast, delayed, uncorrected, bytes;
};
constexpr ScsiFamilies kReads{
    {"smartctl_read_errors_corrected_by_rereads_rewrites", "Reads that took another try.", Gauge},
    {"smartctl_read_errors_corrected_by_eccfast", "Reads corrected without delay.", Gauge},
    {"smartctl_read_errors_corrected_by_eccdelayed", "Reads corrected with delay.", Gauge},
    {"smartctl_read_total_uncorrected_errors", "Reads that failed for good.", Gauge},
    kBytesRead};
constexpr ScsiFamilies kWrites{
    {"smartctl_write_errors_corrected_by_rereads_rewrites", "Writes that took another try.", Gauge},
    {"smartctl_write_errors_corrected_by_eccfast", "Writes corrected without delay.", Gauge},
    {"smartctl_write_errors_corrected_by_eccdelayed", "Writes corrected with delay.", Gauge},
    {"smartctl_write_total_uncorrected_errors", "Writes that failed for good.", Gauge},
    kBytesWritten};

void add_scsi(const v1::SmartctlReport& report, DiskSheet& sheet) {
  if (report.has_scsi_grown_defect_list()) {
    sheet.set(kGrownDefects, report.scsi_grown_defect_list());
  }
  if (!report.has_scsi_error_counter_log()) return;
  const auto add = [&](const ScsiFamilies& families, const v1::ScsiErrors& errors) {
    sheet.set(families.rereads, errors.errors_corrected_by_rereads_rewrites());
    sheet.set(families.fast, errors.errors_corrected_by_eccfast());
    sheet.set(families.delayed, errors.errors_corrected_by_eccdelayed());
    sheet.set(families.uncorrected, errors.total_uncorrected_errors());
    sheet.set(families.bytes, errors.gigabytes_processed() * kGigabyte);
  };
  add(kReads, report.scsi_error_counter_log().read());
  add(kWrites, report.scsi_error_counter_log().write());
}

void add_version(SampleSheet& sheet, const v1::SmartctlReport& report) {
  const v1::SmartctlRun& run = report.smartctl();
  const Labels labels{{"build_info", run.build_info()},
                      {"json_format_version", dotted(report.json_format_version())},
                      {"smartctl_version", dotted(run.version())},
                      {"svn_revision", run.svn_revision()}};
  sheet.set(sheet.add(kVersion, labels), 1);
}

}  // namespace

std::string_view SmartPage::text(const std::vector<disk::HealthKnown>& known,
                                 std::uint64_t readings, const v1::DiskHealthSpec& spec,
                                 Moment now) {
  const auto tells = [&](const disk::HealthKnown& one) {
    return disk::says_something(one, spec, now);
  };
  // Without a new reading they can only become fewer.
  const auto telling = std::ranges::count_if(known, tells);
  if (readings == rendered_ && readings != 0 && telling == telling_) return page_.text();
  rendered_ = readings;
  telling_ = telling;
  sheet_.clear();
  page_.clear();
  double devices = 0;
  for (const disk::HealthKnown& one : known) {
    if (!tells(one)) continue;
    const v1::SmartctlReport& report = *one.report;
    add_version(sheet_, report);
    DiskSheet sheet(sheet_, one.disk.name);
    add_identity(report, sheet);
    add_life(report, sheet);
    add_ata(report, sheet);
    if (report.has_nvme_smart_health_information_log()) {
      add_nvme(report.nvme_smart_health_information_log(), sheet);
    }
    add_scsi(report, sheet);
    ++devices;
  }
  if (devices > 0) sheet_.set(sheet_.add(kDevices, Labels()), devices);
  sheet_.write(page_);
  return page_.text();
}

void SmartPage::append_to(std::string& page, const std::vector<disk::HealthKnown>& known,
                          std::uint64_t readings, const v1::DiskHealthSpec& spec, Moment now) {
  const std::string_view families = text(known, readings, spec, now);
  if (families.empty()) return;
  collectors::find_repeated(page, families, names_, repeated_);
  collectors::append_foreign(page, families, repeated_);
}

}  // namespace joist::agent
