#include "collectors/hardware/drbd.h"

#include <algorithm>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Counter;
using MetricType::Gauge;

struct Figure {
  std::string_view key;
  FamilyText family;
  double unit;
};

constexpr Figure kTable[] = {
    {"ns",
     {"node_drbd_network_sent_bytes_total", "Total number of bytes sent via the network.", Counter},
     1024},
    {"nr",
     {"node_drbd_network_received_bytes_total", "Total number of bytes received via the network.",
      Counter},
     1},
    {"dw",
     {"node_drbd_disk_written_bytes_total", "Net data written on local hard disk; in bytes.",
      Counter},
     1024},
    {"dr",
     {"node_drbd_disk_read_bytes_total", "Net data read from local hard disk; in bytes.", Counter},
     1024},
    {"al",
     {"node_drbd_activitylog_writes_total",
      "Number of updates of the activity log area of the meta data.", Counter},
     1},
    {"bm",
     {"node_drbd_bitmap_writes_total", "Number of updates of the bitmap area of the meta data.",
      Counter},
     1},
    {"lo",
     {"node_drbd_local_pending", "Number of open requests to the local I/O sub-system.", Gauge},
     1},
    {"pe",
     {"node_drbd_remote_pending",
      "Number of requests sent to the peer, but that have not yet been answered by the latter.",
      Gauge},
     1},
    {"ua",
     {"node_drbd_remote_unacknowledged",
      "Number of requests received by the peer via the network connection, but that have not yet "
      "been answered.",
      Gauge},
     1},
    {"ap",
     {"node_drbd_application_pending",
      "Number of block I/O requests forwarded to DRBD, but not yet answered by DRBD.", Gauge},
     1},
    {"ep", {"node_drbd_epochs", "Number of Epochs currently on the fly.", Gauge}, 1},
    {"oos",
     {"node_drbd_out_of_sync_bytes", "Amount of data known to be out of sync; in bytes.", Gauge},
     1024},
};
constexpr FamilyText kConnected{"node_drbd_connected", "Whether DRBD is connected to the peer.",
                                Gauge};
constexpr FamilyText kRole{"node_drbd_node_role_is_primary",
                           "Whether the role of the node is in the primary state.", Gauge};
constexpr FamilyText kDisk{"node_drbd_disk_state_is_up_to_date",
                           "Whether the disk of the node is up to date.", Gauge};

}  // namespace

std::optional<DrbdWord> parse_drbd_word(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == word.npos || word.find(':', colon + 1) != word.npos) return std::nullopt;
  return DrbdWord{word.substr(0, colon), word.substr(colon + 1)};
}

DrbdCollector::DrbdCollector(const Roots& roots)
    : file_(roots.proc(), "drbd", ProcFile::Shape::Records, 4096, roots.devices) {
  static_assert(std::size(kTable) == kFigures);
}

DrbdCollector::Device DrbdCollector::make_device(std::string_view number) {
  Device device{.key = std::string(number)};
  const std::string name = "drbd" + device.key;
  const Labels labels{{"device", name}};
  for (std::size_t i = 0; i < kFigures; ++i) {
    device.figures[i] = sheet_.add(kTable[i].family, labels);
  }
  device.connected = sheet_.add(kConnected, labels);
  constexpr std::string_view kNodes[] = {"local", "remote"};
  for (std::size_t i = 0; i < 2; ++i) {
    const Labels node{{"device", name}, {"node", kNodes[i]}};
    device.roles[i] = sheet_.add(kRole, node);
    device.disks[i] = sheet_.add(kDisk, node);
  }
  return device;
}

// False if the word cannot be read; one that is not shown can.
bool DrbdCollector::show(const Device& device, const DrbdWord& word) {
  const auto [key, value] = word;
  const bool is_role = key == "ro";
  if (is_role || key == "ds") {
    const auto slash = value.find('/');
    if (slash == value.npos) return false;
    const std::string_view good = is_role ? "Primary" : "UpToDate";
    const auto& places = is_role ? device.roles : device.disks;
    sheet_.set(places[0], value.substr(0, slash) == good ? 1 : 0);
    sheet_.set(places[1], value.substr(slash + 1) == good ? 1 : 0);
    return true;
  }
  if (key == "cs") {
    sheet_.set(device.connected, value == "Connected" ? 1 : 0);
    return true;
  }
  const auto figure = std::ranges::find(kTable, key, &Figure::key);
  if (figure == std::end(kTable)) return true;
  const auto number = parse_number<double>(value);
  if (!number) return false;
  sheet_.set(device.figures[static_cast<std::size_t>(figure - kTable)], *number * figure->unit);
  return true;
}

Result<void> DrbdCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  sheet_.blank();
  devices_.restart();
  const Device* device = nullptr;
  Fields words(*text);
  for (auto field = words.next(); !field.empty(); field = words.next()) {
    const auto word = parse_drbd_word(field);
    if (!word) continue;
    if (word->value.empty() && parse_uint(word->key)) {
      device = devices_.next(word->key, [&] { return make_device(word->key); });
      continue;
    }
    if (device == nullptr) continue;  // the version, above the first device
    if (!show(*device, *word)) malformed_.report(file_.path(), field);
  }
  devices_.finish();
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
