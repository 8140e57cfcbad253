// Goal: facts are what the files say, and a file that says nothing usable is
// named. Method: small host roots written by each test.
#include "host/facts.h"

#include <gtest/gtest.h>

#include "tests/support/temp_root.h"

namespace joist::host {
namespace {

support::TempRoot& plain_host(support::TempRoot& host) {
  host.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  host.write("/etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
  host.write("/proc/sys/kernel/random/boot_id", "3b1f9c1e-7f7b-4e37-9f6c-000000000001\n");
  host.write("/proc/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
  host.write("/proc/stat", "cpu  1 2 3\nbtime 1700000000\nprocesses 5\n");
  host.write("/sys/devices/system/cpu/online", "0-3,6\n");
  return host;
}

TEST(Facts, AreReadFromAPlainHost) {
  support::TempRoot host;
  const auto facts = observe_facts(plain_host(host).sys_root());
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->machine_id, "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(facts->os, "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(facts->boot_id, "3b1f9c1e-7f7b-4e37-9f6c-000000000001");
  EXPECT_EQ(facts->cpus, 5U);
  EXPECT_EQ(facts->memory_bytes, 16384U * 1024);
  EXPECT_EQ(facts->boot_time, std::chrono::seconds(1700000000));
}

TEST(Facts, DoWithoutAMachineIdAndOsRelease) {
  support::TempRoot host;
  plain_host(host).write("/etc/machine-id", "uninitialized\n");
  std::filesystem::remove(host.path() / "etc/os-release");
  const auto facts = observe_facts(host.sys_root());
  ASSERT_TRUE(facts.has_value()) << facts.error().message;
  EXPECT_EQ(facts->machine_id, "");
  EXPECT_EQ(facts->os, "");
}

TEST(Facts, NameTheFileThatMakesNoSense) {
  const struct {
    const char* path;
    const char* text;
  } cases[] = {{"/proc/meminfo", "MemFree: 1 kB\n"},
               {"/proc/meminfo", "MemTotal: much kB\n"},
               {"/proc/stat", "xbtime 5\n"},
               {"/sys/devices/system/cpu/online", "3-0\n"},
               {"/sys/devices/system/cpu/online", "0-4294967295\n"}};
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.text);
    support::TempRoot host;
    plain_host(host).write(bad.path, bad.text);
    const auto facts = observe_facts(host.sys_root());
    ASSERT_FALSE(facts.has_value());
    EXPECT_EQ(facts.error().code, ErrorCode::Malformed);
    EXPECT_NE(facts.error().message.find(bad.path), std::string::npos) << facts.error().message;
  }
}

TEST(Facts, KeepTheBootTimeWhileTheClockIsBeingDisciplined) {
  support::TempRoot host;
  const auto first = observe_facts(plain_host(host).sys_root());
  ASSERT_TRUE(first.has_value());
  host.write("/proc/stat", "btime 1700000001\n");
  EXPECT_EQ(observe_facts(host.sys_root(), &*first)->boot_time, first->boot_time);
  host.write("/proc/stat", "btime 1700003600\n");
  EXPECT_EQ(observe_facts(host.sys_root(), &*first)->boot_time, std::chrono::seconds(1700003600));
}

TEST(PrettyName, IsUnquotedLikeAShellWould) {
  EXPECT_EQ(pretty_name("PRETTY_NAME='Alpine'\n"), "Alpine");
  EXPECT_EQ(pretty_name("PRETTY_NAME=Plain"), "Plain");
  EXPECT_EQ(pretty_name("PRETTY_NAME=\"a \\\"b\\\" \\$c\"\n"), "a \"b\" $c");
  EXPECT_EQ(pretty_name("#PRETTY_NAME=x\nNAME=y\n"), "");
  EXPECT_EQ(pretty_name(""), "");
}

}  // namespace
}  // namespace joist::host
