// Goal: what is on a disk, read by the real helper for an unprivileged client,
// makes the disk what it is. Method: loop devices, the formats' own tools where
// they are on every Debian, magics by hand elsewhere. Root; skips otherwise.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mount.h>

#include <fstream>
#include <thread>

#include "disk/change_watch.h"
#include "disk/classify.h"
#include "disk/observe.h"
#include "helper/probe_process.h"
#include "tests/helper/helper_program.h"
#include "tests/support/loop_device.h"

namespace joist::helper {
namespace {

using disk::ProbeResult;
using std::chrono::milliseconds;
using support::LoopDevice;
using support::LoopOptions;

constexpr uid_t kAgent = 61234;  // no such user needs to exist
constexpr uid_t kStranger = 61235;
constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

v1::StorageSpec laboratory() {
  v1::StorageSpec spec;
  spec.add_allowed_kinds(v1::DISK_KIND_LOOP);
  spec.set_size_min_bytes(16 * kMiB);
  return spec;
}

// Asks as the agent's user; the answer comes back through the wire's own message.
Result<ProbeResult> probe_as(uid_t uid, const HelperProgram& helper, const std::string& name,
                             std::uint64_t diskseq) {
  const std::string text = as_user(uid, [&] {
    const auto result = helper.client().probe(name, diskseq);
    if (result) return "+" + disk::to_message(*result).SerializeAsString();
    return std::to_string(static_cast<int>(result.error().code)) + result.error().message;
  });
  if (text.starts_with("+")) {
    v1::ProbeResponse message;
    message.ParseFromString(text.substr(1));
    return disk::from_message(message);
  }
  return fail(static_cast<ErrorCode>(text.empty() ? 0 : text.front() - '0'),
              text.empty() ? "no answer" : text.substr(1));
}

disk::Disk observed(const std::string& name) {
  const auto inventory = disk::observe(SysRoot(), SystemClock().now());
  EXPECT_TRUE(inventory.has_value());
  for (const disk::Disk& disk : inventory->disks) {
    if (disk.name == name) return disk;
  }
  ADD_FAILURE() << "not observed: " << name;
  return {};
}

class Loop : public ::testing::Test {
 protected:
  Loop() : helper_(kAgent) { helper_.start(); }

  // "foreign HasSignature …", and the signatures with their offsets.
  std::string judged(const LoopDevice& device) {
    const disk::Disk disk = observed(device.name());
    const disk::ProbeOutcome probe = probe_as(kAgent, helper_, disk.name, disk.diskseq);
    found_.clear();
    if (probe->has_value()) {
      for (const disk::Signature& signature : (*probe)->signatures) {
        found_.push_back(signature.type + "@" + std::to_string(signature.offset_bytes));
      }
    }
    const disk::Verdict verdict = disk::classify(disk, "", probe, laboratory());
    std::string text(disk::class_name(verdict.disk_class));
    for (const disk::Reason& reason : verdict.reasons) text += " " + reason.code;
    return text;
  }

  bool has(const std::string& signature) const {
    return std::ranges::find(found_, signature) != found_.end();
  }

  HelperProgram helper_;
  std::vector<std::string> found_;
};

TEST_F(Loop, BlankIsBlank) {
  const LoopDevice device(64 * kMiB);
  EXPECT_EQ(judged(device), "blank NothingFound");
  EXPECT_EQ(observed(device.name()).id, "file:" + device.file());
}

TEST_F(Loop, Ext4IsForeignAndInUseOnceMounted) {
  const LoopDevice device(64 * kMiB);
  device.run("mkfs.ext4 -q -F -L data");
  EXPECT_EQ(judged(device), "foreign HasSignature");
  EXPECT_TRUE(has("ext4@1080"));

  const support::TempRoot root;
  auto mounts = disk::ProcChange::open(SysRoot(), "/proc/self/mountinfo");
  ASSERT_TRUE(mounts.has_value()) << mounts.error().message;
  ASSERT_EQ(::mount(device.path().c_str(), root.path().c_str(), "ext4", 0, nullptr), 0);
  pollfd waiting{.fd = mounts->fd(), .events = POLLPRI, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 5000), 1);
  EXPECT_TRUE(mounts->acknowledge().has_value());
  EXPECT_EQ(judged(device), "in-use Mounted HasSignature");
  ASSERT_EQ(::umount(root.path().c_str()), 0);
}

TEST_F(Loop, SwapLvmMdAndLuksAreForeign) {
  const LoopDevice swap(64 * kMiB);
  swap.run("mkswap");
  EXPECT_EQ(judged(swap), "foreign HasSignature");
  EXPECT_TRUE(has("swap@4086"));

  const LoopDevice lvm(64 * kMiB);
  std::string label(512, '\0');  // LVM2 lib/format_text/layout.h
  label.replace(0, 8, "LABELONE").replace(24, 8, "LVM2 001").replace(32, 32, std::string(32, 'a'));
  label[8] = 1;
  label[20] = 32;
  lvm.write(512, label);
  EXPECT_EQ(judged(lvm), "foreign HasSignature");
  EXPECT_TRUE(has("LVM2_member@536"));

  const LoopDevice md(64 * kMiB);
  std::string super(256, '\0');  // include/uapi/linux/raid/md_p.h, version 1.2 at 4 KiB
  super.replace(0, 4, "\xfc\x4e\x2b\xa9");
  super[4] = 1;
  super[144] = 8;  // super_offset, in sectors
  md.write(4096, super);
  EXPECT_EQ(judged(md), "foreign HasSignature");
  EXPECT_TRUE(has("linux_raid_member@4096"));

  const LoopDevice luks(64 * kMiB);
  luks.write(0, std::string("LUKS\xba\xbe\0\x02", 8));
  EXPECT_EQ(judged(luks), "foreign HasSignature");
  EXPECT_TRUE(has("crypto_LUKS@0"));
}

TEST_F(Loop, EverySignatureIsSeen) {
  const LoopDevice device(64 * kMiB);
  device.run("mkfs.ext4 -q -F");
  device.write(64 * kMiB - 65536, std::string("\xfc\x4e\x2b\xa9\0\0\0\0\x5a\0\0\0", 12));
  std::string label(512, '\0');
  label.replace(0, 8, "LABELONE").replace(24, 8, "LVM2 001").replace(32, 32, std::string(32, 'b'));
  label[8] = 1;
  label[20] = 32;
  device.write(512, label);
  judged(device);
  EXPECT_TRUE(has("ext4@1080"));
  EXPECT_TRUE(has("LVM2_member@536"));
  EXPECT_TRUE(has("linux_raid_member@" + std::to_string(64 * kMiB - 65536)));
}

TEST_F(Loop, GptIsSeenWithItsCopyAndItsPartitions) {
  const LoopDevice device(64 * kMiB);
  device.run("printf 'label: gpt\\nsize=16MiB,type=L\\nsize=16MiB,type=S\\n' | sfdisk -q");
  EXPECT_EQ(judged(device).find("foreign HasSignature"), 0U);
  EXPECT_TRUE(has("gpt@512"));
  EXPECT_TRUE(has("gpt@" + std::to_string(64 * kMiB - 512)));

  const disk::Disk disk = observed(device.name());
  const auto probe = probe_as(kAgent, helper_, disk.name, disk.diskseq);
  ASSERT_TRUE(probe.has_value()) << probe.error().message;
  ASSERT_EQ(probe->partitions.size(), 2U);
  EXPECT_EQ(probe->partitions[0].start_bytes, kMiB);
  EXPECT_EQ(probe->partitions[0].type, "0fc63daf-8483-4772-8e79-3d69d8477de4");
}

TEST_F(Loop, AGptOfWhichOnlyTheCopyIsLeftIsForeign) {
  const LoopDevice device(64 * kMiB);
  device.run("printf 'label: gpt\\nsize=16MiB,type=L\\n' | sfdisk -q");
  device.write(0, std::string(kMiB, '\0'));
  EXPECT_EQ(judged(device).find("foreign HasSignature"), 0U);
  EXPECT_TRUE(has("gpt@" + std::to_string(64 * kMiB - 512)));
}

TEST_F(Loop, AnEfiPartitionMakesItTheSystems) {
  const LoopDevice device(64 * kMiB);
  device.run("printf 'label: gpt\\nsize=16MiB,type=U\\n' | sfdisk -q");
  EXPECT_EQ(judged(device).find("system BootPartition"), 0U);
}

TEST_F(Loop, SectorsOf4KibAreReadAsSuch) {
  const LoopDevice device(64 * kMiB, LoopOptions{.sector_bytes = 4096});
  EXPECT_EQ(judged(device), "blank NothingFound");
  device.run("printf 'label: gpt\\nsize=16MiB,type=L\\n' | sfdisk -q");
  EXPECT_EQ(judged(device).find("foreign HasSignature"), 0U);
  EXPECT_TRUE(has("gpt@4096"));
}

TEST_F(Loop, DataOfNoKnownFormatIsForeign) {
  const LoopDevice device(64 * kMiB);
  device.write(64 * kMiB - 4096, "somebody's");
  EXPECT_EQ(judged(device), "foreign HasData");
}

TEST_F(Loop, WhatCannotBeReadToTheEndIsForeign) {
  const LoopDevice device(64 * kMiB);
  device.lose_end(32 * kMiB);
  EXPECT_EQ(judged(device), "foreign Unreadable");
}

TEST_F(Loop, ReadOnlyIsUnusable) {
  const LoopDevice device(64 * kMiB, LoopOptions{.read_only = true});
  EXPECT_EQ(judged(device), "unusable ReadOnly");
}

TEST_F(Loop, HeldIsInUse) {
  const LoopDevice device(64 * kMiB);
  const UniqueFd holder(::open(device.path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  ASSERT_TRUE(static_cast<bool>(holder));
  EXPECT_EQ(judged(device), "in-use HeldExclusively");
}

// Asking is holding: whoever makes or mounts a file system would meet EBUSY.
TEST_F(Loop, ADiskWithDataIsNotAskedWhetherItIsHeld) {
  const LoopDevice device(64 * kMiB);
  device.run("mkfs.ext4 -q -F");
  const UniqueFd holder(::open(device.path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  ASSERT_TRUE(static_cast<bool>(holder));
  EXPECT_EQ(judged(device), "foreign HasSignature");
}

TEST_F(Loop, ABlankDiskIsLetGoOf) {
  const LoopDevice device(64 * kMiB);
  EXPECT_EQ(judged(device), "blank NothingFound");
  const UniqueFd holder(::open(device.path().c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  EXPECT_TRUE(static_cast<bool>(holder)) << "errno " << errno;
}

TEST_F(Loop, ProbingWritesNothing) {
  const LoopDevice device(64 * kMiB);
  device.run("mkfs.ext4 -q -F");
  const auto sum = [&device] {
    std::ifstream file(device.file(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    return std::hash<std::string>()(bytes);
  };
  const auto before = sum();
  judged(device);
  const UniqueFd flushed(::open(device.path().c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::fsync(flushed.get()), 0);
  EXPECT_EQ(sum(), before);
}

TEST_F(Loop, AnotherAttachmentIsRefused) {
  LoopDevice device(64 * kMiB);
  const disk::Disk before = observed(device.name());
  ASSERT_NE(before.diskseq, 0U);
  device.detach();
  device.attach();
  const disk::Disk after = observed(device.name());
  EXPECT_GT(after.diskseq, before.diskseq);
  const auto result = probe_as(kAgent, helper_, after.name, before.diskseq);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Refused);
  EXPECT_NE(result.error().message.find("another disk by now"), std::string::npos);
}

TEST_F(Loop, AStrangerIsRefusedAndLogged) {
  const LoopDevice device(64 * kMiB);
  const auto result = probe_as(kStranger, helper_, device.name(), 0);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Unauthenticated) << result.error().message;
  EXPECT_NE(helper_.log_text().find("peer_uid=" + std::to_string(kStranger)), std::string::npos);
  EXPECT_TRUE(probe_as(kAgent, helper_, device.name(), 0).has_value());
}

// A disk whose reading takes seconds: 128 partitions, each read for every format.
std::string many_partitions() {
  std::string script = "label: gpt\\n";
  for (int count = 0; count < 120; ++count) script += "size=1MiB,type=L\\n";
  return "printf '" + script + "' | sfdisk -q";
}

// The process that probes, once there is one.
pid_t probe_process_of(pid_t helper) {
  const std::string path =
      "/proc/" + std::to_string(helper) + "/task/" + std::to_string(helper) + "/children";
  for (int attempt = 0; attempt < 2000; ++attempt) {
    const std::string children = SysRoot().read_line(path).value_or("");
    if (!children.empty()) return static_cast<pid_t>(std::stol(children));
    std::this_thread::sleep_for(milliseconds(1));
  }
  return -1;
}

TEST(HungDisk, IsAnsweredForAndHurtsNobodyElse) {
  const LoopDevice slow(256 * kMiB);
  slow.run(many_partitions());
  const LoopDevice other(64 * kMiB);
  HelperProgram helper(kAgent, {"--deadline-seconds", "5"});
  helper.start();

  Result<ProbeResult> hung = fail(ErrorCode::NotFound, "not asked");
  std::thread asking([&] { hung = helper.client().probe(slow.name(), 0); });
  const pid_t probing = probe_process_of(helper.pid());
  ASSERT_GT(probing, 0);
  ASSERT_EQ(::kill(probing, SIGSTOP), 0);  // as in an uninterruptible read
  EXPECT_TRUE(helper.client().probe(other.name(), 0).has_value());
  asking.join();
  ASSERT_FALSE(hung.has_value());
  EXPECT_EQ(hung.error().code, ErrorCode::Unavailable);
  EXPECT_NE(hung.error().message.find("did not answer for 5 s"), std::string::npos)
      << hung.error().message;
  EXPECT_TRUE(helper.client().probe(other.name(), 0).has_value());
  EXPECT_TRUE(helper.runs());
}

TEST(HelperKilled, MidProbeGivesAClearErrorAndTheNextCallWorks) {
  const LoopDevice slow(256 * kMiB);
  slow.run(many_partitions());
  const LoopDevice other(64 * kMiB);
  HelperProgram helper(kAgent);
  helper.start();

  Result<ProbeResult> cut = fail(ErrorCode::NotFound, "not asked");
  std::thread asking([&] { cut = helper.client().probe(slow.name(), 0); });
  const pid_t probing = probe_process_of(helper.pid());
  ASSERT_GT(probing, 0);
  helper.signal(SIGKILL);
  helper.wait();
  asking.join();
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().code, ErrorCode::Unavailable);
  EXPECT_NE(cut.error().message.find("joist-helper ended"), std::string::npos)
      << cut.error().message;

  helper.start();
  EXPECT_TRUE(helper.client().probe(other.name(), 0).has_value());
  // What it had started did not outlive it.
  for (int attempt = 0; attempt < 2000 && ::kill(probing, 0) == 0; ++attempt) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_NE(::kill(probing, 0), 0);
}

TEST(ProbeKilled, MidProbeGivesAClearErrorAndTheHelperLives) {
  const LoopDevice slow(256 * kMiB);
  slow.run(many_partitions());
  HelperProgram helper(kAgent);
  helper.start();
  Result<ProbeResult> cut = fail(ErrorCode::NotFound, "not asked");
  std::thread asking([&] { cut = helper.client().probe(slow.name(), 0); });
  const pid_t probing = probe_process_of(helper.pid());
  ASSERT_GT(probing, 0);
  ASSERT_EQ(::kill(probing, SIGKILL), 0);
  asking.join();
  ASSERT_FALSE(cut.has_value());
  EXPECT_EQ(cut.error().code, ErrorCode::Unavailable);
  EXPECT_NE(cut.error().message.find("died"), std::string::npos) << cut.error().message;
  EXPECT_TRUE(helper.client().probe(slow.name(), 0).has_value());
}

TEST(HelperStopped, MidProbeEndsItsOwnAlone) {
  const LoopDevice slow(256 * kMiB);
  slow.run(many_partitions());
  HelperProgram helper(kAgent);
  helper.start();
  std::thread asking(
      [&] { [[maybe_unused]] const auto cut = helper.client().probe(slow.name(), 0); });
  const pid_t probing = probe_process_of(helper.pid());
  helper.signal(SIGTERM);
  EXPECT_EQ(helper.wait(), 0);
  asking.join();
  ASSERT_GT(probing, 0);
  for (int attempt = 0; attempt < 2000 && ::kill(probing, 0) == 0; ++attempt) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_NE(::kill(probing, 0), 0);
}

// kill(-1) reaches all that the caller may kill: here two processes of a user of the test's own.
TEST(KillProbe, OneThatWasReapedReachesNobody) {
  const std::string outcome = as_user(kStranger, [] {
    const pid_t bystander = ::fork();
    if (bystander == 0) {
      ::pause();
      ::_exit(0);
    }
    kill_probe(ProbeProcess{});
    const std::string state = ::waitpid(bystander, nullptr, WNOHANG) == 0 ? "lives" : "died";
    kill_probe(ProbeProcess{.pid = bystander});
    int status = 0;
    ::waitpid(bystander, &status, 0);
    return state + (WIFSIGNALED(status) ? ", killed when asked for" : "");
  });
  EXPECT_EQ(outcome, "lives, killed when asked for");
}

TEST(HotPlug, IsToldOf) {
  auto monitor = disk::UdevMonitor::open();
  ASSERT_TRUE(monitor.has_value()) << monitor.error().message;
  const LoopDevice device(64 * kMiB);
  pollfd waiting{.fd = monitor->fd(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, 5000) == 0) {
    GTEST_SKIP() << "no uevents reach this network namespace";
  }
  EXPECT_TRUE(monitor->drain().value().disks.contains(device.name()));
}

}  // namespace
}  // namespace joist::helper

int main(int argc, char** argv) {
  if (!joist::support::can_make_loop_devices()) {
    std::cerr << "skipped: needs root and /dev/loop-control\n";
    return joist::support::kSkipped;
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
