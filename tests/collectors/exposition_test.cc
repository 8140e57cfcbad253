#include "collectors/exposition.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace joist::collectors {
namespace {

const Family kFamily("m", "Help.", MetricType::Gauge);

template <typename Number>
std::string shown(Number value) {
  Exposition page;
  page.begin(kFamily);
  page.sample(value);
  const std::string text(page.text());
  const std::string head = "# HELP m Help.\n# TYPE m gauge\nm ";
  EXPECT_EQ(text.substr(0, head.size()), head);
  return text.substr(head.size(), text.size() - head.size() - 1);
}

// What Go prints for the same numbers, strconv.FormatFloat(v, 'g', -1, 64).
TEST(Exposition, WritesIntegersAsGo) {
  EXPECT_EQ(shown(0U), "0");
  EXPECT_EQ(shown(1U), "1");
  EXPECT_EQ(shown(999999U), "999999");
  EXPECT_EQ(shown(1000000U), "1e+06");
  EXPECT_EQ(shown(1230000U), "1.23e+06");
  EXPECT_EQ(shown(1795352862U), "1.795352862e+09");
  EXPECT_EQ(shown(std::uint64_t{10000000000}), "1e+10");
  EXPECT_EQ(shown(std::uint64_t{1} << 53), "9.007199254740992e+15");
  EXPECT_EQ(shown((std::uint64_t{1} << 53) + 1), "9.007199254740992e+15");
  EXPECT_EQ(shown(std::numeric_limits<std::uint64_t>::max()), "1.8446744073709552e+19");
  EXPECT_EQ(shown(-3600), "-3600");
  EXPECT_EQ(shown(-1000000), "-1e+06");
}

TEST(Exposition, WritesDoublesAsGo) {
  EXPECT_EQ(shown(0.1), "0.1");
  EXPECT_EQ(shown(0.48), "0.48");
  EXPECT_EQ(shown(-0.0), "0");
  EXPECT_EQ(shown(0.0001), "0.0001");
  EXPECT_EQ(shown(0.000037129), "3.7129e-05");
  EXPECT_EQ(shown(999999.5), "999999.5");
  EXPECT_EQ(shown(1000000.5), "1.0000005e+06");
  EXPECT_EQ(shown(1795353889.5756907), "1.7953538895756907e+09");
  EXPECT_EQ(shown(1e21), "1e+21");
  EXPECT_EQ(shown(1e300), "1e+300");
  EXPECT_EQ(shown(-2.2250738585072014e-308), "-2.2250738585072014e-308");
  EXPECT_EQ(shown(std::nan("")), "NaN");
  EXPECT_EQ(shown(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(shown(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(Exposition, EscapesLabelsAndHelp) {
  const Labels labels{{"a", "back\\slash \"quoted\"\nline"}, {"b", ""}};
  EXPECT_EQ(labels.text(), R"({a="back\\slash \"quoted\"\nline",b=""})");

  const Family family("m", "One\\two\n\"three\"", MetricType::Untyped);
  EXPECT_EQ(family.head(), "# HELP m One\\\\two\\n\"three\"\n# TYPE m untyped\n");
  EXPECT_EQ(family.name(), "m");
}

TEST(Exposition, ReplacesWhatIsNotUtf8) {
  const auto text_of = [](std::string_view value) { return Labels{{"a", value}}; };
  EXPECT_EQ(text_of("gr\xC3\xBC\xC3\x9F \xF0\x9F\x92\xBE").text(),
            "{a=\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x92\xBE\"}");
  EXPECT_EQ(text_of("a\xFF\x62").text(), "{a=\"a\xEF\xBF\xBD\x62\"}");        // no UTF-8 byte
  EXPECT_EQ(text_of("\xC3").text(), "{a=\"\xEF\xBF\xBD\"}");                  // cut off
  EXPECT_EQ(text_of("\xC0\xAF").text(), "{a=\"\xEF\xBF\xBD\xEF\xBF\xBD\"}");  // overlong '/'
  EXPECT_EQ(text_of("\xED\xA0\x80").text(),                                   // a surrogate
            "{a=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"}");
}

TEST(Exposition, LeavesNoTraceOfAnEmptyFamily) {
  Exposition page;
  page.begin(kFamily);
  EXPECT_EQ(page.text(), "");
}

TEST(Exposition, TakesBackWhatCameAfterAPoint) {
  Exposition page;
  page.begin(kFamily);
  page.sample(1U);
  const std::string kept(page.text());
  const Family other("other", "Other.", MetricType::Counter);
  page.begin(other);
  page.sample(Labels{{"a", "b"}}, 2U);
  page.rewind(kept.size());
  EXPECT_EQ(page.text(), kept);
}

TEST(MetricName, IsWhatTheFormatAllows) {
  EXPECT_TRUE(is_metric_name("node_memory_DirectMap1G_bytes"));
  EXPECT_TRUE(is_metric_name("a:b"));
  EXPECT_FALSE(is_metric_name(""));
  EXPECT_FALSE(is_metric_name("1a"));
  EXPECT_FALSE(is_metric_name("a-b"));
  EXPECT_FALSE(is_metric_name("a\nb"));
}

}  // namespace
}  // namespace joist::collectors
