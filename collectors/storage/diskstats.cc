#include "collectors/storage/diskstats.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kColumnsMin = 11;

enum class Unit { Count, Sectors, Milliseconds };

struct Column {
  const char* name;
  const char* help;
  Unit unit;
};

// In the kernel's order.
constexpr std::array<Column, kDiskColumns> kColumns{{
    {"reads_completed_total", "The total number of reads completed successfully.", Unit::Count},
    {"reads_merged_total", "The total number of reads merged.", Unit::Count},
    {"read_bytes_total", "The total number of bytes read successfully.", Unit::Sectors},
    {"read_time_seconds_total", "The total number of seconds spent by all reads.",
     Unit::Milliseconds},
    {"writes_completed_total", "The total number of writes completed successfully.", Unit::Count},
    {"writes_merged_total", "The number of writes merged.", Unit::Count},
    {"written_bytes_total", "The total number of bytes written successfully.", Unit::Sectors},
    {"write_time_seconds_total", "This is the total number of seconds spent by all writes.",
     Unit::Milliseconds},
    {"io_now", "The number of I/Os currently in progress.", Unit::Count},
    {"io_time_seconds_total", "Total seconds spent doing I/Os.", Unit::Milliseconds},
    {"io_time_weighted_seconds_total", "The weighted # of seconds spent doing I/Os.",
     Unit::Milliseconds},
    {"discards_completed_total", "The total number of discards completed successfully.",
     Unit::Count},
    {"discards_merged_total", "The total number of discards merged.", Unit::Count},
    {"discarded_sectors_total", "The total number of sectors discarded successfully.", Unit::Count},
    {"discard_time_seconds_total", "This is the total number of seconds spent by all discards.",
     Unit::Milliseconds},
    {"flush_requests_total", "The total number of flush requests completed successfully",
     Unit::Count},
    {"flush_requests_time_seconds_total",
     "This is the total number of seconds spent by all flush requests.", Unit::Milliseconds},
}};
constexpr std::size_t kIoNow = 8;

void show(Exposition& page, const Labels& labels, Unit unit, std::uint64_t value) {
  switch (unit) {
    case Unit::Count:
      return page.sample(labels, value);
    case Unit::Sectors:
      return page.sample(labels, static_cast<double>(value) * 512);
    case Unit::Milliseconds:
      return page.sample(labels, static_cast<double>(value) / 1000);
  }
}

// What is printed on the disk, if udev knows; virtio disks have the long one only.
std::string_view serial_number(const UdevProperties& udev) {
  for (const char* key : {"SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"}) {
    if (const auto serial = find_property(udev, key); !serial.empty()) return serial;
  }
  return {};
}

}  // namespace

std::optional<DiskLine> parse_diskstats_line(std::string_view text) {
  Fields fields(text);
  const auto major = parse_number<unsigned>(fields.next());
  const auto minor = parse_number<unsigned>(fields.next());
  DiskLine line;
  line.device = fields.next();
  if (!major || !minor || line.device.empty()) return std::nullopt;
  line.major = *major;
  line.minor = *minor;
  while (line.columns < kDiskColumns) {
    const std::string_view field = fields.next();
    if (field.empty()) break;
    const auto value = parse_uint(field);
    if (!value) return std::nullopt;
    line.values[line.columns++] = *value;
  }
  if (line.columns < kColumnsMin) return std::nullopt;
  return line;
}

Made DiskstatsCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.diskstats.device");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<DiskstatsCollector>(roots, std::move(*filter));
}

DiskstatsCollector::DiskstatsCollector(const Roots& roots, DeviceFilter filter)
    : sys_(roots.sys()),
      udev_data_(roots.udev()),
      udev_directory_(roots.udev()),
      file_(roots.proc(), "diskstats", ProcFile::Shape::Records, 16384),
      filter_(std::move(filter)),
      info_("node_disk_info", "Info of /sys/block/<block_device>.", MetricType::Gauge),
      filesystem_info_("node_disk_filesystem_info", "Info about disk filesystem.",
                       MetricType::Gauge),
      device_mapper_info_("node_disk_device_mapper_info", "Info about disk device mapper.",
                          MetricType::Gauge),
      ata_{{{"ID_ATA_WRITE_CACHE",
             {"node_disk_ata_write_cache", "ATA disk has a write cache.", MetricType::Gauge}},
            {"ID_ATA_WRITE_CACHE_ENABLED",
             {"node_disk_ata_write_cache_enabled", "ATA disk has its write cache enabled.",
              MetricType::Gauge}},
            {"ID_ATA_ROTATION_RATE_RPM",
             {"node_disk_ata_rotation_rate_rpm", "ATA disk rotation rate in RPMs (0 for SSDs).",
              MetricType::Gauge}}}} {
  for (std::size_t column = 0; column < kDiskColumns; ++column) {
    columns_.emplace_back(std::string("node_disk_") + kColumns[column].name, kColumns[column].help,
                          column == kIoNow ? MetricType::Gauge : MetricType::Counter);
  }
}

DiskstatsCollector::Device DiskstatsCollector::make_device(const DiskLine& line) const {
  return Device{.key = std::string(line.device),
                .excluded = filter_.leaves_out(line.device),
                .major = line.major,
                .minor = line.minor,
                .labels = Labels{{"device", line.device}},
                .udev = UdevRecord(udev_data_, line.major, line.minor)};
}

void DiskstatsCollector::render(Device& device) const {
  const UdevProperties& udev = device.udev.properties();
  const auto property = [&](std::string_view key) { return find_property(udev, key); };
  // Only a whole disk has a queue; with device mapper it is as its disks are.
  const auto rotational = sys_.read_line("/block/" + device.key + "/queue/rotational");

  device.info = Labels{{"device", device.key},
                       {"major", std::to_string(device.major)},
                       {"minor", std::to_string(device.minor)},
                       {"model", property("ID_MODEL")},
                       {"path", property("ID_PATH")},
                       {"revision", property("ID_REVISION")},
                       {"rotational", rotational && *rotational == "1" ? "1" : "0"},
                       {"serial", serial_number(udev)},
                       {"wwn", property("ID_WWN")}};

  device.filesystem.reset();
  if (const auto type = property("ID_FS_TYPE"); !type.empty()) {
    device.filesystem = Labels{{"device", device.key},
                               {"type", type},
                               {"usage", property("ID_FS_USAGE")},
                               {"uuid", property("ID_FS_UUID")},
                               {"version", property("ID_FS_VERSION")}};
  }
  device.device_mapper.reset();
  if (const auto name = property("DM_NAME"); !name.empty()) {
    device.device_mapper = Labels{{"device", device.key},
                                  {"lv_layer", property("DM_LV_LAYER")},
                                  {"lv_name", property("DM_LV_NAME")},
                                  {"name", name},
                                  {"uuid", property("DM_UUID")},
                                  {"vg_name", property("DM_VG_NAME")}};
  }
  for (std::size_t fact = 0; fact < ata_.size(); ++fact) {
    const bool is_ata = !property("ID_ATA").empty();
    device.ata[fact] = is_ata ? parse_number<double>(property(ata_[fact].property)) : std::nullopt;
  }
}

Result<void> DiskstatsCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  const bool udev_spoke = udev_directory_.may_have_changed();
  devices_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    const auto disk = parse_diskstats_line(line);
    Device* const device =
        disk ? devices_.next(disk->device, [&] { return make_device(*disk); }) : nullptr;
    if (device == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    if (device->excluded) continue;
    const bool renumbered = device->major != disk->major || device->minor != disk->minor;
    if (renumbered) *device = make_device(*disk);  // pulled, and another took its name
    device->columns = disk->columns;
    device->values = disk->values;
    const bool look = udev_spoke || !device->udev.was_read();
    if (look && device->udev.refresh()) render(*device);
  }
  devices_.finish();

  for (std::size_t column = 0; column < kDiskColumns; ++column) {
    page.begin(columns_[column]);
    for (const auto& device : devices_) {
      if (device->excluded || column >= device->columns) continue;
      show(page, device->labels, kColumns[column].unit, device->values[column]);
    }
  }
  show_info(page);
  return {};
}

void DiskstatsCollector::show_info(Exposition& page) const {
  page.begin(info_);
  for (const auto& device : devices_) {
    if (!device->excluded) page.sample(device->info, 1U);
  }
  page.begin(filesystem_info_);
  for (const auto& device : devices_) {
    if (device->filesystem) page.sample(*device->filesystem, 1U);
  }
  page.begin(device_mapper_info_);
  for (const auto& device : devices_) {
    if (device->device_mapper) page.sample(*device->device_mapper, 1U);
  }
  for (std::size_t fact = 0; fact < ata_.size(); ++fact) {
    page.begin(ata_[fact].family);
    for (const auto& device : devices_) {
      if (device->ata[fact]) page.sample(device->labels, *device->ata[fact]);
    }
  }
}

}  // namespace joist::collectors
