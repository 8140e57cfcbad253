#include "collectors/kernel/sysctl.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(SysctlChoice, MayNameItsValues) {
  const SysctlChoice plain = parse_sysctl_choice("kernel.pid_max");
  EXPECT_EQ(plain.setting, "kernel.pid_max");
  EXPECT_TRUE(plain.values.empty());
  const SysctlChoice named = parse_sysctl_choice("fs.file-nr:total,current,max");
  EXPECT_EQ(named.setting, "fs.file-nr");
  EXPECT_EQ(named.values, (std::vector<std::string>{"total", "current", "max"}));
  EXPECT_EQ(parse_sysctl_choice("a:").values, std::vector<std::string>{""});
}

TEST(SysctlFamily, IsAMetricsName) {
  EXPECT_EQ(sysctl_family_part("net.ipv4.conf/eth0.rp-filter"), "net_ipv4_conf_eth0_rp_filter");
}

TEST(Sysctl, RefusesWhatItCannotShow) {
  for (const auto& [flag, value] : {std::pair{"collector.sysctl.include", ""},
                                    {"collector.sysctl.include", "../../etc.shadow"},
                                    {"collector.sysctl.include", "fs.file-nr:a,b b"},
                                    {"collector.sysctl.include", "fs.file-nr:a,a"},
                                    {"collector.sysctl.include-info", "fs.file-nr:a"}}) {
    Options options{.enabled = {"sysctl"}, .defaults = false};
    ASSERT_TRUE(options.settings.set(flag, value));
    const auto made = Scrape::make({}, options);
    ASSERT_FALSE(made.has_value()) << value;
    EXPECT_EQ(made.error().code, ErrorCode::Malformed);
    EXPECT_NE(made.error().message.find(flag), std::string::npos) << made.error().message;
  }
}

TEST(Sysctl, ThatCannotBeReadCostsNoOther) {
  const support::TempRoot tree;
  tree.write("/proc/sys/kernel/pid_max", "32768\n");
  tree.write("/proc/sys/kernel/words", "not a number\n");
  Options options{.enabled = {"sysctl"}, .defaults = false, .process = false};
  for (const char* setting : {"kernel.absent", "kernel.words", "kernel.pid_max:a,b"}) {
    ASSERT_TRUE(options.settings.set("collector.sysctl.include", setting));
  }
  ASSERT_TRUE(options.settings.set("collector.sysctl.include", "kernel.pid_max"));
  const std::string page((*Scrape::make(support::roots_of(tree.path()), options))->page());
  EXPECT_NE(page.find("\nnode_sysctl_kernel_pid_max 32768\n"), std::string::npos) << page;
  EXPECT_EQ(page.find("pid_max_a"), std::string::npos);
  EXPECT_NE(page.find("success{collector=\"sysctl\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
