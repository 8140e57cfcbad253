// Goal: who consents reads what will be gone, and what is handed to Rook and Longhorn has the disks
// that are ready and no other. Method: pages of example messages, letter by letter where it counts.
#include <gtest/gtest.h>

#include "ctl/disk_hand_over.h"
#include "ctl/disk_view.h"
#include "ctl/job_view.h"
#include "ctl/plan_view.h"
#include "tests/ctl/disk_examples.h"

namespace joist::ctl {
namespace {

using examples::ago;

const WallTime kNow{std::chrono::seconds(examples::kNowSeconds)};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(PlanPage, SaysWhatWillBeGoneAndWhatToType) {
  EXPECT_EQ(render(plan_page(examples::plan(), {}, kNow), {}),
            "sdb  1.8 TiB  ST2000NM\n"
            "ID          wwn:naa.5000c500000000sdb\n"
            "Use         osd (ceph-raw)\n"
            "Class       foreign\n"
            "On it now   will be gone:\n"
            "            ext4 at byte 1080 (sdb), labelled \"data\"\n"
            "Steps       1. save, zero and read back ext4 at byte 1080\n"
            "            2. probe again: nothing may be found\n"
            "Then on it  nothing: blank, for Ceph to take\n"
            "Takes       about 7s\n"
            "Consent     a person's: what is on it will be gone\n"
            "\n"
            "Missing  use osd wants 4 disks; 2 can be had\n"
            "\n"
            "DISK  CLASS       SIZE  USE   WHY NOTHING IS DONE\n"
            "sdc   blank    1.8 TiB  osd   is blank, as this use wants it\n"
            "sdd   foreign  1.8 TiB  keep  is kept as it is, and offered to nobody\n"
            "sda   system   1.8 TiB  -     no use in storage.uses wants it\n"
            "\n"
            "Digest    1a2b3c4d77777777777777777777777777777777777777777777777777777777\n"
            "In short  1a2b3c4d\n"
            "Next      sudo joistctl disk approve\n"
            "          sudo joistctl disk apply\n"
            "Observed  3s ago\n");
}

TEST(PlanPage, SaysWhatSpeaksAgainstADiskThatIsNamed) {
  auto planned = examples::plan();
  auto& disk = *planned.mutable_plan()->mutable_disks(0);
  for (const std::string why : {"its health is failing", "its WWN was a and is b"}) {
    disk.add_warnings()->set_message(why);
  }
  std::string text = render(plan_page(planned, {}, kNow), {});
  EXPECT_TRUE(has(text,
                  "Although    its health is failing\n            its WWN was a and is b\n"
                  "On it now   will be gone:\n"))
      << text;
  EXPECT_TRUE(has(text, "Consent     a person's: what is on it will be gone\n")) << text;
  disk.mutable_steps()->DeleteSubrange(0, 1);  // nothing is cleared
  text = render(plan_page(planned, {}, kNow), {});
  EXPECT_TRUE(has(text, "Consent     a person's: nothing is lost, but something speaks against"))
      << text;
}

TEST(DiskPage, SaysWhatSpeaksAgainstIt) {
  auto disks = examples::disks();
  auto& doubt = *disks.mutable_disks(0)->add_doubts();
  doubt.set_code("IdentityChanged");
  doubt.set_message("its WWN was a and is b");
  const std::string text = render(disk_page(disks.disks(0), kNow), {});
  EXPECT_TRUE(has(text, "its WWN was a and is b (IdentityChanged)\n")) << text;
  Page list;
  list.sections.push_back({"", disk_table(disks.disks(), kNow)});
  EXPECT_TRUE(has(render(list, {}), "its WWN was a and is b")) << render(list, {});
}

TEST(PlanPage, KeepsToTheDisksThatWereAskedFor) {
  const std::string text = render(plan_page(examples::plan(), {"sdb", "sd c"}, kNow), {});
  EXPECT_FALSE(has(text, "WHY NOTHING IS DONE")) << text;
  EXPECT_TRUE(has(text, "Next      sudo joistctl disk approve sdb 'sd c'\n")) << text;
}

TEST(PlanPage, SaysThatNothingIsToBeDone) {
  auto planned = examples::plan();
  planned.mutable_plan()->mutable_disks()->DeleteSubrange(0, 1);
  planned.mutable_plan()->clear_digest();
  std::string text = render(plan_page(planned, {}, kNow), {});
  EXPECT_TRUE(has(text, "\nPlan      nothing is to be done\n")) << text;
  EXPECT_FALSE(has(text, "Next"));
  planned.mutable_spec()->clear_uses();
  text = render(plan_page(planned, {}, kNow), {});
  EXPECT_TRUE(has(text, "storage.uses in the configuration says what disks are for")) << text;
}

TEST(PlanPage, TellsWhatStaysFromWhatGoes) {
  auto disk = examples::planned("nvme0n1", "replicas", v1::STORAGE_USE_KIND_LONGHORN_V1);
  disk.set_class_(v1::DISK_CLASS_FOREIGN);
  disk.set_filesystem(v1::FILESYSTEM_EXT4);
  disk.set_filesystem_label("joist-1a2b3c");
  disk.set_mount_point("/var/lib/longhorn-disks/1a2b3c4d");
  disk.add_found("ext4 at byte 1080 (nvme0n1)");
  disk.set_consent(v1::CONSENT_NEED_POLICY);
  examples::add_step(disk, v1::DISK_STEP_KIND_MOUNT, "", 5);
  v1::DiskPlan plan;
  *plan.add_disks() = disk;
  plan.set_digest(std::string(32, 'a'));
  const std::string text = render(preview_page(plan), {});
  EXPECT_TRUE(has(text, "On it now   stays:\n            ext4 at byte 1080")) << text;
  EXPECT_TRUE(has(text, "Steps       1. mount\n")) << text;
  EXPECT_TRUE(has(text,
                  "Then on it  ext4 labelled joist-1a2b3c, mounted at "
                  "/var/lib/longhorn-disks/1a2b3c4d now and at every boot\n"))
      << text;
  EXPECT_TRUE(has(text, "or the policy's in /etc/joist/apply.yaml: nothing is lost")) << text;
}

// A disk may call itself anything; neither the terminal nor the page may be commanded by it.
TEST(PlanPage, ObeysNoDisk) {
  auto plan = examples::preview();
  plan.mutable_disks(0)->set_model("\x1b[2J\nDigest  00000000");
  const std::string text = render(preview_page(plan), {.colour = true});
  EXPECT_FALSE(has(text, "\x1b[2J"));
  EXPECT_TRUE(has(text, "\\x1b[2J\\x0aDigest")) << text;
  EXPECT_TRUE(has(text, "\x1b[1m1a2b3c4d\x1b[0m")) << text;
}

TEST(DiskPage, SaysAllThatIsKnown) {
  v1::Disk disk = examples::disks().disks(0);
  disk.set_serial("Z1X0");
  disk.set_logical_sector_bytes(512);
  disk.set_physical_sector_bytes(4096);
  disk.set_diskseq(7);
  disk.set_probed(true);
  *disk.mutable_probe_time() = ago(42);
  for (const char* code : {"HasSignature", "HasPartitions"}) {
    auto& reason = *disk.add_reasons();
    reason.set_code(code);
    reason.set_message("holds something");
  }
  auto& use = *disk.add_uses();
  use.set_kind("mount");
  use.set_target("/data");
  use.set_via("sdb1");
  auto& signature = *disk.add_signatures();
  signature.set_type("ext4");
  signature.set_usage("filesystem");
  signature.set_offset_bytes(1080);
  signature.set_device("sdb1");
  signature.set_owner("e2fsprogs");
  signature.set_confidence(v1::CONFIDENCE_CHECKED);
  auto& partition = *disk.add_partitions();
  partition.set_name("sdb1");
  partition.set_start_bytes(1 << 20);
  partition.set_size_bytes(1 << 30);
  disk.mutable_health()->set_state(v1::DISK_HEALTH_STATE_WARNING);
  disk.mutable_health()->add_reasons()->set_message("it is worn");
  disk.mutable_health()->add_reasons()->set_message("it is hot");
  disk.mutable_health()->set_temperature_celsius(71);
  disk.mutable_health()->set_temperature_limit_celsius(70);
  disk.mutable_health()->set_power_on_hours(48);
  disk.mutable_health()->set_wear_percent(93);
  disk.mutable_health()->set_written_bytes(3e12);
  EXPECT_EQ(render(disk_page(disk, kNow), {}),
            "Disk      sdb\n"
            "ID        wwn:naa.5000c500000000sdb\n"
            "Model     ST2000NM\n"
            "Serial    Z1X0\n"
            "Type      sata hdd\n"
            "Size      1.8 TiB (2000398934016 bytes)\n"
            "Sectors   512 bytes, 4096 physical\n"
            "Links     /dev/disk/by-id/ata-ST2000NM_sdb\n"
            "          /dev/disk/by-id/wwn-0x5000c500000000sdb\n"
            "Attached  as number 7 since boot\n"
            "Class     foreign\n"
            "Why       holds something (HasSignature)\n"
            "          holds something (HasPartitions)\n"
            "Read      42s ago\n"
            "\n"
            "USE    WHERE  DEVICE\n"
            "mount  /data  sdb1\n"
            "\n"
            "SIGNATURE  BYTE  DEVICE  OWNER      CONFIDENCE      USAGE       LABEL  UUID\n"
            "ext4       1080  sdb1    e2fsprogs  checksum right  filesystem  -      -\n"
            "\n"
            "PARTITION   BEGINS   SIZE  TYPE\n"
            "sdb1       1048576  1 GiB  -\n"
            "\n"
            "Health       warning: it is worn\n"
            "             it is hot\n"
            "Temperature  71 Celsius, its limit 70\n"
            "Powered on   2d\n"
            "Wear         93 %\n"
            "Has written  2.7 TiB\n");
}

TEST(DiskPage, SaysWhatIsNotKnown) {
  v1::Disk disk;
  disk.set_name("sdz");
  disk.set_probe_error("open /dev/sdz: No medium found");
  const std::string text = render(disk_page(disk, kNow), {});
  EXPECT_TRUE(has(text, "\nID       none that is stable\n")) << text;
  EXPECT_TRUE(has(text, "\nClass    unknown\n")) << text;
  EXPECT_TRUE(has(text, "\nRead     no: open /dev/sdz: No medium found\n")) << text;
  EXPECT_EQ(render({{{"", planned_facts(examples::plan().plan().disks(2))}}}, {}),
            "Planned use  keep (keep)\n"
            "Plan         nothing is done: is kept as it is, and offered to nobody\n");
}

TEST(ProgressLine, ReckonsRateAndTimeLeft) {
  v1::DiskJob job = examples::job("j", v1::DISK_JOB_STATE_RUNNING);
  EXPECT_EQ(progress_line(job, kNow), "sdb: step 1 of 2, clear");
  job.set_total_bytes(1000ULL << 20);
  job.set_done_bytes(250ULL << 20);
  EXPECT_EQ(progress_line(job, kNow), "sdb: step 1 of 2, clear: 25%, 25 MiB/s, 30s left");
  job.set_total_bytes(0);
  EXPECT_EQ(progress_line(job, kNow), "sdb: step 1 of 2, clear: 25 MiB/s");
  *job.mutable_step_time() = ago(-60);  // a clock that was set back
  job.set_cancelled(true);
  EXPECT_EQ(progress_line(job, kNow), "sdb: step 1 of 2, clear, stops after it");
  job.set_state(v1::DISK_JOB_STATE_FAILED);
  job.set_problem("it is held");
  EXPECT_EQ(progress_line(job, kNow), "sdb: failed at step 1 of 2, clear: it is held");
  EXPECT_EQ(progress_line(examples::job("j", v1::DISK_JOB_STATE_DONE), kNow), "sdb: done");
}

TEST(JobsPage, ListsThemAndTellsOneInFull) {
  v1::ListDiskJobsResponse jobs;
  *jobs.add_jobs() = examples::job("20260101T000000Z-aa", v1::DISK_JOB_STATE_RUNNING);
  auto& failed = *jobs.add_jobs() = examples::job("20251231T000000Z-bb", v1::DISK_JOB_STATE_FAILED);
  failed.set_step(1);
  failed.set_problem("something is found");
  failed.set_saved_digest(std::string(32, 'x'));
  EXPECT_EQ(
      render(jobs_page(jobs, kNow), {}),
      "WHEN    DISK  USE  STATE    AT                         JOB                  PROBLEM\n"
      "2m ago  sdb   osd  running  step 1 of 2, clear         20260101T000000Z-aa  -\n"
      "2m ago  sdb   osd  failed   step 2 of 2, verify blank  20251231T000000Z-bb  something is "
      "found\n");
  EXPECT_EQ(running_jobs(jobs).jobs_size(), 1);
  EXPECT_EQ(render(jobs_page({}, kNow), {}), "No jobs.\n");
  EXPECT_EQ(render(job_page(failed, kNow), {}),
            "Job        20251231T000000Z-bb\n"
            "Disk       sdb, 1.8 TiB, ST2000NM\n"
            "ID         wwn:naa.5000c500000000sdb\n"
            "Use        osd (ceph-raw)\n"
            "State      failed\n"
            "At         step 2 of 2, verify blank\n"
            "Problem    something is found\n"
            "Steps      1. save, zero and read back ext4 at byte 1080 (done)\n"
            "           2. probe again: nothing may be found (failed)\n"
            "Was on it  ext4 at byte 1080 (sdb), labelled \"data\"\n"
            "Saved      what was cleared; sudo joistctl disk undo 20251231T000000Z-bb\n"
            "Began      2m ago\n"
            "Changed    10s ago\n"
            "Consent    by alice, 3m ago\n");
}

TEST(FindJob, TakesIdsTheirBeginningsAndDisks) {
  v1::ListDiskJobsResponse jobs;
  *jobs.add_jobs() = examples::job("20260102-aa", v1::DISK_JOB_STATE_RUNNING);
  *jobs.add_jobs() = examples::job("20260101-bb", v1::DISK_JOB_STATE_DONE);
  *jobs.add_jobs() = examples::job("20260101-bbc", v1::DISK_JOB_STATE_DONE);
  EXPECT_EQ(find_job(jobs, "20260102-aa").value(), "20260102-aa");
  EXPECT_EQ(find_job(jobs, "20260102").value(), "20260102-aa");
  EXPECT_EQ(find_job(jobs, "20260101-bb").value(), "20260101-bb");  // also another's beginning
  EXPECT_EQ(find_job(jobs, "sdb").value(), "20260102-aa");
  EXPECT_EQ(find_job(jobs, "wwn:naa.5000c500000000sdb").value(), "20260102-aa");
  EXPECT_EQ(find_job(jobs, "20260101").error().code, ErrorCode::Malformed);
  EXPECT_TRUE(has(find_job(jobs, "2026").error().message, "20260101-bb, 20260101-bbc, 20260102"));
  for (const char* none : {"", "sdc", "3"}) {
    EXPECT_EQ(find_job(jobs, none).error().code, ErrorCode::NotFound) << none;
  }
}

TEST(StableLink, IsTheDisksOwnAndNoOthers) {
  v1::ListDisksResponse disks;
  v1::Disk& disk = *disks.add_disks();
  const auto link_of = [&](const std::vector<std::string>& names) {
    disk.clear_by_id();
    for (const std::string& name : names) disk.add_by_id("/dev/disk/by-id/" + name);
    return stable_link(disk, disks);
  };
  EXPECT_EQ(link_of({}), "");
  EXPECT_EQ(link_of({"ata-X_1", "wwn-0x5"}), "/dev/disk/by-id/wwn-0x5");
  EXPECT_EQ(link_of({"nvme-X_1", "nvme-eui.00"}), "/dev/disk/by-id/nvme-eui.00");
  EXPECT_EQ(link_of({"scsi-2", "ata-X_1"}), "/dev/disk/by-id/ata-X_1");
  EXPECT_EQ(link_of({"lvm-pv-uuid-x", "dm-name-y"}), "");  // of what is on it
  EXPECT_EQ(link_of({"ata-X\\x20Y", "ata-a b"}), "");
  disks.add_disks()->add_by_id("/dev/disk/by-id/wwn-0x5");
  EXPECT_EQ(link_of({"ata-X_1", "wwn-0x5"}), "/dev/disk/by-id/ata-X_1");  // two claim the other
}

TEST(CephText, HasWhatIsReadyAndNothingElse) {
  auto planned = examples::plan();
  auto disks = examples::disks();
  auto& osd = *planned.mutable_plan()->add_disks() =
      examples::planned("sdf", "osd", v1::STORAGE_USE_KIND_CEPH_RAW);
  osd.set_class_(v1::DISK_CLASS_IN_USE);
  examples::add_reason(osd, "CarriesOsd", "carries a BlueStore OSD already");
  auto& linkless = *planned.mutable_plan()->add_disks() =
      examples::planned("sdg", "osd", v1::STORAGE_USE_KIND_CEPH_RAW);
  linkless.set_model("Evil\n- name: /dev/sda");
  examples::add_reason(linkless, "AlreadyBlank", "is blank");
  auto& wiped = *planned.mutable_plan()->add_disks() =
      examples::planned("sdh", "wipe", v1::STORAGE_USE_KIND_WIPE);
  examples::add_reason(wiped, "AlreadyBlank", "is blank");
  auto& disk = *disks.add_disks();
  disk.set_name("sdf");
  disk.set_id(osd.id());
  disk.add_by_id("/dev/disk/by-id/wwn-0xf");
  EXPECT_EQ(ceph_text({"host1", disks, planned.plan()}),
            "# In spec of Rook's CephCluster. The node's name is the one that Kubernetes knows.\n"
            "storage:\n"
            "  useAllNodes: false\n"
            "  useAllDevices: false\n"
            "  nodes:\n"
            "    - name: \"host1\"\n"
            "      devices:\n"
            "        # sdc, 1.8 TiB, ST2000NM, blank\n"
            "        - name: \"/dev/disk/by-id/wwn-0x5000c500000000sdc\"\n"
            "        # sdf, 1.8 TiB, ST2000NM, carries an OSD\n"
            "        - name: \"/dev/disk/by-id/wwn-0xf\"\n"
            "        # left out: sdg, 1.8 TiB, Evil\\x0a- name: /dev/sda: no link in "
            "/dev/disk/by-id names it and no other\n");
  EXPECT_TRUE(has(ceph_text({"host1", {}, {}}), "      devices: []\n"));
}

TEST(LonghornText, HasWhatIsMountedAndNothingElse) {
  v1::PlanDisksResponse planned = examples::plan();
  auto disks = examples::disks();
  auto& mounted = *planned.mutable_plan()->add_disks() =
      examples::planned("nvme0n1", "replicas", v1::STORAGE_USE_KIND_LONGHORN_V1);
  mounted.set_filesystem_label("joist-1a2b3c");
  mounted.set_mount_point("/var/lib/longhorn-disks/1a2b3c4d");
  examples::add_reason(mounted, "AlreadyMounted", "has the file system of this use");
  auto& local = *planned.mutable_plan()->add_disks() = mounted;
  local.set_kind(v1::STORAGE_USE_KIND_LOCAL);
  auto& unfinished = *planned.mutable_plan()->add_disks() = mounted;
  examples::add_step(unfinished, v1::DISK_STEP_KIND_MOUNT, "mount it", 5);
  auto& disk = *disks.add_disks();
  disk.set_id(mounted.id());
  disk.set_transport("nvme");
  EXPECT_EQ(longhorn_text({"host1", disks, planned.plan()}),
            "# For kubectl apply --server-side -f -. Longhorn reads it while its node has no disks "
            "yet.\n"
            "# The node's name is the one that Kubernetes knows.\n"
            "apiVersion: v1\n"
            "kind: Node\n"
            "metadata:\n"
            "  name: \"host1\"\n"
            "  labels:\n"
            "    node.longhorn.io/create-default-disk: \"config\"\n"
            "  annotations:\n"
            "    # nvme0n1, 1.8 TiB, ST2000NM, at /var/lib/longhorn-disks/1a2b3c4d\n"
            "    node.longhorn.io/default-disks-config: '[{\"name\":\"joist-1a2b3c\",\"path\":"
            "\"/var/lib/longhorn-disks/"
            "1a2b3c4d\",\"diskType\":\"filesystem\",\"allowScheduling\":true,\"tags\":"
            "[\"replicas\",\"nvme\",\"ssd\"]}]'\n");
  EXPECT_TRUE(has(longhorn_text({"host1", {}, {}}), "default-disks-config: '[]'\n"));
}

}  // namespace
}  // namespace joist::ctl
