#include "collectors/hardware/pcidevice.h"

#include <gtest/gtest.h>

#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kIds =
    "# A comment\n"
    "1022  AMD\n\t1634  Bridge\n\t\t17aa 5095  Bridge of a laptop\n"
    "c0a9  Micron\n\t540a  P2 SSD\nmalformed\n"
    "C 01  Mass storage controller\n\t08  Non-Volatile memory controller\n\t\t02  NVM Express\n"
    "C 06  Bridge\n\t00  Host bridge\n";

TEST(PciLocation, IsFourNumbers) {
  const auto location = parse_pci_location("0001:3b:0f.7");
  ASSERT_TRUE(location);
  EXPECT_EQ(location->segment, 1U);
  EXPECT_EQ(location->bus, 0x3bU);
  EXPECT_EQ(location->device, 15U);
  EXPECT_EQ(location->function, 7U);
  for (const char* text : {"", "pci0000:00", "0000:00:00", "0000:00:00.", "0000:00:zz.0", ":::."}) {
    EXPECT_FALSE(parse_pci_location(text)) << text;
  }
}

TEST(PciLink, HasSpeedAndWidth) {
  EXPECT_EQ(parse_pci_link_speed("2.5 GT/s PCIe"), 2.5e9);
  EXPECT_EQ(parse_pci_link_speed("Unknown speed"), -1);
  EXPECT_FALSE(parse_pci_link_speed("2.5"));
  EXPECT_FALSE(parse_pci_link_speed("fast GT/s"));
  EXPECT_EQ(parse_pci_link_width("16"), 16);
  EXPECT_EQ(parse_pci_link_width(""), -1);
}

TEST(PciNames, AreThoseOfTheFile) {
  const PciIds bridge{"060400", "1022", "1634", "17aa", "5095"};
  PciNames names;
  EXPECT_TRUE(want_pci_names(bridge, names));
  EXPECT_FALSE(want_pci_names(bridge, names));
  fill_pci_names(kIds, names);
  const auto found = name_pci_device(bridge, names);
  EXPECT_EQ(found.vendor, "AMD");
  EXPECT_EQ(found.device, "Bridge");
  EXPECT_EQ(found.subsystem_vendor, "17aa");
  EXPECT_EQ(found.subsystem_device, "Bridge of a laptop");
  EXPECT_EQ(found.device_class, "Bridge");
  const auto none = name_pci_device({"ff0000", "1", "2", "3", "4"}, names);
  EXPECT_EQ(none.device_class, "Unknown class (ff0000)");
  EXPECT_EQ(none.device, "2");
}

TEST(Pcidevice, ShowsNamesWhenAsked) {
  const support::TempRoot root;
  root.write("/pci.ids", kIds);
  const auto tree = std::filesystem::path(JOIST_FIXTURE_DIR) / "collectors" / "hardware";
  Options options{.enabled = {"pcidevice"}, .defaults = false};
  ASSERT_TRUE(options.settings.set("collector.pcidevice.names", "true"));
  ASSERT_TRUE(
      options.settings.set("collector.pcidevice.idsfile", (root.path() / "pci.ids").string()));
  auto scrape = Scrape::make(support::roots_of(tree), options);
  ASSERT_TRUE(scrape.has_value());
  const std::string page((*scrape)->page());
  EXPECT_NE(page.find("class_name=\"NVM Express\",device=\"00\",device_id=\"0x540a\","
                      "device_name=\"P2 SSD\""),
            page.npos)
      << page;
}

}  // namespace
}  // namespace joist::collectors
