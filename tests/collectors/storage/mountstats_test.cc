#include "collectors/storage/mountstats.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kMounts =
    "device rootfs mounted on / with fstype rootfs\n"
    "device nas:/a mounted on /srv/a with fstype nfs4 statvers=1.1\n"
    "\tage:\t7\n"
    "\tbytes:\t1 2 3 4 5 6 7 8\n"
    "\tevents:\t1 2 3\n"  // too few
    "\txprt:\ttcp 1 2 3 4 5 6 7 8 9 10 11 12 13\n"
    "\txprt:\tudp 1 2 3 4 5 6 7 8 9 10\n"
    "\tper-op statistics\n"
    "\t        READ: 1 2 3 4 5 6 7 8 9\n"
    "\t       WRITE: 1 2 x\n"
    "\n"
    "device tmpfs mounted on /run with fstype tmpfs\n"
    "device nas:/b mounted on /srv/b with fstype nfs statvers=1.0\n"
    "\txprt:\trdma 1 2 3 4 5 6 7 8 9 10 11 12 13\n";

TEST(NfsMounts, AreCutOutOfMountstats) {
  NfsMounts mounts(kMounts);
  NfsMount mount;
  MalformedLines malformed;
  ASSERT_TRUE(mounts.next(mount, "file", malformed));
  EXPECT_EQ(mount.index, 1U);
  EXPECT_EQ(mount.export_name, "nas:/a");
  EXPECT_EQ(mount.mount_point, "/srv/a");
  EXPECT_EQ(mount.age_seconds, 7U);
  EXPECT_EQ(mount.bytes[7], 8U);
  ASSERT_EQ(mount.transports.size(), 2U);
  EXPECT_EQ(mount.transports[0].fields[12], 13U);
  const std::array<std::uint64_t, 13> udp{1, 2, 0, 0, 0, 3, 4, 5, 6, 7, 8, 9, 10};
  EXPECT_EQ(mount.transports[1].fields, udp);
  ASSERT_EQ(mount.operations.size(), 1U);
  EXPECT_EQ(mount.operations[0].name, "READ");
  EXPECT_EQ(mount.operations[0].fields[7], 8U);
  EXPECT_EQ(malformed.count(), 2U) << "events and WRITE";

  ASSERT_TRUE(mounts.next(mount, "file", malformed));
  EXPECT_EQ(mount.index, 3U);
  EXPECT_EQ(mount.age_seconds, 0U) << "nothing of the mount before";
  EXPECT_TRUE(mount.operations.empty());
  EXPECT_EQ(mount.transports[0].fields[9], 10U);
  EXPECT_EQ(mount.transports[0].fields[10], 0U) << "another meaning with RDMA";
  EXPECT_FALSE(mounts.next(mount, "file", malformed));
}

TEST(ServerAddress, IsAnOptionOfItsOwn) {
  EXPECT_EQ(find_server_address("1 2 0:3 / /m rw - nfs n:/a ro,mountaddr=10.0.0.9,addr=10.0.0.8"),
            "10.0.0.8");
  EXPECT_EQ(find_server_address("1 2 0:3 / /m rw - nfs n:/a ro,mountaddr=10.0.0.9"), "");
  EXPECT_EQ(find_server_address(""), "");
}

TEST(MountstatsCollector, ShowsTransportsByNumberAndAnExportOnce) {
  support::TempRoot root;
  root.write("/self/mountinfo",
             "1 0 0:1 / / rw - rootfs rootfs rw\n"
             "2 1 0:2 / /srv/a rw - nfs4 nas:/a rw,addr=10.0.0.1\n"
             "3 1 0:3 / /run rw - tmpfs tmpfs rw\n"
             "4 1 0:2 / /again rw - nfs4 nas:/a rw,addr=10.0.0.1\n");
  root.write("/self/mountstats",
             "device rootfs mounted on / with fstype rootfs\n"
             "device nas:/a mounted on /srv/a with fstype nfs4 statvers=1.1\n"
             "age: 7\nxprt: tcp 1 2 3 4 5 6 7 8 9 10 11 12 13\n"
             "xprt: tcp 1 2 3 4 5 66 7 8 9 10 11 12 13\n"
             "device tmpfs mounted on /run with fstype tmpfs\n"
             "device nas:/a mounted on /again with fstype nfs4 statvers=1.1\n"
             "age: 9\nxprt: tcp 1 2 3 4 5 6 7 8 9 10 11 12 13\n");
  MountstatsCollector collector({.procfs = root.path().string()});
  Exposition page;
  for (int pass = 0; pass < 2; ++pass) {
    page.clear();
    ASSERT_TRUE(collector.collect(page).has_value());
    const auto has = [&](std::string_view line) {
      return page.text().find(line) != std::string_view::npos;
    };
    const std::string labels = R"({export="nas:/a",mountaddr="10.0.0.1",protocol="tcp")";
    EXPECT_TRUE(has("age_seconds_total" + labels + "} 7\n")) << page.text();
    EXPECT_TRUE(has("transport_sends_total" + labels + ",transport=\"0\"} 6\n"));
    EXPECT_TRUE(has("transport_sends_total" + labels + ",transport=\"1\"} 66\n"));
    EXPECT_TRUE(has(R"(mountpoint="/srv/a",protocol="tcp"} 1)"));
    EXPECT_TRUE(has(R"(mountpoint="/again",protocol="tcp"} 1)"));
  }
}

}  // namespace
}  // namespace joist::collectors
