// Every parser with the kernel's good lines and with lines it must refuse.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collectors/cpu/cpu.h"
#include "collectors/kernel/pressure.h"
#include "collectors/memory/meminfo.h"
#include "collectors/network/netdev.h"
#include "collectors/network/sockstat.h"
#include "collectors/process.h"
#include "collectors/storage/diskstats.h"
#include "collectors/storage/filesystem.h"

namespace joist::collectors {
namespace {

constexpr auto kIdle = static_cast<std::size_t>(CpuMode::Idle);

TEST(CpuLine, HasTheColumnsOfTheKernel) {
  const auto now = parse_cpu_line("cpu12 1 2 3 4 5 6 7 8 9 10");
  ASSERT_TRUE(now);
  EXPECT_EQ(now->number, "12");
  EXPECT_EQ(now->ticks, (CpuTicks{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));

  const auto old = parse_cpu_line("cpu0 1 2 3 4");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->ticks, (CpuTicks{1, 2, 3, 4}));
}

TEST(CpuLine, IsRefusedWhenItIsNone) {
  for (const char* line :
       {"", "cpu", "cpu 1 2 3 4", "cpux 1 2 3 4", "cpu0", "cpu0 1 2 3", "cpu0 1 2 3 -4",
        "cpu0 1 2 3 4 x", "intr 1 2 3 4", "cpu0 1 2 3 99999999999999999999999"}) {
    EXPECT_FALSE(parse_cpu_line(line)) << line;
  }
}

TEST(CpuCounters, NeverGoBackALittle) {
  CpuTicks shown{100, 0, 50, 1000, 30};
  CpuTicks now{101, 0, 49, 995, 20};
  EXPECT_EQ(keep_rising(shown, now), (CpuTicks{101, 0, 50, 1000, 30}));
}

TEST(CpuCounters, StartAnewAfterHotplug) {
  CpuTicks shown{100, 0, 50, 1000, 30};
  CpuTicks now{1, 0, 0, 700, 0};
  EXPECT_EQ(keep_rising(shown, now), now);
  now[kIdle] = 701;  // 2.99 s less: not a new CPU
  EXPECT_EQ(keep_rising(shown, now), shown);
}

TEST(CpuList, IsTheKernels) {
  EXPECT_EQ(parse_cpu_list("0-2,8"), (std::vector<unsigned>{0, 1, 2, 8}));
  EXPECT_EQ(parse_cpu_list(""), std::vector<unsigned>());
  for (const char* text : {"a", "1-", "-1", "3-1", "0-4000000000", "1,,2", "1-2-3"}) {
    EXPECT_FALSE(parse_cpu_list(text)) << text;
  }
}

TEST(DiskLine, KnowsThreeGenerationsOfKernels) {
  const auto old = parse_diskstats_line("   8  0 sda 1 2 3 4 5 6 7 8 9 10 11");
  const auto discards = parse_diskstats_line("8 0 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15");
  const auto now = parse_diskstats_line("8 1 sda 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18");
  ASSERT_TRUE(old && discards && now);
  EXPECT_EQ(old->columns, 11U);
  EXPECT_EQ(discards->columns, 15U);
  EXPECT_EQ(now->columns, 17U);  // the eighteenth belongs to a kernel to come
  EXPECT_EQ(now->device, "sda");
  EXPECT_EQ(now->minor, 1U);
  EXPECT_EQ(now->values[16], 17U);
}

TEST(DiskLine, IsRefusedWhenItIsNone) {
  for (const char* line : {"", "8", "8 0", "8 0 sda", "8 0 sda 1 2 3 4 5 6 7 8 9 10",
                           "8 x sda 1 2 3 4 5 6 7 8 9 10 11", "8 0 sda 1 2 3 4 5 6 7 8 9 10 -1",
                           "8 0 sda 1 2 3 4 5 6 7 8 9 10 11 x"}) {
    EXPECT_FALSE(parse_diskstats_line(line)) << line;
  }
}

TEST(MemoryField, IsNamedAsNodeExporterNamesIt) {
  const auto line = parse_meminfo_line("Active(anon):    5707904 kB");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->value, 5707904U);
  EXPECT_EQ(meminfo_family_name(line->field, line->in_kib), "node_memory_Active_anon_bytes");
  EXPECT_EQ(meminfo_family_name("HugePages_Total", false), "node_memory_HugePages_Total");
  EXPECT_EQ(meminfo_family_name("Bad-Name", false), "");
  EXPECT_EQ(meminfo_family_name("A\"} 1\nfake", false), "");
}

TEST(MemoryField, IsRefusedWhenItIsNone) {
  for (const char* line : {"", "MemFree", "MemFree:", "MemFree: x kB", "MemFree: 1 MB", ": 1 kB",
                           "MemFree 1 kB", "MemFree: -1 kB"}) {
    EXPECT_FALSE(parse_meminfo_line(line)) << line;
  }
}

TEST(NetdevLine, TakesNamesWithColonsAndNoSpace) {
  const auto tight = parse_netdev_line("  eth0:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
  ASSERT_TRUE(tight);
  EXPECT_EQ(tight->device, "eth0");
  EXPECT_EQ(tight->counters[0], 1U);
  EXPECT_EQ(tight->counters[15], 16U);

  const auto alias = parse_netdev_line("eth0:7: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16");
  ASSERT_TRUE(alias);
  EXPECT_EQ(alias->device, "eth0:7");
}

TEST(NetdevLine, IsRefusedWhenItIsNone) {
  for (const char* line : {"", "eth0", "eth0: 1 2", ": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16",
                           "eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 x"}) {
    EXPECT_FALSE(parse_netdev_line(line)) << line;
  }
}

// net/core/net-procfs.c, dev_seq_printf_stats().
TEST(NetdevCounters, AreFoldedAsTheKernelFoldsThem) {
  rtnl_link_stats64 link{};
  link.rx_bytes = 1;
  link.rx_dropped = 2;
  link.rx_missed_errors = 3;
  link.rx_length_errors = 10;
  link.rx_over_errors = 20;
  link.rx_crc_errors = 30;
  link.rx_frame_errors = 40;
  link.tx_carrier_errors = 100;
  link.tx_aborted_errors = 200;
  link.tx_window_errors = 300;
  link.tx_heartbeat_errors = 400;
  link.rx_nohandler = 9;
  EXPECT_EQ(fold_counters(link),
            (NetdevCounters{1, 0, 0, 5, 0, 100, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 0, 9}));
}

TEST(PressureLine, HasItsTotal) {
  const auto some = parse_pressure_line("some avg10=0.00 avg60=0.10 avg300=0.08 total=159886802");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->scope, "some");
  EXPECT_EQ(some->total_microseconds, 159886802U);
  for (const char* line : {"", "some", "some avg10=0.00", "most total=1", "some total=x"}) {
    EXPECT_FALSE(parse_pressure_line(line)) << line;
  }
}

TEST(MountLine, ResolvesEscapesInThePathOnly) {
  const auto mount = parse_mountinfo_line(
      R"(36 35 0:52 /x /srv/a\040b\134c\011d rw,noatime master:1 - nfs4 nas:/a\040b rw,vers=4.2)");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->major, 0U);
  EXPECT_EQ(mount->minor, 52U);
  EXPECT_EQ(mount->device, R"(nas:/a\040b)");
  EXPECT_EQ(mount->mount_point, "/srv/a b\\c\td");
  EXPECT_EQ(mount->type, "nfs4");
  EXPECT_FALSE(mount->read_only);
  EXPECT_EQ(parse_mountinfo_line(R"(1 2 3:4 / /x\04 rw - t d rw)")->mount_point, R"(/x\04)");
  EXPECT_EQ(parse_mountinfo_line(R"(1 2 3:4 / /x\777 rw - t d rw)")->mount_point, R"(/x\777)");
}

TEST(MountLine, ReadsReadOnlyAsAWordOfTheMountOrTheFileSystem) {
  EXPECT_TRUE(parse_mountinfo_line("1 2 3:4 / /m nosuid,ro,nodev - t d rw")->read_only);
  EXPECT_TRUE(parse_mountinfo_line("1 2 3:4 / /m rw - t d ro,x")->read_only);
  EXPECT_FALSE(parse_mountinfo_line("1 2 3:4 / /m rw - t d rw,errors=remount-ro")->read_only);
}

TEST(MountLine, MayHaveNoDevice) {
  const auto mount = parse_mountinfo_line("1 2 3:4 / /m rw -  d rw");
  EXPECT_FALSE(mount) << "but it has a type";
  ASSERT_TRUE(parse_mountinfo_line("1 2 3:4 / /m rw - tmpfs  rw"));
  EXPECT_EQ(parse_mountinfo_line("1 2 3:4 / /m rw - tmpfs  rw")->device, "");
}

TEST(MountLine, IsNotUnderstoodWithoutItsParts) {
  for (const char* line :
       {"", " - ", "1 2 3:4 / /m rw", "1 2 3:4 / /m - t d rw", "1 2 34 / /m rw - t d rw",
        "1 2 x:4 / /m rw - t d rw", "1 2 3:4 / /m rw - t d", "1 2 3:4 / /m rw - t"}) {
    EXPECT_FALSE(parse_mountinfo_line(line)) << line;
  }
}

TEST(Mount, IsLocalWithoutServerAndDaemon) {
  using Source = MountQuestion::Source;
  EXPECT_EQ(source_of("tmpfs", "tmpfs"), Source::Memory);
  EXPECT_EQ(source_of("/dev/sda1", "ext4"), Source::Memory);
  EXPECT_EQ(source_of("/dev/sda1", "xfs"), Source::Disk);
  EXPECT_EQ(source_of("nas:/share", "nfs4"), Source::Elsewhere);
  EXPECT_EQ(source_of("//nas/share", "cifs"), Source::Elsewhere);
  EXPECT_EQ(source_of("overlay", "overlay"), Source::Elsewhere);
  EXPECT_EQ(source_of("/dev/sdb1", "fuseblk"), Source::Elsewhere);
  EXPECT_EQ(source_of("/dev/fuse", "fuse.s3fs"), Source::Elsewhere);
}

TEST(SocketsInUse, AreThoseOfTheProtocol) {
  constexpr std::string_view kText = "sockets: used 9\nUDP: inuse 3 mem 0\nUDPLITE: inuse 7\n";
  EXPECT_EQ(sockets_in_use(kText, "UDP"), 3);
  EXPECT_EQ(sockets_in_use(kText, "UDP6"), std::nullopt);
  EXPECT_EQ(sockets_in_use("UDP: inuse x\n", "UDP"), std::nullopt);
}

TEST(MountPoint, IsShownFromInsideTheRoot) {
  EXPECT_EQ(strip_root("/host/var", "/host"), "/var");
  EXPECT_EQ(strip_root("/host", "/host/"), "/");
  EXPECT_EQ(strip_root("/hostess", "/host"), "/hostess");
  EXPECT_EQ(strip_root("/var", "/"), "/var");
  EXPECT_EQ(strip_root("/var", "/host"), "/var");
}

TEST(ProcessStat, SurvivesAnyCommandName) {
  const std::string rest = " S 1 2 3 4 5 6 7 8 9 10 140 150 16 17 18 19 20 21 220 230 240 25 26";
  for (const char* name : {"(joist)", "(a b)", "(x) S 9 9 9 (y)", "())"}) {
    const auto stat = parse_process_stat("4711 " + std::string(name) + rest);
    ASSERT_TRUE(stat) << name;
    EXPECT_EQ(stat->user_ticks, 140U);
    EXPECT_EQ(stat->system_ticks, 150U);
    EXPECT_EQ(stat->start_ticks, 220U);
    EXPECT_EQ(stat->virtual_bytes, 230U);
    EXPECT_EQ(stat->resident_pages, 240U);
  }
  EXPECT_FALSE(parse_process_stat(""));
  EXPECT_FALSE(parse_process_stat("1 (x) S 1 2"));
}

}  // namespace
}  // namespace joist::collectors
