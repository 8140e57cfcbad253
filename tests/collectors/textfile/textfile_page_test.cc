#include "collectors/textfile/textfile_page.h"

#include <gtest/gtest.h>

namespace joist::collectors {
namespace {

TextfilePage merged(std::initializer_list<std::string_view> texts,
                    std::set<std::string, std::less<>> taken = {}) {
  std::vector<TextFile> files;
  for (const std::string_view text : texts) {
    files.push_back({"/t/" + std::to_string(files.size()) + ".prom", parse_metrics_text(text)});
  }
  std::vector<const TextFile*> pointers;
  for (const TextFile& file : files) pointers.push_back(&file);
  return merge_text_files(pointers, taken);
}

TEST(TextfilePage, JoinsFamiliesOfFiles) {
  const auto page = merged({"z 1\na{l=\"1\"} 1\n", "a{l=\"2\"} 2\n"});
  EXPECT_EQ(page.text,
            "# HELP a Metric read from /t/0.prom, /t/1.prom\n# TYPE a untyped\n"
            "a{l=\"1\"} 1\na{l=\"2\"} 2\n"
            "# HELP z Metric read from /t/0.prom\n# TYPE z untyped\nz 1\n");
  EXPECT_TRUE(page.complaints.empty());
}

TEST(TextfilePage, TheFirstHelpWins) {
  const auto page = merged({"# HELP a One.\na{l=\"1\"} 1\n", "# HELP a Two.\na{l=\"2\"} 2\n"});
  EXPECT_EQ(page.text, "# HELP a One.\n# TYPE a untyped\na{l=\"1\"} 1\na{l=\"2\"} 2\n");
  EXPECT_EQ(page.complaints.size(), 1U);
}

TEST(TextfilePage, AnotherTypeIsLeftOut) {
  const auto page = merged({"# TYPE a gauge\na{l=\"1\"} 1\n", "# TYPE a counter\na{l=\"2\"} 2\n"});
  EXPECT_NE(page.text.find("a{l=\"1\"} 1\n"), std::string::npos);
  EXPECT_EQ(page.text.find("a{l=\"2\"}"), std::string::npos);
  EXPECT_EQ(page.complaints.size(), 1U);
}

TEST(TextfilePage, ARepeatedSampleIsLeftOut) {
  const auto page = merged({"a{l=\"1\"} 1\n", "b 1\na{l=\"1\",m=\"\"} 2\n"});
  EXPECT_NE(page.text.find("a{l=\"1\"} 1\n"), std::string::npos);
  EXPECT_EQ(page.text.find("} 2\n"), std::string::npos);
  ASSERT_EQ(page.complaints.size(), 1U);
  EXPECT_EQ(page.complaints[0], "/t/1.prom: line 2 left out: another file has the same sample");
}

TEST(TextfilePage, NamesOfOthersAreLeftOut) {
  const auto page =
      merged({"taken 1\nfree 1\n# TYPE job histogram\njob_count 1\n"}, {"taken", "job_sum"});
  EXPECT_EQ(page.text, "# HELP free Metric read from /t/0.prom\n# TYPE free untyped\nfree 1\n");
  EXPECT_EQ(page.complaints.size(), 2U);
}

TEST(TextfilePage, PartsOfAHistogramAreNoFamily) {
  const auto page = merged({"h_count 5\n", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n"});
  EXPECT_EQ(page.text,
            "# HELP h_count Metric read from /t/0.prom\n# TYPE h_count untyped\nh_count 5\n");
  EXPECT_EQ(page.complaints.size(), 1U);
}

TEST(TextfilePage, WritesHistogramsAndSummaries) {
  const auto page =
      merged({"# HELP h H.\n# TYPE h histogram\nh_bucket{a=\"x\",le=\"0.5\"} 2\n"
              "h_count{a=\"x\"} 3\nh_sum{a=\"x\"} 1.5\n"
              "# HELP s S.\n# TYPE s summary\ns{quantile=\"0.99\"} 4\ns_sum 9\n"});
  EXPECT_EQ(page.text,
            "# HELP h H.\n# TYPE h histogram\n"
            "h_bucket{a=\"x\",le=\"0.5\"} 2\nh_bucket{a=\"x\",le=\"+Inf\"} 3\n"
            "h_sum{a=\"x\"} 1.5\nh_count{a=\"x\"} 3\n"
            "# HELP s S.\n# TYPE s summary\ns{quantile=\"0.99\"} 4\ns_sum 9\ns_count 0\n");
}

TEST(TextfilePage, BytesThatAreNotUtf8AreReplacedInHelp) {
  const auto page = merged({"# HELP a \xff\na 1\n"});
  EXPECT_NE(page.text.find("# HELP a \xEF\xBF\xBD\n"), std::string::npos);
}

}  // namespace
}  // namespace joist::collectors
