// Goal: a disk that is not what it was is told, and none that is; none is told for what belongs to
// daily life (replaced, moved, gone and back, not yet known to udev). Method: looks one after the
// other, each compared with the record that the last one left.
#include "disk/seen.h"

#include <gtest/gtest.h>

#include <functional>

namespace joist::disk {
namespace {

using std::chrono::hours;

constexpr std::uint64_t kSize = std::uint64_t{1} << 40;
const WallTime kStart{std::chrono::seconds(1'767'312'000)};  // 2026-01-02

Disk nvme() {
  Disk disk;
  disk.id = "wwn:eui.0025388b71b2c3d4";
  disk.identity_fault = IdentityFault::None;
  disk.name = "nvme0n1";
  disk.wwn = "eui.0025388b71b2c3d4";
  disk.serial = "S4EV0001";
  disk.model = "SAMSUNG MZQLB960";
  disk.by_path = {"/dev/disk/by-path/pci-0000:3b:00.0-nvme-1"};
  disk.size_bytes = kSize;
  disk.kind = v1::DISK_KIND_PHYSICAL;
  disk.transport = "nvme";
  disk.diskseq = 3;
  return disk;
}

Disk of_its_kind(const std::string& number) {
  Disk disk = nvme();
  disk.id = "wwn:eui.00253800000000" + number;
  disk.wwn = disk.id.substr(4);
  disk.serial = "S4EV00" + number;
  disk.by_path = {"/dev/disk/by-path/pci-0000:" + number + ":00.0-nvme-1"};
  return disk;
}

// A host that looks again and again.
class Host {
 public:
  // "id: why" of each that is in doubt.
  std::vector<std::string> look(const std::vector<Disk>& disks, const std::string& boot = "boot-1",
                                WallTime now = kStart) {
    auto seen = compare_seen(record_, disks, boot, now);
    EXPECT_EQ(seen.differs, seen.record.SerializeAsString() != record_.SerializeAsString());
    record_ = std::move(seen.record);
    std::vector<std::string> texts;
    for (const v1::DiskDoubt& doubt : seen.doubts) {
      EXPECT_EQ(doubt.reason().code(), "IdentityChanged");
      const std::string& message = doubt.reason().message();
      texts.push_back(doubt.id() + ": " + message.substr(0, message.find(';')));
    }
    return texts;
  }
  const v1::SeenDisks& record() const { return record_; }

 private:
  v1::SeenDisks record_;
};

using Texts = std::vector<std::string>;

struct Row {
  const char* what;
  std::function<void(Disk&)> change;
  const char* why;  // nullptr: nothing is told
};

TEST(CompareSeen, TellsADiskThatIsNotWhatItWas) {
  const std::vector<Row> rows{
      {"nothing", [](Disk&) {}, nullptr},
      {"another kernel name and bus",
       [](Disk& disk) {
         disk.name = "nvme7n1";
         disk.diskseq = 9;
       },
       nullptr},
      {"another slot", [](Disk& disk) { disk.by_path = {"/dev/disk/by-path/pci-0000:99:00.0"}; },
       nullptr},
      {"no udev yet", [](Disk& disk) { disk.by_path.clear(); }, nullptr},
      {"another WWN",
       [](Disk& disk) {
         disk.wwn = "eui.36344730525000010025384500000001";
         disk.id = "wwn:" + disk.wwn;
       },
       "its WWN was eui.0025388b71b2c3d4 and is eui.36344730525000010025384500000001"},
      {"no WWN any more",
       [](Disk& disk) {
         disk.wwn.clear();
         disk.id = "serial:nvme:S4EV0001";
       },
       "its WWN was eui.0025388b71b2c3d4 and is none"},
      {"another WWN and another slot",
       [](Disk& disk) {
         disk.wwn = "eui.0000000000000001";
         disk.id = "wwn:" + disk.wwn;
         disk.by_path = {"/dev/disk/by-path/pci-0000:99:00.0"};
       },
       "its WWN was eui.0025388b71b2c3d4 and is eui.0000000000000001"},
      {"another serial", [](Disk& disk) { disk.serial = "S4EV0002"; },
       "its serial was S4EV0001 and is S4EV0002"},
      {"no serial", [](Disk& disk) { disk.serial.clear(); }, nullptr},
      {"another model", [](Disk& disk) { disk.model = "SAMSUNG MZQLB1T9"; },
       "its model was SAMSUNG MZQLB960 and is SAMSUNG MZQLB1T9"},
      {"another size", [](Disk& disk) { disk.size_bytes = 512; },
       "its size was 1099511627776 bytes and is 512"},
      {"no medium that answers", [](Disk& disk) { disk.size_bytes = 0; }, nullptr},
      {"all but the WWN",
       [](Disk& disk) {
         disk.serial = "X";
         disk.model = "Y";
         disk.size_bytes = 1;
       },
       "its serial was S4EV0001 and is X, its model was SAMSUNG MZQLB960 and is Y, its size was "
       "1099511627776 bytes and is 1"},
      {"the WWN, and no serial to know it by",
       [](Disk& disk) {
         disk.wwn = "eui.0000000000000001";
         disk.id = "wwn:" + disk.wwn;
         disk.serial.clear();
       },
       "its WWN was eui.0025388b71b2c3d4 and is eui.0000000000000001"},
      {"another disk of the same model in its slot",
       [](Disk& disk) {
         disk = of_its_kind("42");
         disk.by_path = nvme().by_path;
       },
       nullptr},
      {"another disk with the same serial",
       [](Disk& disk) {
         disk = of_its_kind("42");
         disk.serial = nvme().serial;
         disk.model = "INTEL";
         disk.size_bytes = 7;
       },
       nullptr},
  };
  for (const Row& row : rows) {
    Host host;
    EXPECT_EQ(host.look({nvme()}), Texts{}) << row.what;
    Disk changed = nvme();
    row.change(changed);
    const Texts expected =
        row.why == nullptr
            ? Texts{}
            : Texts{changed.id + ": is not what this host saw on 2026-01-02: " + row.why};
    EXPECT_EQ(host.look({changed}, "boot-2", kStart + hours(50)), expected) << row.what;
    // As long as it is so, and not any more when the old kernel is back.
    EXPECT_EQ(host.look({changed}, "boot-3", kStart + hours(99)), expected) << row.what;
    EXPECT_EQ(host.look({nvme()}, "boot-4", kStart + hours(99)), Texts{}) << row.what;
  }
}

// From "serial:…" to "wwn:…": what was kept by the one is not kept by the other.
TEST(CompareSeen, TellsAWwnThatComesWithAnotherKernelButNotWithUdev) {
  Disk without = nvme();
  without.wwn.clear();
  without.id = "serial:nvme:S4EV0001";
  Host host;
  EXPECT_EQ(host.look({without}), Texts{});
  EXPECT_EQ(host.look({nvme()}, "boot-2").size(), 1U);
  EXPECT_EQ(host.look({without}, "boot-2"), Texts{});

  Host later;
  EXPECT_EQ(later.look({without}), Texts{});
  EXPECT_EQ(later.look({nvme()}), Texts{});  // the same attachment: udev came to it
  EXPECT_EQ(later.look({nvme()}, "boot-2"), Texts{});
  EXPECT_EQ(later.look({without}, "boot-3").size(), 1U);
}

TEST(CompareSeen, KeepsDisksApartThatShareWhatTheyState) {
  // Namespaces of one controller, and LUNs of an array: one serial, and a WWN each.
  Disk one = nvme();
  Disk other = of_its_kind("77");
  other.serial = one.serial;
  Host host;
  EXPECT_EQ(host.look({one}), Texts{});
  EXPECT_EQ(host.look({one, other}), Texts{});
  EXPECT_EQ(host.look({other, one}, "boot-2"), Texts{});
  EXPECT_EQ(host.record().disks_size(), 2);
  EXPECT_EQ(host.look({other}, "boot-3"), Texts{});
}

TEST(CompareSeen, ComparesPhysicalDisksWithAnIdAlone) {
  Disk loop = nvme();
  loop.kind = v1::DISK_KIND_LOOP;
  Disk nameless = nvme();
  nameless.id.clear();
  Disk network = nvme();
  network.kind = v1::DISK_KIND_NETWORK;
  Host host;
  EXPECT_EQ(host.look({loop, nameless, network}), Texts{});
  EXPECT_EQ(host.record().disks_size(), 0);
  EXPECT_TRUE(doubt_all({loop, nameless, network}, "EIO").empty());
  ASSERT_EQ(doubt_all({nvme()}, "EIO").size(), 1U);
  EXPECT_EQ(doubt_all({nvme()}, "EIO")[0].reason().code(), "IdentityUnknown");
}

TEST(CompareSeen, WritesOnceADayAndKnowsWhoCameBack) {
  Host host;
  host.look({nvme(), of_its_kind("42")});
  const auto at = [&](WallTime now) {
    return compare_seen(host.record(), {nvme()}, "boot-1", now).differs;
  };
  EXPECT_FALSE(at(kStart));
  EXPECT_FALSE(at(kStart + hours(23)));
  EXPECT_TRUE(at(kStart + hours(24)));
  EXPECT_TRUE(at(kStart - hours(1)));  // the clock was set
  host.look({nvme()}, "boot-2", kStart + hours(24 * 400));
  Disk back = of_its_kind("42");
  back.model = "another";
  EXPECT_EQ(host.look({back}, "boot-3", kStart + hours(24 * 400)).size(), 1U);
}

TEST(CompareSeen, IsBoundedAndForgetsWhatWasSeenLastTheLongestAgo) {
  Host host;
  host.look({nvme()});
  std::vector<Disk> many;
  for (int number = 1000; number < 1000 + kSeenMax; ++number) {
    many.push_back(of_its_kind(std::to_string(number)));
  }
  EXPECT_EQ(host.look(many, "boot-2", kStart + hours(48)), Texts{});
  EXPECT_EQ(host.record().disks_size(), kSeenMax);
  EXPECT_EQ(host.record().disks(0).serial(), "S4EV001000");
  EXPECT_LT(host.record().ByteSizeLong(), std::size_t{8} << 20);
}

TEST(CompareSeen, TakesAnyBytesFromADisk) {
  Disk odd = nvme();
  odd.model = "\xff\xfe\n" + std::string(4000, 'x');
  Host host;
  host.look({odd});
  v1::SeenDisks read;
  ASSERT_TRUE(read.ParseFromString(host.record().SerializeAsString()));
  EXPECT_EQ(host.look({odd}, "boot-2"), Texts{});
}

}  // namespace
}  // namespace joist::disk
