#include "collectors/sample_sheet.h"

#include <gtest/gtest.h>

#include <string>

#include "collectors/attribute_samples.h"
#include "collectors/module_file.h"
#include "collectors/number_lines.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

constexpr FamilyText kOne{"one", "First.", MetricType::Gauge};
constexpr FamilyText kTwo{"two", "Second.", MetricType::Counter};

std::string written(const SampleSheet& sheet) {
  Exposition page;
  sheet.write(page);
  return std::string(page.text());
}

TEST(SampleSheet, GroupsSamplesByFamily) {
  SampleSheet sheet;
  const auto a = sheet.add(kOne, Labels{{"d", "a"}});
  const auto x = sheet.add(kTwo, Labels{{"d", "a"}});
  const auto b = sheet.add(kOne, Labels{{"d", "b"}});
  EXPECT_EQ(sheet.add(kOne, Labels{{"d", "a"}}), a) << "one series has one place";
  EXPECT_EQ(written(sheet), "");
  sheet.set(b, 2);
  sheet.set(x, 3);
  sheet.set(a, 1);
  EXPECT_EQ(written(sheet),
            "# HELP one First.\n# TYPE one gauge\none{d=\"a\"} 1\none{d=\"b\"} 2\n"
            "# HELP two Second.\n# TYPE two counter\ntwo{d=\"a\"} 3\n");
  sheet.blank();
  sheet.set(x, 4);
  EXPECT_EQ(written(sheet), "# HELP two Second.\n# TYPE two counter\ntwo{d=\"a\"} 4\n");
}

TEST(AttributeSamples, ShowWhatCanBeReadAndUnderstood) {
  support::TempRoot root;
  root.write("/good", " 12 \n");
  root.write("/odd", "many\n");
  SampleSheet sheet;
  MalformedLines malformed;
  AttributeSamples attributes;
  const SysRoot host(root.path());
  EXPECT_TRUE(attributes.add(host, "/good", sheet.add(kOne, {}), parse_whole_number));
  EXPECT_TRUE(attributes.add(host, "/odd", sheet.add(kTwo, {}), parse_whole_number));
  EXPECT_FALSE(attributes.add(host, "/gone", sheet.add(kTwo, {}), parse_whole_number));
  attributes.read_into(sheet, malformed);
  EXPECT_EQ(written(sheet), "# HELP one First.\n# TYPE one gauge\none 12\n");
  EXPECT_EQ(malformed.count(), 1U);
}

TEST(AttributeSamples, HoldSoManyDescriptorsOnly) {
  support::TempRoot root;
  root.write("/value", "7\n");
  SampleSheet sheet;
  MalformedLines malformed;
  AttributeSamples attributes;
  const SysRoot host(root.path());
  const std::size_t count = AttributeSamples::kOpenMax + 10;
  for (std::size_t i = 0; i < count; ++i) {
    const auto place = sheet.add(kOne, Labels{{"n", std::to_string(i)}});
    ASSERT_TRUE(attributes.add(host, "/value", place, parse_whole_number));
  }
  attributes.read_into(sheet, malformed);
  const std::size_t open = static_cast<std::size_t>(SysRoot("/proc").list("/self/fd")->size());
  EXPECT_LT(open, count);
  EXPECT_NE(written(sheet).find("one{n=\"" + std::to_string(count - 1) + "\"} 7\n"),
            std::string::npos);
}

TEST(AttributeSamples, NumbersMayBeNegative) {
  EXPECT_EQ(parse_whole_number("18446744073709551615"), 18446744073709551615.0);
  EXPECT_EQ(parse_whole_number("-3"), -3.0);
  EXPECT_FALSE(parse_whole_number("1.5"));
  EXPECT_FALSE(parse_whole_number(""));
}

TEST(NumberLines, LackingIsZeroAndUnreadableIsNothing) {
  SampleSheet sheet;
  MalformedLines malformed;
  NumberLines lines;
  lines.add("a", 1, sheet.add(kOne, Labels{{"l", "a1"}}));
  lines.add("a", 3, sheet.add(kOne, Labels{{"l", "a3"}}));
  lines.add("b", 0, sheet.add(kOne, Labels{{"l", "b0"}}));
  lines.read_into("c 1 2\na 0.5 7 8\nb x\n", "file", sheet, malformed);
  EXPECT_EQ(written(sheet),
            "# HELP one First.\n# TYPE one gauge\none{l=\"a1\"} 7\none{l=\"a3\"} 0\n");
  EXPECT_EQ(malformed.count(), 1U);
}

TEST(ModuleFile, AbsenceIsRememberedUntilDevicesChange) {
  support::TempRoot root;
  const auto changes = std::make_shared<DeviceChanges>();
  const SysRoot host(root.path());
  ModuleFile told(host, "/file", ProcFile::Shape::Whole, 64, changes);
  ModuleFile untold(host, "/file", ProcFile::Shape::Whole, 64, nullptr);
  EXPECT_EQ(told.read().error().code, ErrorCode::NotFound);
  EXPECT_EQ(untold.read().error().code, ErrorCode::NotFound);
  root.write("/file", "here");
  EXPECT_EQ(told.read().error().code, ErrorCode::NotFound);
  EXPECT_EQ(*untold.read(), "here");
}

}  // namespace
}  // namespace joist::collectors
