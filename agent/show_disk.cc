#include "agent/show_disk.h"

#include <utility>

#include "base/printable.h"
#include "base/wall_time.h"

namespace joist::agent {
namespace {

// Longer than any path the kernel takes (PATH_MAX is 4096) is of use to nobody here.
constexpr std::size_t kTextMax = 1024;

std::string shown(const std::string& text) { return printable(text, kTextMax); }

void show_identity(const disk::Disk& disk, v1::Disk& out) {
  out.set_id(shown(disk.id));
  out.set_name(shown(disk.name));
  out.set_wwn(shown(disk.wwn));
  out.set_serial(shown(disk.serial));
  out.set_model(shown(disk.model));
  for (const std::string& link : disk.by_id) out.add_by_id(shown(link));
  for (const std::string& link : disk.by_path) out.add_by_path(shown(link));
}

void show_partitions(const std::vector<disk::Partition>& partitions, v1::Disk& out) {
  for (const disk::Partition& partition : partitions) {
    v1::Partition& shown_partition = *out.add_partitions();
    shown_partition.set_name(shown(partition.name));
    shown_partition.set_start_bytes(partition.start_bytes);
    shown_partition.set_size_bytes(partition.size_bytes);
    shown_partition.set_type(shown(partition.type));
  }
}

void show_probe(const disk::ProbeOutcome& probe, v1::Disk& out) {
  if (!probe.has_value()) return;
  if (!probe->has_value()) {
    out.set_probe_error(shown(probe->error().message));
    return;
  }
  out.set_probed(true);
  *out.mutable_probe_time() = to_timestamp((*probe)->asked.wall);
  *out.mutable_signatures() = disk::to_message(**probe).signatures();
}

}  // namespace

v1::Disk show_disk(const disk::ClassifiedDisk& classified) {
  const disk::Disk& disk = classified.disk;
  v1::Disk out;
  show_identity(disk, out);
  out.set_size_bytes(disk.size_bytes);
  out.set_logical_sector_bytes(disk.logical_sector_bytes);
  out.set_physical_sector_bytes(disk.physical_sector_bytes);
  out.set_rotational(disk.rotational);
  out.set_removable(disk.removable);
  out.set_read_only(disk.read_only);
  out.set_transport(shown(disk.transport));
  out.set_kind(disk.kind);
  out.set_diskseq(disk.diskseq);
  out.set_class_(classified.verdict.disk_class);
  for (const disk::Reason& reason : classified.verdict.reasons) {
    v1::DiskReason& shown_reason = *out.add_reasons();
    shown_reason.set_code(reason.code);
    shown_reason.set_message(shown(reason.message));
  }
  for (const disk::Use& use : disk.uses) {
    v1::DiskUse& shown_use = *out.add_uses();
    shown_use.set_kind(use.kind);
    shown_use.set_target(shown(use.target));
    shown_use.set_via(shown(use.via));
  }
  // The kernel's partitions are the ones with names; the table's where it knows none.
  const bool probed = classified.probe.has_value() && classified.probe->has_value();
  const bool from_table = disk.partitions.empty() && probed;
  show_partitions(from_table ? (*classified.probe)->partitions : disk.partitions, out);
  show_probe(classified.probe, out);
  return out;
}

void keep_verdict(v1::Disk& disk) {
  disk.clear_probe_time();
  if (!disk.has_health()) return;
  v1::DiskHealth verdict;
  verdict.set_state(disk.health().state());
  *verdict.mutable_reasons() = disk.health().reasons();
  *disk.mutable_health() = std::move(verdict);
}

}  // namespace joist::agent
