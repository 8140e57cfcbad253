#include "metrics/openmetrics.h"

#include <gtest/gtest.h>

namespace joist::metrics {
namespace {

std::string converted(std::string_view page) {
  std::string out = "what was there";
  to_openmetrics(page, out);
  return out;
}

TEST(OpenMetrics, TakesTheSuffixOffCountersFamilies) {
  EXPECT_EQ(converted("# HELP node_forks_total Total \"forks\".\n"
                      "# TYPE node_forks_total counter\n"
                      "node_forks_total{a=\"}\\\"\\n\"} 1.5e+06\n"
                      "# HELP node_load1 1m load.\n"
                      "# TYPE node_load1 gauge\n"
                      "node_load1 NaN\n"),
            "# HELP node_forks Total \\\"forks\\\".\n"
            "# TYPE node_forks counter\n"
            "node_forks_total{a=\"}\\\"\\n\"} 1.5e+06\n"
            "# HELP node_load1 1m load.\n"
            "# TYPE node_load1 gauge\n"
            "node_load1 NaN\n"
            "# EOF\n");
}

TEST(OpenMetrics, KeepsTheNamesOfSamples) {
  EXPECT_EQ(converted("# TYPE a untyped\na 1\n"
                      "# TYPE b counter\nb 1\n"
                      "# TYPE c_total counter\nc_total 1\n"
                      "# TYPE c gauge\nc 2\n"
                      "# TYPE _total counter\n_total 1\n"),
            "# TYPE a unknown\na 1\n"
            "# TYPE b unknown\nb 1\n"
            "# TYPE c_total unknown\nc_total 1\n"
            "# TYPE c gauge\nc 2\n"
            "# TYPE _total unknown\n_total 1\n"
            "# EOF\n");
}

TEST(OpenMetrics, WritesBoundsAsFloatsAndTimesInSeconds) {
  EXPECT_EQ(converted("# TYPE h histogram\n"
                      "h_bucket{x=\"1\",le=\"0.5\"} 1\n"
                      "h_bucket{x=\"1\",le=\"10\"} 2 1395066363500\n"
                      "h_bucket{x=\"1\",le=\"+Inf\"} 3 -5\n"
                      "h_sum 2\nnonsense\n"
                      "# TYPE s summary\n"
                      "s{quantile=\"1\"} 4\n"),
            "# TYPE h histogram\n"
            "h_bucket{x=\"1\",le=\"0.5\"} 1\n"
            "h_bucket{x=\"1\",le=\"10.0\"} 2 1395066363.500\n"
            "h_bucket{x=\"1\",le=\"+Inf\"} 3 -0.005\n"
            "h_sum 2\n"
            "# TYPE s summary\n"
            "s{quantile=\"1.0\"} 4\n"
            "# EOF\n");
}

TEST(OpenMetrics, EndsWhateverItIsGiven) {
  EXPECT_EQ(converted(""), "# EOF\n");
  EXPECT_EQ(converted("a 1"), "a 1\n# EOF\n");
  EXPECT_EQ(converted("# a comment\n# HELP a Help.\na 1\n# HELP b Nothing.\n"),
            "# HELP a Help.\n# TYPE a unknown\na 1\n# EOF\n");
}

}  // namespace
}  // namespace joist::metrics
