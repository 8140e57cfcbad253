// A host with a disk of each fate, as the agent and joist-apply tell of it.
#pragma once

#include <string>

#include "joist/v1/agent.pb.h"
#include "joist/v1/apply.pb.h"

namespace joist::ctl::examples {

inline constexpr std::int64_t kNowSeconds = 1'767'225'600;  // 2026-01-01T00:00:00Z

inline google::protobuf::Timestamp ago(std::int64_t seconds) {
  google::protobuf::Timestamp time;
  time.set_seconds(kNowSeconds - seconds);
  return time;
}

inline void add_reason(v1::PlannedDisk& disk, const std::string& code, const std::string& message) {
  auto& reason = *disk.add_reasons();
  reason.set_code(code);
  reason.set_message(message);
}

inline v1::PlannedDisk planned(const std::string& name, const std::string& use,
                               v1::StorageUseKind kind) {
  v1::PlannedDisk disk;
  disk.set_name(name);
  disk.set_id("wwn:naa.5000c500000000" + name);
  disk.set_model("ST2000NM");
  disk.set_size_bytes(2'000'398'934'016);
  disk.set_class_(v1::DISK_CLASS_BLANK);
  disk.set_use(use);
  if (!use.empty()) disk.set_kind(kind);
  return disk;
}

inline void add_step(v1::PlannedDisk& disk, v1::DiskStepKind kind, const std::string& summary,
                     int seconds) {
  auto& step = *disk.add_steps();
  step.set_kind(kind);
  step.set_summary(summary);
  step.set_destructive(kind != v1::DISK_STEP_KIND_VERIFY_BLANK);
  step.mutable_estimate()->set_seconds(seconds);
}

// Something is on it, and it is wanted for Ceph.
inline v1::PlannedDisk foreign() {
  auto disk = planned("sdb", "osd", v1::STORAGE_USE_KIND_CEPH_RAW);
  disk.set_class_(v1::DISK_CLASS_FOREIGN);
  disk.add_found("ext4 at byte 1080 (sdb), labelled \"data\"");
  add_step(disk, v1::DISK_STEP_KIND_CLEAR, "save, zero and read back ext4 at byte 1080", 5);
  add_step(disk, v1::DISK_STEP_KIND_VERIFY_BLANK, "probe again: nothing may be found", 2);
  disk.set_consent(v1::CONSENT_NEED_PERSON);
  return disk;
}

// Only the disks with steps, as joist-apply shows it.
inline v1::DiskPlan preview() {
  v1::DiskPlan plan;
  *plan.add_disks() = foreign();
  plan.set_digest("\x1a\x2b\x3c\x4d" + std::string(28, '\x77'));
  return plan;
}

inline v1::PlanDisksResponse plan() {
  v1::PlanDisksResponse response;
  v1::DiskPlan& plan = *response.mutable_plan();
  plan = preview();
  auto& ready = *plan.add_disks() = planned("sdc", "osd", v1::STORAGE_USE_KIND_CEPH_RAW);
  add_reason(ready, "AlreadyBlank", "is blank, as this use wants it");
  auto& kept = *plan.add_disks() = planned("sdd", "keep", v1::STORAGE_USE_KIND_KEEP);
  kept.set_class_(v1::DISK_CLASS_FOREIGN);
  add_reason(kept, "Kept", "is kept as it is, and offered to nobody");
  auto& system = *plan.add_disks() = planned("sda", "", v1::STORAGE_USE_KIND_UNSPECIFIED);
  system.set_class_(v1::DISK_CLASS_SYSTEM);
  add_reason(system, "NotWanted", "no use in storage.uses wants it");
  auto& shortfall = *plan.add_shortfalls();
  shortfall.set_code("TooFewDisks");
  shortfall.set_message("use osd wants 4 disks; 2 can be had");
  auto& use = *response.mutable_spec()->add_uses();
  use.set_name("osd");
  use.set_kind(v1::STORAGE_USE_KIND_CEPH_RAW);
  auto& keep = *response.mutable_spec()->add_uses();
  keep.set_name("keep");
  keep.set_kind(v1::STORAGE_USE_KIND_KEEP);
  keep.mutable_disks()->add_ids(kept.id());
  *response.mutable_observed_time() = ago(3);
  return response;
}

inline v1::ListDisksResponse disks() {
  v1::ListDisksResponse response;
  const v1::PlanDisksResponse planned = plan();
  for (const v1::PlannedDisk& one : planned.plan().disks()) {
    auto& disk = *response.add_disks();
    disk.set_name(one.name());
    disk.set_id(one.id());
    disk.set_model(one.model());
    disk.set_size_bytes(one.size_bytes());
    disk.set_class_(one.class_());
    disk.set_kind(v1::DISK_KIND_PHYSICAL);
    disk.set_transport("sata");
    disk.set_rotational(true);
    disk.add_by_id("/dev/disk/by-id/ata-ST2000NM_" + one.name());
    disk.add_by_id("/dev/disk/by-id/wwn-0x5000c500000000" + one.name());
  }
  auto& nameless = *response.add_disks();
  nameless.set_name("sde");
  auto& reason = *nameless.add_reasons();
  reason.set_code("NoStableIdentity");
  reason.set_message("has neither a WWN nor a serial");
  return response;
}

inline v1::DiskJob job(const std::string& id, v1::DiskJobState state) {
  v1::DiskJob job;
  job.set_id(id);
  *job.mutable_planned() = foreign();
  job.set_state(state);
  *job.mutable_begin_time() = ago(120);
  *job.mutable_change_time() = ago(10);
  *job.mutable_step_time() = ago(10);
  job.mutable_consent()->set_given_by("alice");
  *job.mutable_consent()->mutable_given_time() = ago(180);
  if (state == v1::DISK_JOB_STATE_DONE) job.set_step(2);
  return job;
}

}  // namespace joist::ctl::examples
