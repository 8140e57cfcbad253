#include "ctl/disk_hand_over.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "ctl/disk_view.h"
#include "ctl/humane.h"
#include "ctl/plan_view.h"
#include "ctl/screen_text.h"

namespace joist::ctl {
namespace {

constexpr std::string_view kById = "/dev/disk/by-id/";

// Of what stands on the disk, and gone with it.
bool is_of_contents(std::string_view name) {
  constexpr std::array<std::string_view, 4> kContents{"lvm-", "dm-", "md-", "raid-"};
  return std::ranges::any_of(kContents,
                             [name](std::string_view lead) { return name.starts_with(lead); });
}

// The disk's own name for itself goes before names made of model and serial.
int rank_of(std::string_view name) {
  constexpr std::array<std::string_view, 3> kByWwn{"wwn-", "nvme-eui.", "nvme-uuid."};
  const bool own =
      std::ranges::any_of(kByWwn, [name](std::string_view lead) { return name.starts_with(lead); });
  return own ? 0 : 1;
}

// Links that are shown otherwise than they are written would name nothing.
bool is_plain(std::string_view link) {
  return std::ranges::all_of(
      link, [](char letter) { return letter > 0x20 && letter < 0x7f && letter != '\\'; });
}

// As JSON has strings, and so YAML.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : screen_text(text)) {
    if (letter == '"' || letter == '\\') out += '\\';
    out += letter;
  }
  return out + "\"";
}

// In single quotes, for JSON within YAML.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char letter : text) out += letter == '\'' ? "''" : std::string(1, letter);
  return out + "'";
}

const v1::Disk* disk_of(const v1::PlannedDisk& planned, const v1::ListDisksResponse& disks) {
  return find_disk(disks, planned.id().empty() ? planned.name() : planned.id());
}

std::string described(const v1::PlannedDisk& planned) {
  return screen_text(planned.name() + ", " + humane_size(planned.size_bytes()) +
                     (planned.model().empty() ? "" : ", " + planned.model()));
}

bool is_for_ceph(const v1::PlannedDisk& planned) {
  return planned.kind() == v1::STORAGE_USE_KIND_CEPH_RAW && planned.steps().empty() &&
         (has_reason(planned, "AlreadyBlank") || has_reason(planned, "CarriesOsd"));
}

bool is_for_longhorn(const v1::PlannedDisk& planned) {
  return planned.kind() == v1::STORAGE_USE_KIND_LONGHORN_V1 && planned.steps().empty() &&
         has_reason(planned, "AlreadyMounted");
}

// Tags that a StorageClass may ask for: the use, and what the disk is. What virtio and USB say of
// their platters is left out: it is often wrong.
std::vector<std::string> tags_of(const v1::PlannedDisk& planned, const v1::Disk* disk) {
  std::vector<std::string> tags{planned.use()};
  if (disk == nullptr) return tags;
  const std::string& transport = disk->transport();
  if (transport == "nvme") tags.emplace_back("nvme");
  if (transport == "nvme" || transport == "sata" || transport == "sas") {
    tags.emplace_back(disk->rotational() ? "hdd" : "ssd");
  }
  return tags;
}

std::string longhorn_disk(const v1::PlannedDisk& planned, const v1::Disk* disk) {
  std::string tags;
  for (const std::string& tag : tags_of(planned, disk)) {
    tags += (tags.empty() ? "" : ",") + quoted(tag);
  }
  return "{\"name\":" + quoted(planned.filesystem_label()) +
         ",\"path\":" + quoted(planned.mount_point()) +
         ",\"diskType\":\"filesystem\",\"allowScheduling\":true,\"tags\":[" + tags + "]}";
}

}  // namespace

std::string stable_link(const v1::Disk& disk, const v1::ListDisksResponse& disks) {
  std::optional<std::pair<int, std::string>> best;
  for (const std::string& link : disk.by_id()) {
    if (!link.starts_with(kById) || !is_plain(link)) continue;
    const auto name = std::string_view(link).substr(kById.size());
    // Two disks that claim one link have it in turns.
    const auto claims = std::ranges::count_if(disks.disks(), [&link](const v1::Disk& other) {
      return std::ranges::find(other.by_id(), link) != other.by_id().end();
    });
    if (is_of_contents(name) || claims > 1) continue;
    const std::pair<int, std::string> ranked(rank_of(name), link);
    if (!best || ranked < *best) best = ranked;
  }
  return best ? best->second : "";
}

std::string ceph_text(const HandOver& ready) {
  std::string devices;
  std::string left_out;
  for (const v1::PlannedDisk& planned : ready.plan.disks()) {
    if (!is_for_ceph(planned)) continue;
    const v1::Disk* disk = disk_of(planned, ready.disks);
    const std::string link = disk == nullptr ? "" : stable_link(*disk, ready.disks);
    if (link.empty()) {
      left_out += "        # left out: " + described(planned) +
                  ": no link in /dev/disk/by-id names it and no other\n";
      continue;
    }
    const bool carries = has_reason(planned, "CarriesOsd");
    devices += "        # " + described(planned) + (carries ? ", carries an OSD\n" : ", blank\n");
    devices += "        - name: " + quoted(link) + "\n";
  }
  return "# In spec of Rook's CephCluster. The node's name is the one that Kubernetes knows.\n"
         "storage:\n"
         "  useAllNodes: false\n"
         "  useAllDevices: false\n"
         "  nodes:\n"
         "    - name: " +
         quoted(ready.node_name) + "\n      devices:" + (devices.empty() ? " []\n" : "\n") +
         devices + left_out;
}

std::string longhorn_text(const HandOver& ready) {
  std::string list;
  std::string comments;
  for (const v1::PlannedDisk& planned : ready.plan.disks()) {
    if (!is_for_longhorn(planned)) continue;
    list += (list.empty() ? "" : ",") + longhorn_disk(planned, disk_of(planned, ready.disks));
    comments += "    # " + described(planned) + ", at " + screen_text(planned.mount_point()) + "\n";
  }
  if (list.empty()) comments = "    # no disk is ready: joistctl disk plan says why\n";
  return "# For kubectl apply --server-side -f -. Longhorn reads it while its node has no disks "
         "yet.\n"
         "# The node's name is the one that Kubernetes knows.\n"
         "apiVersion: v1\n"
         "kind: Node\n"
         "metadata:\n"
         "  name: " +
         quoted(ready.node_name) +
         "\n"
         "  labels:\n"
         "    node.longhorn.io/create-default-disk: \"config\"\n"
         "  annotations:\n" +
         comments +
         "    node.longhorn.io/default-disks-config: " + single_quoted("[" + list + "]") + "\n";
}

}  // namespace joist::ctl
