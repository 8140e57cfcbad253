#include "collectors/kernel/selinux.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(SelinuxConfig, NamesAMode) {
  EXPECT_EQ(parse_selinux_config("# SELINUX=enforcing\nSELINUX=permissive\n"), 0);
  EXPECT_EQ(parse_selinux_config("SELINUXTYPE=targeted\n SELINUX=enforcing # now"), 1);
  EXPECT_EQ(parse_selinux_config("SELINUX=disabled\n"), -1);
  EXPECT_EQ(parse_selinux_config(""), -1);
}

TEST(Selinux, SaysWhatIsConfiguredAndWhatIsSoWhereItIsOn) {
  const support::TempRoot tree;
  const Roots roots{.sysfs = tree.path() / "sys", .rootfs = tree.path() / "root"};
  const Options options{.enabled = {"selinux"}, .defaults = false, .process = false};
  const auto page = [&] { return std::string((*Scrape::make(roots, options))->page()); };

  EXPECT_NE(page().find("\nnode_selinux_enabled 0\n"), std::string::npos);
  EXPECT_EQ(page().find("_mode"), std::string::npos);
  tree.write("/sys/fs/selinux/enforce", "0");
  tree.write("/root/etc/selinux/config", "SELINUX=enforcing\n");
  for (const char* line : {"\nnode_selinux_enabled 1\n", "\nnode_selinux_config_mode 1\n",
                           "\nnode_selinux_current_mode 0\n"}) {
    EXPECT_NE(page().find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace joist::collectors
