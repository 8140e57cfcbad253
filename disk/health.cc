#include "disk/health.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace joist::disk {
namespace {

constexpr unsigned kCommandLineBit = 1;
constexpr unsigned kOpenBit = 2;

constexpr unsigned kReallocated = 5;
constexpr unsigned kPending = 197;
constexpr unsigned kUncorrectable = 198;
constexpr unsigned kLinkErrors = 199;

// Of NVMe's data units and SCSI's gigabytes.
constexpr double kDataUnitBytes = 512'000;
constexpr double kGigabyte = 1e9;

// What smartctl 7 says where it knows no way to ask: virtio, loop, some USB bridges.
constexpr std::array<std::string_view, 3> kNoWay{"Unable to detect device type",
                                                 "Unknown USB bridge", "Unsupported USB bridge"};

std::string first_message(const v1::SmartctlRun& run) {
  return run.messages().empty() ? "" : run.messages(0).string();
}

bool knows_no_way(const v1::SmartctlRun& run) {
  return std::ranges::any_of(run.messages(), [](const v1::SmartctlMessage& message) {
    return std::ranges::any_of(kNoWay, [&](std::string_view text) {
      return message.string().find(text) != std::string::npos;
    });
  });
}

bool has_figures(const v1::SmartctlReport& report) {
  return report.has_smart_status() || report.has_nvme_smart_health_information_log();
}

std::string or_else(std::string text, std::string_view other) {
  return text.empty() ? std::string(other) : text;
}

// The low 32 bits: some vendors keep other numbers above the count.
std::optional<double> attribute(const v1::SmartctlReport& report, unsigned id) {
  for (const v1::AtaAttribute& one : report.ata_smart_attributes().table()) {
    if (one.id() != id) continue;
    const double raw = one.raw().value();
    if (!(raw >= 0 && raw < 281'474'976'710'656.0)) return std::nullopt;  // 48 bits
    return static_cast<double>(static_cast<std::uint32_t>(static_cast<std::uint64_t>(raw)));
  }
  return std::nullopt;
}

std::optional<double> wear(const v1::SmartctlReport& report) {
  if (report.has_nvme_smart_health_information_log()) {
    return report.nvme_smart_health_information_log().percentage_used();
  }
  if (report.has_scsi_percentage_used_endurance_indicator()) {
    return report.scsi_percentage_used_endurance_indicator();
  }
  if (report.has_endurance_used()) return report.endurance_used().current_percent();
  for (const v1::AtaStatisticsPage& page : report.ata_device_statistics().pages()) {
    for (const v1::AtaStatistic& one : page.table()) {
      if (one.name() == "Percentage Used Endurance Indicator" && one.flags().valid()) {
        return one.value();
      }
    }
  }
  return std::nullopt;
}

std::optional<double> temperature_limit(const v1::SmartctlTemperature& temperature) {
  if (temperature.has_op_limit_max()) return temperature.op_limit_max();
  if (temperature.has_drive_trip() && temperature.drive_trip() > 0) return temperature.drive_trip();
  return std::nullopt;
}

// Of the newest test that came to an end.
std::optional<bool> self_test(const v1::AtaSelfTestLog& log) {
  for (const v1::AtaSelfTests* tests : {&log.extended(), &log.standard()}) {
    for (const v1::AtaSelfTest& test : tests->table()) {
      if (test.status().has_passed()) return test.status().passed();
    }
  }
  return std::nullopt;
}

void add_nvme(const v1::NvmeHealthLog& log, v1::DiskHealth& out) {
  out.set_critical_warning(log.critical_warning());
  out.set_spare_percent(log.available_spare());
  out.set_spare_threshold_percent(log.available_spare_threshold());
  out.set_media_errors(log.media_errors());
  out.set_error_log_entries(log.num_err_log_entries());
  if (log.data_units_read() > 0) out.set_read_bytes(log.data_units_read() * kDataUnitBytes);
  if (log.data_units_written() > 0) {
    out.set_written_bytes(log.data_units_written() * kDataUnitBytes);
  }
}

void add_ata(const v1::SmartctlReport& report, v1::DiskHealth& out) {
  if (const auto count = attribute(report, kReallocated)) out.set_reallocated_sectors(*count);
  if (const auto count = attribute(report, kPending)) out.set_pending_sectors(*count);
  if (const auto count = attribute(report, kUncorrectable)) out.set_uncorrectable_sectors(*count);
  if (const auto count = attribute(report, kLinkErrors)) out.set_link_errors(*count);
  if (const auto passed = self_test(report.ata_smart_self_test_log())) {
    out.set_self_test_passed(*passed);
  }
  if (report.has_ata_smart_error_log()) {
    const v1::AtaErrorLog& log = report.ata_smart_error_log();
    out.set_error_log_entries(std::max(log.extended().count(), log.summary().count()));
  }
}

void add_scsi(const v1::SmartctlReport& report, v1::DiskHealth& out) {
  if (report.has_scsi_grown_defect_list()) {
    out.set_reallocated_sectors(report.scsi_grown_defect_list());
  }
  if (report.scsi_start_stop_cycle_counter().has_accumulated_start_stop_cycles()) {
    out.set_power_cycles(report.scsi_start_stop_cycle_counter().accumulated_start_stop_cycles());
  }
  if (!report.has_scsi_error_counter_log()) return;
  const v1::ScsiErrorCounters& log = report.scsi_error_counter_log();
  out.set_media_errors(log.read().total_uncorrected_errors() +
                       log.write().total_uncorrected_errors() +
                       log.verify().total_uncorrected_errors());
  out.set_read_bytes(log.read().gigabytes_processed() * kGigabyte);
  out.set_written_bytes(log.write().gigabytes_processed() * kGigabyte);
}

}  // namespace

HealthHeard hear(const v1::HealthResponse& response) {
  if (response.suspended()) return {HealthAnswer::Asleep, ""};
  const v1::SmartctlReport& report = response.report();
  const v1::SmartctlRun& run = report.smartctl();
  const std::string said = first_message(run);
  if (run.exit_status() == kAsleepStatus && said.empty()) return {HealthAnswer::Asleep, ""};
  if (knows_no_way(run)) return {HealthAnswer::NotOffered, said};
  if (has_figures(report)) return {HealthAnswer::Figures, ""};
  if ((run.exit_status() & (kCommandLineBit | kOpenBit)) != 0) {
    return {HealthAnswer::Trouble, or_else(said, "smartctl could not open or identify it")};
  }
  if (report.has_smart_support() && !report.smart_support().available()) {
    return {HealthAnswer::NotOffered, or_else(said, "the device has no SMART")};
  }
  if (report.has_smart_support() && !report.smart_support().enabled()) {
    return {HealthAnswer::Trouble, "SMART is switched off; `smartctl --smart=on` switches it on"};
  }
  if (run.exit_status() != 0) {
    return {HealthAnswer::Trouble,
            or_else(said, "smartctl ended with status " + std::to_string(run.exit_status()))};
  }
  return {HealthAnswer::NotOffered, or_else(said, "the device states no health")};
}

bool worth_asking(const Disk& disk) { return disk.kind == v1::DISK_KIND_PHYSICAL; }

bool must_tell(const Disk& disk) {
  return worth_asking(disk) &&
         (disk.transport == "nvme" || disk.transport == "sata" || disk.transport == "sas");
}

v1::DiskHealth figures_of(const v1::SmartctlReport& report) {
  v1::DiskHealth out;
  if (report.has_smart_status()) out.set_passed(report.smart_status().passed());
  if (report.temperature().has_current()) {
    out.set_temperature_celsius(report.temperature().current());
  }
  if (const auto limit = temperature_limit(report.temperature())) {
    out.set_temperature_limit_celsius(*limit);
  }
  if (report.has_power_on_time()) out.set_power_on_hours(report.power_on_time().hours());
  if (report.has_power_cycle_count()) out.set_power_cycles(report.power_cycle_count());
  if (const auto percent = wear(report)) out.set_wear_percent(*percent);
  if (report.has_nvme_smart_health_information_log()) {
    add_nvme(report.nvme_smart_health_information_log(), out);
  }
  add_ata(report, out);
  add_scsi(report, out);
  return out;
}

}  // namespace joist::disk
