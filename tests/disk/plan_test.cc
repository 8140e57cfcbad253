// Goal: what is planned for which disk, and that nothing is planned for one that is not known to be
// free. Method: tables over kinds of uses and classes of disks; grounds made by hand.
#include "disk/plan.h"

#include <gtest/gtest.h>

#include "tests/disk/plan_ground.h"

namespace joist::disk {
namespace {

using Texts = std::vector<std::string>;

const std::string kPrepareBlank = "verify mkfs mount, policy";
const std::string kPrepareForeign = "clear verify mkfs mount, person";

v1::StorageUse local(const std::string& name, const std::string& mount_point = {}) {
  v1::StorageUse use = use_of(name, v1::STORAGE_USE_KIND_LOCAL);
  use.set_mount_point(mount_point);
  return use;
}

v1::StorageUse ceph() { return use_of("osd", v1::STORAGE_USE_KIND_CEPH_RAW); }
v1::StorageUse wipe() { return use_of("wipe", v1::STORAGE_USE_KIND_WIPE); }

// With the file system that a use makes of it.
ClassifiedDisk prepared(const std::string& name, const v1::StorageUse& use) {
  const auto plan = plan_disks(ground_of({blank(name)}, {use}));
  return with(blank(name), [&](ClassifiedDisk& disk) {
    (*disk.probe)->signatures = {signature_of("xfs", plan.disks(0).filesystem_uuid())};
  });
}

std::string mount_point(const PlanGround& ground) {
  return plan_disks(ground).disks(0).mount_point();
}

TEST(PlanDisks, SaysForEachKindAndClassWhatIsDone) {
  const auto read_only =
      with(blank("sdd"), [](ClassifiedDisk& disk) { disk.disk.read_only = true; });
  const PlanGround disks =
      ground_of({mounted_at(foreign("sda"), "/", true), mounted_at(foreign("sdb"), "/data"),
                 read_only, foreign("sde"), blank("sdf")},
                {});
  const std::string system = "SystemMount HasSignature";
  const std::string in_use = "Mounted HasSignature";
  v1::StorageUse zero = wipe();
  zero.set_wipe(v1::WIPE_METHOD_ZERO);
  v1::StorageUse discard = wipe();
  discard.set_wipe(v1::WIPE_METHOD_DISCARD);
  v1::StorageUse zero_ceph = ceph();
  zero_ceph.set_wipe(v1::WIPE_METHOD_ZERO);
  struct Row {
    v1::StorageUse use;
    Texts expected;  // system, in-use, unusable, foreign, blank
  };
  const std::vector<Row> rows{
      {ceph(), {system, in_use, "ReadOnly", "clear verify, person", "AlreadyBlank"}},
      {use_of("lh", v1::STORAGE_USE_KIND_LONGHORN_V1),
       {system, in_use, "ReadOnly", kPrepareForeign, kPrepareBlank}},
      {local("l"), {system, in_use, "ReadOnly", kPrepareForeign, kPrepareBlank}},
      {wipe(), {system, in_use, "ReadOnly", "clear verify, person", "AlreadyBlank"}},
      {zero, {system, in_use, "ReadOnly", "zero verify, person", "AlreadyBlank"}},
      {discard, {system, in_use, "ReadOnly", "discard verify, person", "AlreadyBlank"}},
      // Zeroing every byte is of wipe alone.
      {zero_ceph, {system, in_use, "ReadOnly", "clear verify, person", "AlreadyBlank"}},
      {use_of("k", v1::STORAGE_USE_KIND_KEEP), {"Kept", "Kept", "Kept", "Kept", "Kept"}},
  };
  for (const Row& row : rows) {
    PlanGround ground = disks;
    *ground.spec.add_uses() = row.use;
    EXPECT_EQ(outcomes(ground), row.expected) << row.use.ShortDebugString();
  }
  EXPECT_EQ(outcomes(disks), Texts(5, "NotWanted"));
}

TEST(PlanDisks, LeavesAloneWhatWasNotReadOrHasNoName) {
  const auto unread = with(blank("sda"), [](ClassifiedDisk& disk) { disk.probe.reset(); });
  const auto unreadable = with(blank("sdb"), [](ClassifiedDisk& disk) {
    disk.probe = Result<ProbeResult>(fail(ErrorCode::Io, "read sdb: Input/output error"));
  });
  const auto nameless = with(blank("sdc"), [](ClassifiedDisk& disk) {
    disk.disk.id.clear();
    disk.disk.identity_fault = IdentityFault::Missing;
  });
  // The kernel knows partitions, and nothing that was read says why.
  const auto unexplained = with(blank("sdd"), [](ClassifiedDisk& disk) {
    disk.disk.partitions.push_back({"sdd1", 1 << 20, 1 << 30, ""});
  });
  for (const v1::StorageUse& use :
       {ceph(), wipe(), local("l"), use_of("lh", v1::STORAGE_USE_KIND_LONGHORN_V1)}) {
    EXPECT_EQ(outcomes(ground_of({unread, unreadable, nameless, unexplained}, {use})),
              (Texts{"NotProbed", "Unreadable", "NoStableIdentity", "HasPartitions"}))
        << use.name();
  }
}

TEST(PlanDisks, TakesNoVerdictAgainstWhatWasRead) {
  ClassifiedDisk disk = foreign("sda");
  disk.verdict = blank("sda").verdict;
  EXPECT_EQ(outcomes(ground_of({disk}, {local("l")})), Texts{"NothingFound"});
  EXPECT_EQ(outcomes(ground_of({disk}, {ceph()})), Texts{"NothingFound"});
}

TEST(PlanDisks, GivesADiskToTheFirstUseThatWantsIt) {
  v1::StorageUse keep = use_of("keep", v1::STORAGE_USE_KIND_KEEP);
  keep.mutable_disks()->add_ids("serial:sata:sdb");
  const auto plan = plan_disks(ground_of({blank("sda"), blank("sdb")}, {keep, local("l"), wipe()}));
  EXPECT_EQ(plan.disks(0).use(), "l");
  EXPECT_EQ(plan.disks(0).kind(), v1::STORAGE_USE_KIND_LOCAL);
  EXPECT_EQ(plan.disks(1).use(), "keep");
  EXPECT_EQ(outcome(plan.disks(1)), "Kept");
}

TEST(PlanDisks, TakesNoMoreThanCountedAndLeavesTheRestToTheNextUse) {
  v1::StorageUse two = local("two");
  two.mutable_disks()->set_count(2);
  const PlanGround ground =
      ground_of({foreign("sda"), blank("sdd"), blank("sdc"), foreign("sdb")}, {two, wipe()});
  // Blank before foreign, and by identity.
  EXPECT_EQ(outcomes(ground),
            (Texts{"clear verify, person", kPrepareBlank, kPrepareBlank, "clear verify, person"}));
  const auto plan = plan_disks(ground);
  EXPECT_EQ(plan.disks(0).use(), "wipe");
  EXPECT_EQ(plan.disks(0).mount_point(), "");
  EXPECT_EQ(plan.disks(0).filesystem_uuid(), "");
  EXPECT_TRUE(plan.shortfalls().empty());
}

TEST(PlanDisks, LeavesTheRestToNobodyWhereNoUseFollows) {
  v1::StorageUse one = local("one");
  one.mutable_disks()->set_count(1);
  EXPECT_EQ(outcomes(ground_of({foreign("sda"), foreign("sdb")}, {one})),
            (Texts{kPrepareForeign, "NotWanted"}));
}

TEST(PlanDisks, CountsWhatIsPrepared) {
  v1::StorageUse use = local("l");
  use.mutable_disks()->set_count(2);
  const auto plan = plan_disks(ground_of({blank("sdb")}, {use}));
  const auto done = mounted_at(prepared("sdb", use), plan.disks(0).mount_point());
  EXPECT_EQ(outcomes(ground_of({blank("sda"), done, blank("sdc")}, {use})),
            (Texts{kPrepareBlank, "AlreadyMounted", "NotWanted"}));
}

TEST(PlanDisks, KeepsAReserve) {
  v1::StorageUse use = local("l");
  use.mutable_disks()->set_reserve(1);
  EXPECT_EQ(outcomes(ground_of({blank("sda"), foreign("sdb"), blank("sdc")}, {use, wipe()})),
            (Texts{kPrepareBlank, "Reserved", kPrepareBlank}));
  use.mutable_disks()->set_reserve(9);
  EXPECT_EQ(outcomes(ground_of({blank("sda"), foreign("sdb")}, {use, wipe()})),
            (Texts{"Reserved", "Reserved"}));
  use.mutable_disks()->set_count(1);
  use.mutable_disks()->set_reserve(1);
  EXPECT_EQ(outcomes(ground_of({blank("sda"), blank("sdb"), blank("sdc")}, {use})),
            (Texts{kPrepareBlank, "NotWanted", "Reserved"}));
}

TEST(PlanDisks, ReservesAndCountsBlankDisksOfCeph) {
  v1::StorageUse use = ceph();
  use.mutable_disks()->set_reserve(1);
  EXPECT_EQ(outcomes(ground_of({blank("sda"), blank("sdb")}, {use})),
            (Texts{"AlreadyBlank", "Reserved"}));
  use.mutable_disks()->set_reserve(0);
  use.mutable_disks()->set_count(1);
  EXPECT_EQ(outcomes(ground_of({foreign("sda"), blank("sdb")}, {use, wipe()})),
            (Texts{"clear verify, person", "AlreadyBlank"}));
  const auto plan = plan_disks(ground_of({foreign("sda"), blank("sdb")}, {use, wipe()}));
  EXPECT_EQ(plan.disks(0).use(), "wipe");
  EXPECT_EQ(plan.disks(1).use(), "osd");
}

TEST(PlanDisks, SaysWhatIsShort) {
  v1::StorageUse use = local("l");
  use.mutable_disks()->set_count(3);
  const auto plan = plan_disks(ground_of({blank("sda"), mounted_at(blank("sdb"), "/data")}, {use}));
  ASSERT_EQ(plan.shortfalls_size(), 1);
  EXPECT_EQ(plan.shortfalls(0).code(), "TooFewDisks");
  EXPECT_EQ(plan.shortfalls(0).message(), "use l wants 3 disks; 1 can be had");
  use.mutable_disks()->set_count(1);
  EXPECT_TRUE(plan_disks(ground_of({blank("sda")}, {use})).shortfalls().empty());
  EXPECT_EQ(plan_disks(ground_of({}, {use})).shortfalls_size(), 1);
}

TEST(PlanDisks, LeavesWhatIsMountedWhereItBelongs) {
  const auto disk = prepared("sda", local("l", "/data"));
  const auto mounted = mounted_at(disk, "/data");
  EXPECT_EQ(mounted.verdict.disk_class, v1::DISK_CLASS_IN_USE);
  EXPECT_EQ(outcomes(ground_of({mounted}, {local("l", "/data")})), Texts{"AlreadyMounted"});
  EXPECT_EQ(outcomes(ground_of({mounted}, {local("l", "/elsewhere")})),
            Texts{"Mounted HasSignature"});
  EXPECT_EQ(outcomes(ground_of({mounted_at(disk, "/mnt")}, {local("l", "/data")})),
            Texts{"Mounted HasSignature"});
}

TEST(PlanDisks, MountsItsOwnFilesystemAndMakesNone) {
  const auto disk = prepared("sda", local("l", "/data"));
  EXPECT_EQ(outcomes(ground_of({disk}, {local("l", "/data")})), Texts{"mount, policy"});
  // Another host's, another kind, or with something beside it, is not its own.
  PlanGround ground = ground_of({disk}, {local("l", "/data")});
  ground.host = "host-2";
  EXPECT_EQ(outcomes(ground), Texts{kPrepareForeign});
  ground = ground_of({disk}, {local("l", "/data")});
  ground.spec.mutable_uses(0)->set_filesystem(v1::FILESYSTEM_EXT4);
  EXPECT_EQ(outcomes(ground), Texts{kPrepareForeign});
  const auto beside = with(disk, [](ClassifiedDisk& changed) {
    (*changed.probe)->signatures.push_back(signature_of("LVM2_member", "other"));
  });
  // A file in it may look like that: it is not offered for clearing.
  EXPECT_EQ(outcomes(ground_of({beside}, {local("l", "/data")})), Texts{"CarriesMore"});
  EXPECT_EQ(outcomes(ground_of({beside}, {wipe()})), Texts{"clear verify, person"});
  const auto parted = with(disk, [](ClassifiedDisk& changed) {
    (*changed.probe)->partitions.push_back({"sda1", 1 << 20, 1 << 30, "0x83"});
  });
  EXPECT_EQ(outcomes(ground_of({parted}, {local("l", "/data")})), Texts{"CarriesMore"});
  const auto cut = with(disk, [](ClassifiedDisk& changed) { (*changed.probe)->truncated = true; });
  EXPECT_EQ(outcomes(ground_of({cut}, {local("l", "/data")})), Texts{"CarriesMore"});
  // Mounted where it belongs it is what the kernel took it for.
  EXPECT_EQ(outcomes(ground_of({mounted_at(beside, "/data")}, {local("l", "/data")})),
            Texts{"AlreadyMounted"});
  EXPECT_EQ(outcomes(ground_of({mounted_at(beside, "/mnt")}, {local("l", "/data")})),
            Texts{"Mounted HasSignature HasSignature"});
  // For a use that wants it blank it is something like any other.
  EXPECT_EQ(outcomes(ground_of({disk}, {wipe()})), Texts{"clear verify, person"});
}

TEST(PlanDisks, MountsItsOwnFilesystemBeforeItTakesABlankDisk) {
  const auto disk = prepared("sdb", local("l", "/data"));
  EXPECT_EQ(outcomes(ground_of({blank("sda"), disk}, {local("l", "/data")})),
            (Texts{"NotWanted", "mount, policy"}));
  v1::StorageUse one = local("one");
  one.mutable_disks()->set_count(1);
  one.mutable_disks()->set_reserve(1);
  EXPECT_EQ(outcomes(ground_of({blank("sda"), prepared("sdb", one)}, {one})),
            (Texts{"Reserved", "mount, policy"}));
}

TEST(PlanDisks, ClearsAnOsdForWipeAlone) {
  const auto osd = with(foreign("sda"), [](ClassifiedDisk& disk) {
    (*disk.probe)->signatures = {signature_of("ceph_bluestore", "osd")};
  });
  EXPECT_EQ(outcomes(ground_of({osd}, {ceph()})), Texts{"CarriesOsd"});
  EXPECT_EQ(outcomes(ground_of({osd}, {wipe()})), Texts{"clear verify, person"});
  const auto copy = with(foreign("sda"),
                         [](ClassifiedDisk& disk) { (*disk.probe)->signatures[0].owner = "ceph"; });
  EXPECT_EQ(outcomes(ground_of({copy}, {ceph()})), Texts{"CarriesOsd"});
  // A running one counts.
  v1::StorageUse one = ceph();
  one.mutable_disks()->set_count(1);
  const auto held = with(osd, [](ClassifiedDisk& disk) { (*disk.probe)->held = true; });
  const auto plan = plan_disks(ground_of({held, foreign("sdb")}, {one}));
  EXPECT_EQ(outcome(plan.disks(0)), "CarriesOsd");
  EXPECT_EQ(outcome(plan.disks(1)), "NotWanted");
  EXPECT_TRUE(plan.shortfalls().empty());
}

TEST(PlanDisks, RefusesMountPointsOfTheSystem) {
  for (const std::string point : {"/",
                                  "//",
                                  "/.",
                                  "/etc",
                                  "/etc/x",
                                  "/usr/local/data",
                                  "/boot",
                                  "/boot/efi",
                                  "/dev/x",
                                  "/run/x",
                                  "/proc",
                                  "/sys/x",
                                  "/tmp/x",
                                  "/root/x",
                                  "/lib64/x",
                                  "/bin",
                                  "/var",
                                  "/var/",
                                  "/var/lib",
                                  "/var/run/x",
                                  "/var/lock",
                                  "/var/lib/joist",
                                  "/var/lib/joist/disks",
                                  "/var/lib/longhorn-disks/",
                                  "//etc//x",
                                  "/./etc",
                                  "/data/..",
                                  "/data/../etc",
                                  "/data/../srv",
                                  "/..",
                                  "/data x",
                                  "/data\tx",
                                  "/d\"x",
                                  "/d%x",
                                  "/d\\x",
                                  "/d\nx",
                                  "/dat\xc3\xa4",
                                  "relative",
                                  "data/x"}) {
    EXPECT_EQ(outcomes(ground_of({blank("sda")}, {local("l", point)})), Texts{"MountPointRefused"})
        << point;
  }
  // "/…" with ".mount" is a unit's name of 255 characters; '-' takes four of them.
  EXPECT_EQ(outcomes(ground_of({blank("sda")}, {local("l", "/" + std::string(249, 'x'))})),
            Texts{kPrepareBlank});
  for (const auto& long_one : {std::string(250, 'x'), std::string(63, '-')}) {
    EXPECT_EQ(outcomes(ground_of({blank("sda")}, {local("l", "/" + long_one)})),
              Texts{"MountPointRefused"});
  }
}

TEST(PlanDisks, NormalisesMountPoints) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {"/data//x/", "/data/x"},   {"//data", "/data"},        {"/data/./x", "/data/x"},
      {"/data/x/.", "/data/x"},   {"/srv", "/srv"},           {"/var/lib/x", "/var/lib/x"},
      {"/etcetera", "/etcetera"}, {"/d:1/_.@-", "/d:1/_.@-"}, {"/mnt/.x", "/mnt/.x"},
  };
  for (const auto& [written, normal] : rows) {
    const PlanGround ground = ground_of({blank("sda")}, {local("l", written)});
    EXPECT_EQ(mount_point(ground), normal);
    EXPECT_EQ(outcomes(ground), Texts{kPrepareBlank}) << written;
  }
}

TEST(PlanDisks, NamesMountPointsByTheDiskUnlessTold) {
  const std::string name = mount_point(ground_of({blank("sda")}, {local("l")}));
  EXPECT_TRUE(name.starts_with("/var/lib/joist/disks/")) << name;
  v1::StorageUse longhorn = use_of("lh", v1::STORAGE_USE_KIND_LONGHORN_V1);
  longhorn.set_mount_point("/etc");  // of local alone
  const std::string other = mount_point(ground_of({blank("sda")}, {longhorn}));
  EXPECT_TRUE(other.starts_with("/var/lib/longhorn-disks/")) << other;
  EXPECT_EQ(name.substr(name.rfind('/')), other.substr(other.rfind('/')));
  EXPECT_NE(mount_point(ground_of({blank("sdb")}, {local("l")})), name);
}

TEST(PlanDisks, TakesOneDiskForAPlace) {
  v1::StorageUse use = local("l", "/data");
  use.mutable_disks()->set_count(5);
  const PlanGround ground = ground_of({blank("sda"), blank("sdb")}, {use, local("rest")});
  EXPECT_EQ(outcomes(ground), (Texts{kPrepareBlank, kPrepareBlank}));
  EXPECT_EQ(plan_disks(ground).disks(0).mount_point(), "/data");
  EXPECT_EQ(plan_disks(ground).disks(1).use(), "rest");
  EXPECT_TRUE(plan_disks(ground).shortfalls().empty());
}

TEST(PlanDisks, TakesNoDiskForAPlaceThatIsTaken) {
  // By another use, also where that one is not asked for now.
  PlanGround ground =
      ground_of({blank("sda"), blank("sdb")}, {local("one", "/data"), local("two", "/data/")});
  EXPECT_EQ(outcomes(ground), (Texts{kPrepareBlank, "MountPointTaken"}));
  EXPECT_EQ(plan_disks(ground).shortfalls_size(), 1);
  ground.only = {"sdb"};
  EXPECT_EQ(outcomes(ground), (Texts{"NotAsked", "MountPointTaken"}));
  // By a disk that cannot be read now, so that it is not known to be the one.
  const auto unread = with(mounted_at(prepared("sda", local("one", "/data")), "/data"),
                           [](ClassifiedDisk& disk) { disk.probe.reset(); });
  EXPECT_EQ(outcomes(ground_of({unread, blank("sdb")}, {local("one", "/data")})),
            (Texts{"Mounted NotProbed", "MountPointTaken"}));
  // Not by its own.
  const auto own = mounted_at(prepared("sda", local("one", "/data")), "/data");
  EXPECT_EQ(outcomes(ground_of({own, blank("sdb")}, {local("one", "/data"), local("two")})),
            (Texts{"AlreadyMounted", kPrepareBlank}));
}

TEST(PlanDisks, DoesNothingForAUseItDoesNotKnow) {
  const auto set = [](auto change) {
    v1::StorageUse use = wipe();
    change(use);
    return use;
  };
  for (const v1::StorageUse& use :
       {set([](auto& one) { one.set_kind(static_cast<v1::StorageUseKind>(77)); }),
        set([](auto& one) { one.set_kind(v1::STORAGE_USE_KIND_UNSPECIFIED); }),
        set([](auto& one) { one.set_wipe(static_cast<v1::WipeMethod>(77)); }),
        set([](auto& one) { one.set_filesystem(static_cast<v1::Filesystem>(77)); })}) {
    EXPECT_EQ(outcomes(ground_of({foreign("sda"), blank("sdb")}, {use, wipe()})),
              (Texts{"UseNotKnown", "UseNotKnown"}));
  }
}

TEST(PlanDisks, IsOfTheDisksThatAreAskedFor) {
  PlanGround ground = ground_of({blank("sda"), blank("sdb"), blank("sdc")}, {local("l")});
  ground.only = {"sda", "serial:sata:sdc"};
  EXPECT_EQ(outcomes(ground), (Texts{kPrepareBlank, "NotAsked", kPrepareBlank}));
  // Being asked for changes nothing of who gets what.
  ground.spec.mutable_uses(0)->mutable_disks()->set_count(1);
  ground.only = {"sdb"};
  EXPECT_EQ(outcomes(ground), (Texts{"NotAsked", "NotWanted", "NotWanted"}));
  EXPECT_EQ(plan_disks(ground).digest(), "");
  ground.only = {""};  // no name, not even of a disk without one
  ground.disks[0].disk.id.clear();
  EXPECT_EQ(plan_disks(ground).digest(), "");
}

TEST(PlanDisks, ShowsWhatWouldBeGone) {
  const auto plan = plan_disks(ground_of({foreign("sda")}, {wipe()}));
  const v1::PlannedDisk& planned = plan.disks(0);
  ASSERT_EQ(planned.found_size(), 1);
  EXPECT_EQ(planned.found(0), "ext4 at byte 1080, labelled \"data\"");
  EXPECT_EQ(planned.steps(0).summary(), "save, zero and read back " + planned.found(0));
  EXPECT_EQ(planned.name(), "sda");
  EXPECT_EQ(planned.class_(), v1::DISK_CLASS_FOREIGN);
}

TEST(PlanDisks, SaysThatMoreIsGoneThanIsListedWhereItIs) {
  const auto found_of = [](int partitions, bool truncated) {
    const auto disk = with(foreign("sda"), [&](ClassifiedDisk& changed) {
      ProbeResult& found = **changed.probe;
      found.truncated = truncated;
      for (int number = 1; number <= partitions; ++number) {
        found.partitions.push_back({"sda" + std::to_string(number), 1 << 20, 512, ""});
      }
    });
    return plan_disks(ground_of({disk}, {wipe()})).disks(0);
  };
  const std::string more = "and more than is listed";
  EXPECT_EQ(found_of(63, false).found_size(), 64);  // and the file system
  EXPECT_NE(found_of(63, false).found(63), more);
  EXPECT_EQ(found_of(64, false).found_size(), 65);
  EXPECT_EQ(found_of(64, false).found(64), more);
  EXPECT_EQ(found_of(0, true).found(1), more);
}

TEST(PlanDisks, MakesForeignTextFitToBeShown) {
  const auto disk = with(foreign("sda"), [](ClassifiedDisk& changed) {
    changed.disk.model = "\xff\x1b[2J";
    (*changed.probe)->signatures[0].label = std::string(5000, '\xff');
  });
  const auto plan = plan_disks(ground_of({disk}, {wipe()}));
  EXPECT_EQ(plan.disks(0).model(), "\\xff\\x1b[2J");
  EXPECT_LE(plan.disks(0).found(0).size(), 1024U);
  EXPECT_LE(plan.disks(0).steps(0).summary().size(), 1024U);
}

v1::DiskDoubt doubt(const std::string& disk, const std::string& code) {
  v1::DiskDoubt made;
  made.set_id("serial:sata:" + disk);
  made.mutable_reason()->set_code(code);
  made.mutable_reason()->set_message("was another one before");
  return made;
}

v1::StorageUse naming(v1::StorageUse use, const std::string& disk) {
  use.set_name(use.name() + "-named");
  use.mutable_disks()->add_ids("serial:sata:" + disk);
  return use;
}

TEST(PlanDisks, TakesADiskInDoubtForTheUseAloneThatNamesIt) {
  struct Row {
    const char* what;
    std::vector<v1::StorageUse> uses;
    const char* code;
    Texts expected;  // foreign, blank; "sdb" and "sdc" are in doubt
  };
  const v1::StorageUse lh = use_of("lh", v1::STORAGE_USE_KIND_LONGHORN_V1);
  const v1::StorageUse keep = use_of("k", v1::STORAGE_USE_KIND_KEEP);
  const std::string person = "verify mkfs mount, person";
  const std::string changed = "IdentityChanged";
  const std::string failing = "DiskFailing";
  const std::vector<Row> rows{
      {"osd", {ceph()}, "IdentityChanged", {changed, changed}},
      {"wipe", {wipe()}, "IdentityChanged", {changed, changed}},
      {"keep", {keep}, "IdentityChanged", {"Kept", "Kept"}},
      {"lh", {lh}, "IdentityUnknown", {"IdentityUnknown", "IdentityUnknown"}},
      {"lh of a newer agent", {lh}, "NewerCode", {"NewerCode", "NewerCode"}},
      {"osd that fails", {ceph()}, "DiskFailing", {failing, failing}},
      {"local that fails", {local("l")}, "DiskFailing", {failing, failing}},
      {"wipe of one that fails", {wipe()}, "DiskFailing", {"clear verify, person", "AlreadyBlank"}},
      {"named", {naming(lh, "sdc")}, "IdentityChanged", {"NotWanted", person}},
      {"named in a later use", {lh, naming(lh, "sdc")}, "IdentityChanged", {changed, person}},
      {"kept before it is named", {keep, naming(lh, "sdc")}, "IdentityChanged", {"Kept", "Kept"}},
      {"named, and failing", {naming(local("l"), "sdc")}, "DiskFailing", {"NotWanted", person}},
      {"named as another", {naming(lh, "sdx"), lh}, "IdentityChanged", {changed, changed}},
  };
  for (const Row& row : rows) {
    PlanGround ground = ground_of({foreign("sdb"), blank("sdc")}, row.uses);
    ground.doubts = {doubt("sdb", row.code), doubt("sdc", row.code), doubt("sdz", row.code)};
    EXPECT_EQ(outcomes(ground), row.expected) << row.what;
    const v1::DiskPlan plan = plan_disks(ground);
    for (const v1::PlannedDisk& planned : plan.disks()) {
      const bool warned = !planned.warnings().empty();
      EXPECT_EQ(warned, !planned.steps().empty() && planned.kind() != v1::STORAGE_USE_KIND_WIPE)
          << row.what;
      if (warned) {
        EXPECT_EQ(planned.warnings(0).message(), "was another one before");
      }
    }
  }
}

TEST(PlanDisks, HasAllReasonsOfADiskInDoubt) {
  PlanGround ground = ground_of({mounted_at(foreign("sdb"), "/data")}, {wipe()});
  ground.doubts = {doubt("sdb", "IdentityChanged")};
  EXPECT_EQ(outcomes(ground), Texts{"Mounted HasSignature IdentityChanged"});
  ground = ground_of({mounted_at(foreign("sdb"), "/data")}, {naming(wipe(), "sdb")});
  ground.doubts = {doubt("sdb", "IdentityChanged")};
  EXPECT_EQ(outcomes(ground), Texts{"Mounted HasSignature"});  // to name it is no way around
}

TEST(PlanDisks, LeavesInUseWhatAUseHasPreparedWhateverIsSaidOfIt) {
  const auto osd = with(foreign("sdb"), [](ClassifiedDisk& disk) {
    (*disk.probe)->signatures = {signature_of("ceph_bluestore", "")};
  });
  for (const std::string code : {"IdentityChanged", "DiskFailing"}) {
    PlanGround ground = ground_of({prepared("sda", local("l"))}, {local("l")});
    ground.doubts = {doubt("sda", code)};
    EXPECT_EQ(outcomes(ground), Texts{"mount, policy"}) << code;
    ground = ground_of({osd}, {ceph()});
    ground.doubts = {doubt("sdb", code)};
    EXPECT_EQ(outcomes(ground), Texts{"CarriesOsd"}) << code;
  }
}

TEST(PlanDisks, LeavesASleepingSystemToWhoNamesItsDisk) {
  const auto asleep = with(foreign("sdb"), [](ClassifiedDisk& disk) {
    (*disk.probe)->signatures = {signature_of("swsuspend", "")};
  });
  for (const v1::StorageUse& use : {ceph(), local("l"), wipe()}) {
    EXPECT_EQ(outcomes(ground_of({asleep}, {use})), Texts{"HibernationImage"});
    const auto plan = plan_disks(ground_of({asleep}, {naming(use, "sdb")}));
    ASSERT_FALSE(plan.disks(0).steps().empty()) << use.name();
    EXPECT_EQ(plan.disks(0).consent(), v1::CONSENT_NEED_PERSON);
    ASSERT_EQ(plan.disks(0).warnings_size(), 1);
    EXPECT_EQ(plan.disks(0).warnings(0).code(), "HibernationImage");
  }
}

// A plan is made by two: whoever heard of a doubt and whoever did not come to different plans, and
// nothing is done.
TEST(PlanDisks, HasAnotherDigestWithADoubt) {
  for (const bool named : {false, true}) {
    const v1::StorageUse use = named ? naming(wipe(), "sdb") : wipe();
    PlanGround ground = ground_of({foreign("sdb")}, {use});
    const std::string before = plan_disks(ground).digest();
    ground.doubts = {doubt("sdb", "IdentityChanged")};
    EXPECT_NE(plan_disks(ground).digest(), before) << named;
    ground.doubts[0].mutable_reason()->set_message("in other words");
    const std::string after = plan_disks(ground).digest();
    ground.doubts[0].mutable_reason()->set_message("");
    EXPECT_EQ(plan_disks(ground).digest(), after) << named;
  }
}

ClassifiedDisk in_user_space(const std::string& address, const std::string& driver) {
  Disk disk;
  disk.name = address;
  disk.transport = "nvme";
  disk.kind = v1::DISK_KIND_USER_SPACE;
  if (!driver.empty()) disk.uses.push_back({"driver", driver, address});
  return classified(disk, std::nullopt);
}

TEST(PlanDisks, TakesNoOtherDiskInPlaceOfOneThatUserSpaceHas) {
  const auto nvme = [](const std::string& name) {
    return with(blank(name), [](ClassifiedDisk& disk) { disk.disk.transport = "nvme"; });
  };
  const std::vector<ClassifiedDisk> disks{in_user_space("0000:3b:00.0", "vfio-pci"),
                                          in_user_space("0000:3c:00.0", ""), nvme("nvme2n1"),
                                          nvme("nvme3n1"), nvme("nvme4n1")};
  struct Row {
    std::uint32_t count;
    const char* path;
    const char* transport;
    std::size_t taken;
    std::vector<std::string> shortfalls;
  };
  const std::string room = "DisksInUserSpace";
  const std::vector<Row> rows{
      {0, "", "", 3, {}},
      {1, "", "", 0, {room}},
      {3, "", "nvme", 1, {room}},
      {5, "", "nvme", 3, {room}},
      {6, "", "nvme", 3, {room, "TooFewDisks"}},
      {3, "", "sata", 0, {"TooFewDisks"}},
      {1, "pci-0000:3c:*", "", 0, {room}},
      {1, "pci-0000:99:*", "", 0, {"TooFewDisks"}},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(std::to_string(row.count) + row.path + row.transport);
    v1::StorageUse use = local("l");
    use.mutable_disks()->set_count(row.count);
    if (*row.path != '\0') use.mutable_disks()->add_paths(row.path);
    if (*row.transport != '\0') use.mutable_disks()->add_transports(row.transport);
    const auto plan = plan_disks(ground_of(disks, {use}));
    EXPECT_EQ(outcome(plan.disks(0)), "HeldByUserSpace");
    EXPECT_EQ(outcome(plan.disks(1)), "NoDriver");
    std::size_t taken = 0;
    for (const v1::PlannedDisk& planned : plan.disks()) taken += planned.steps().empty() ? 0 : 1;
    EXPECT_EQ(taken, row.taken);
    std::vector<std::string> shortfalls;
    for (const v1::DiskReason& one : plan.shortfalls()) shortfalls.push_back(one.code());
    EXPECT_EQ(shortfalls, row.shortfalls);
  }
}

TEST(PlanDisks, CountsNoDiskOfUserSpaceForAUseThatHasItsOwn) {
  v1::StorageUse use = local("l");
  use.mutable_disks()->set_count(1);
  const auto mounted = with(prepared("sda", use), [](ClassifiedDisk& disk) {
    const auto plan = plan_disks(ground_of({blank("sda")}, {local("l")}));
    disk.disk.uses.push_back({"mount", plan.disks(0).mount_point(), "sda"});
  });
  const auto plan = plan_disks(
      ground_of({in_user_space("0000:3b:00.0", "vfio-pci"), mounted, blank("sdb")}, {use}));
  EXPECT_EQ(outcome(plan.disks(1)), "AlreadyMounted");
  EXPECT_EQ(outcome(plan.disks(2)), "NotWanted");
  EXPECT_TRUE(plan.shortfalls().empty());
}

}  // namespace
}  // namespace joist::disk
