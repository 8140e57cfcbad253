#include "collectors/textfile/metrics_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace joist::collectors {
namespace {

using Type = TextFamily::Type;

TEST(MetricsText, ReadsWhatWritersWrite) {
  const auto text = parse_metrics_text(
      "# A comment.\n"
      "\n"
      "# HELP backup_age_seconds How old \\\\ the\\nbackup is.\n"
      "# TYPE backup_age_seconds gauge\n"
      "backup_age_seconds{job=\"db\",path=\"/srv \\\"x\\\" \\\\ \\n\"} 12.5\n"
      "  backup_age_seconds { job = \"files\" , }\t+1e3 \r\n"
      "plain 3\n");
  EXPECT_EQ(text.problems_count, 0U);
  ASSERT_EQ(text.families.size(), 2U);
  const TextFamily& age = text.families[0];
  EXPECT_EQ(age.name, "backup_age_seconds");
  EXPECT_EQ(age.type, Type::Gauge);
  EXPECT_EQ(age.help, "How old \\ the\nbackup is.");
  ASSERT_EQ(age.metrics.size(), 2U);
  EXPECT_EQ(age.metrics[0].labels[1].second, "/srv \"x\" \\ \n");
  EXPECT_EQ(age.metrics[0].value, 12.5);
  EXPECT_EQ(age.metrics[1].value, 1000);
  EXPECT_EQ(age.metrics[1].labels[1], std::make_pair(std::string("path"), std::string()));
  EXPECT_EQ(age.metrics[1].line, 6U);
  EXPECT_EQ(text.families[1].type, Type::Untyped);
  EXPECT_FALSE(text.families[1].help);
}

TEST(MetricsText, ReadsHistogramsAndSummaries) {
  const auto text = parse_metrics_text(
      "# TYPE h histogram\n"
      "h_bucket{le=\"2\",a=\"x\"} 5\nh_bucket{a=\"x\",le=\"1\"} 2\nh_bucket{a=\"x\",le=\"+Inf\"} "
      "6\n"
      "h_sum{a=\"x\"} 7.5\nh_count{a=\"x\"} 6\n"
      "# TYPE s summary\ns{quantile=\"0.5\"} NaN\ns_sum 1\ns_count 2\n");
  EXPECT_EQ(text.problems_count, 0U);
  ASSERT_EQ(text.families.size(), 2U);
  ASSERT_EQ(text.families[0].metrics.size(), 1U);
  const TextMetric& histogram = text.families[0].metrics[0];
  ASSERT_EQ(histogram.buckets.size(), 3U);
  EXPECT_EQ(histogram.buckets[0].bound, 1);
  EXPECT_EQ(histogram.buckets[1].value, 5);
  EXPECT_EQ(histogram.sum, 7.5);
  EXPECT_EQ(histogram.count, 6);
  ASSERT_EQ(text.families[1].metrics.size(), 1U);
  EXPECT_TRUE(std::isnan(text.families[1].metrics[0].buckets[0].value));
}

struct Broken {
  const char* line;
  const char* what;
};

TEST(MetricsText, ABrokenLineCostsThatLine) {
  constexpr Broken kBroken[] = {
      {"bad-name 1", "no valid name"},
      {"9lives 1", "no valid name"},
      {"{} 1", "no valid name"},
      {"name", "no number"},
      {"name one", "no number"},
      {"name 0x1p3", "no number"},
      {"name 1_000", "no number"},
      {"name 1e999", "no number"},
      {"name -nan", "no number"},
      {"name 1 1395066363000", "a timestamp, or more after the number"},
      {"name{a=\"b\" 1", "the labels do not end"},
      {"name{a=b} 1", "a label's value is not well quoted"},
      {"name{a=\"\\x\"} 1", "a label's value is not well quoted"},
      {"name{a=\"b} 1", "a label's value is not well quoted"},
      {"name{a=\"\xff\"} 1", "a label's value is not UTF-8"},
      {"name{a:b=\"c\"} 1", "a label has no valid name"},
      {"name{__a=\"c\"} 1", "a label's name is reserved"},
      {"name{a=\"1\",a=\"2\"} 1", "a label is twice"},
      {"good{x=\"\"} 5", "the same sample again"},
      {"# TYPE good gauge", "a second TYPE, or one after samples"},
      {"# TYPE other enum", "no known type"},
      {"# HELP described Again.", "a second HELP"},
      {"# HELP wrong \\t", "a backslash that means nothing"},
      {"# HELP bad-name x", "no valid name"},
      {"h_bucket 1", "no bound"},
      {"h_bucket{le=\"x\"} 1", "no bound"},
      {"h_count NaN", "no count"},
      {"h_sum{le=\"1\"} 1", "a bound where none belongs"},
      {"h 1", "a histogram's sample is called _bucket, _sum or _count"},
  };
  for (const auto& [line, what] : kBroken) {
    const auto text = parse_metrics_text("# HELP described Once.\n# TYPE h histogram\ngood 1\n" +
                                         std::string(line) + "\nalso 2\n");
    ASSERT_EQ(text.problems.size(), 1U) << line;
    EXPECT_EQ(text.problems[0].what, what) << line;
    EXPECT_EQ(text.problems[0].line, 4U) << line;
    std::size_t samples = 0;
    for (const TextFamily& family : text.families) samples += family.metrics.size();
    EXPECT_EQ(samples, 2U) << line;
  }
}

TEST(MetricsText, ALastLineWithoutEndMayBeHalf) {
  const auto text = parse_metrics_text("a 1\nb 12");
  EXPECT_EQ(text.families.size(), 1U);
  ASSERT_EQ(text.problems.size(), 1U);
  EXPECT_EQ(text.problems[0].line, 2U);
}

TEST(MetricsText, AFloodIsBounded) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) {
    lines += "flood{label_" + std::to_string(i) + "=\"x\"} 1\n";
  }
  const auto text = parse_metrics_text(lines);
  EXPECT_EQ(text.problems.size(), MetricsText::kProblemsMax);
  EXPECT_EQ(text.problems_count, 1000U - 64);
  ASSERT_EQ(text.families.size(), 1U);
  EXPECT_EQ(text.families[0].metrics.size(), 64U);
}

TEST(MetricsText, SmallNumbersAreNothingLargeOnesTooMuch) {
  const auto text = parse_metrics_text("a 1e-999\nb +Inf\nc -inf\nd NaN\ne .5\nf 5.\n");
  EXPECT_EQ(text.problems_count, 0U);
  ASSERT_EQ(text.families.size(), 6U);
  EXPECT_EQ(text.families[0].metrics[0].value, 0);
  EXPECT_TRUE(std::isinf(text.families[1].metrics[0].value));
  EXPECT_LT(text.families[2].metrics[0].value, 0);
  EXPECT_EQ(text.families[4].metrics[0].value, 0.5);
}

}  // namespace
}  // namespace joist::collectors
