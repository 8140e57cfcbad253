// Goal: what the table says is what sysfs says, and stays so while interfaces change.
// Method: a network namespace of the test's own, with veth pairs. Needs root and ip(8).
#include "collectors/network/link_table.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "collectors/scrape.h"

namespace joist::collectors {
namespace {

bool ip(const std::string& arguments) {
  return std::system(("ip " + arguments + " 2>/dev/null").c_str()) == 0;
}

class LinkTableOfANamespace : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    if (!ip("-V >/dev/null")) GTEST_SKIP() << "needs ip(8)";
    // A sysfs of the namespace's own, seen by this process alone.
    ASSERT_EQ(::unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
    ASSERT_EQ(::mount("none", "/sys", nullptr, MS_REC | MS_PRIVATE, nullptr), 0);
    ASSERT_EQ(::mount("sysfs", "/sys", "sysfs", 0, nullptr), 0);
    if (!ip("link add va type veth peer name vb")) GTEST_SKIP() << "needs veth";
  }

  static std::string page(Scrape& scrape) { return std::string(scrape.page()); }
};

const Link* find(const LinkTable::Reading& reading, std::string_view name) {
  for (const Link& link : reading.links()) {
    if (link.facts.name == name) return &link;
  }
  return nullptr;
}

TEST_F(LinkTableOfANamespace, FollowsWhatHappens) {
  LinkTable table(nullptr);
  {
    const auto reading = table.read();
    ASSERT_TRUE(reading) << reading.error().message;
    EXPECT_EQ(reading->links().size(), 3U);
    ASSERT_NE(find(*reading, "va"), nullptr);
    EXPECT_FALSE(find(*reading, "va")->facts.running);
    EXPECT_EQ(reading->lists(), 1U);
  }
  ASSERT_TRUE(ip("link set va up") && ip("link set vb up") && ip("link set va mtu 1400") &&
              ip("link set va alias 'to \"b\"'") && ip("link add vc type veth peer name vd") &&
              ip("link set vd name ve"));
  int va_index = 0;
  {
    const auto reading = table.read();
    ASSERT_TRUE(reading);
    const Link* const link = find(*reading, "va");
    ASSERT_NE(link, nullptr);
    EXPECT_TRUE(link->facts.running);
    EXPECT_EQ(link->facts.mtu_bytes, 1400U);
    EXPECT_EQ(link->facts.alias, "to \"b\"");
    EXPECT_EQ(reading->links().size(), 5U);
    EXPECT_EQ(find(*reading, "vd"), nullptr);
    EXPECT_NE(find(*reading, "ve"), nullptr);
    EXPECT_EQ(reading->lists(), 1U) << "told, not listed";
    va_index = link->facts.index;
  }
  LinkNames names;
  ASSERT_TRUE(names.update(table));
  EXPECT_EQ(names.of(va_index), "va");
  EXPECT_EQ(names.of(-1), "");
  ASSERT_TRUE(ip("link del vc"));
  const auto reading = table.read();
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->links().size(), 3U);
  // The interfaces have sent their first IPv6 packets to each other, or will.
  EXPECT_EQ(find(*reading, "va")->counters.rx_errors, 0U);
}

TEST_F(LinkTableOfANamespace, IsReadOnceForAPage) {
  const auto changes = std::make_shared<DeviceChanges>();
  LinkTable table(changes);
  changes->poll();
  ASSERT_TRUE(table.read());
  ASSERT_TRUE(ip("link set va mtu 1300"));
  EXPECT_EQ(find(*table.read(), "va")->facts.mtu_bytes, 1500U);
  changes->poll();
  EXPECT_EQ(find(*table.read(), "va")->facts.mtu_bytes, 1300U);
}

TEST_F(LinkTableOfANamespace, MissesNothingInABurst) {
  LinkTable table(nullptr);
  ASSERT_TRUE(table.read());
  // More than the socket holds.
  ASSERT_EQ(std::system("for i in $(seq 1 150); do echo link add x$i type veth peer name y$i; "
                        "echo link set x$i up; echo link set y$i up; done | ip -batch -"),
            0);
  const auto reading = table.read();
  ASSERT_TRUE(reading);
  EXPECT_EQ(reading->links().size(), 303U);
  EXPECT_TRUE(find(*reading, "y150")->facts.running);
}

TEST_F(LinkTableOfANamespace, SaysWhatSysfsSays) {
  ASSERT_TRUE(ip("link set va up") && ip("link set vb up") && ip("link set vb promisc on") &&
              ip("link set va alias hello") && ip("link set va txqueuelen 77") &&
              ip("link add br0 type bridge") && ip("link set br0 up"));
  const Options options{.enabled = {"netclass"}, .defaults = false, .process = false};
  auto live = Scrape::make({}, options);
  // Of another tree, as long as only one of the two is the kernel's: read from its files.
  auto files = Scrape::make({.procfs = "/usr"}, options);
  ASSERT_TRUE(live.has_value() && files.has_value());
  const auto families = [](Scrape& scrape) {
    const std::string text = page(scrape);
    return text.substr(0, text.find("# HELP node_scrape"));
  };
  const auto sorted = [](const std::string& text) {
    std::vector<std::string> lines;
    std::size_t start = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', start)) {
      lines.push_back(text.substr(start, end - start));
      start = end + 1;
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  EXPECT_EQ(sorted(families(**live)), sorted(families(**files)));
  ASSERT_TRUE(ip("link set va down") && ip("link set vb promisc off") &&
              ip("link set va address 02:00:00:00:00:77"));
  EXPECT_EQ(sorted(families(**live)), sorted(families(**files)));
  EXPECT_NE(families(**live).find("02:00:00:00:00:77"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
