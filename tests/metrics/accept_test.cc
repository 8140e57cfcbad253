#include "metrics/accept.h"

#include <gtest/gtest.h>

#include <string>

namespace joist::metrics {
namespace {

TEST(NegotiateEncoding, FollowsTheWeights) {
  const struct {
    const char* header;
    Encoding encoding;
  } cases[] = {
      {"", Encoding::Identity},
      {"gzip", Encoding::Gzip},
      {"GZIP", Encoding::Gzip},
      {"x-gzip", Encoding::Gzip},
      {"deflate, br", Encoding::Identity},
      {"gzip, deflate, br", Encoding::Gzip},
      {"gzip;q=0", Encoding::Identity},
      {"gzip;q=0.000", Encoding::Identity},
      {"gzip;q=0.001", Encoding::Gzip},
      {"gzip; q=0.5 , identity; q=0.9", Encoding::Identity},
      {"identity;q=0.5, gzip;q=1.0", Encoding::Gzip},
      {"*", Encoding::Gzip},
      {"*;q=0", Encoding::Identity},
      {"gzip;q=0, *", Encoding::Identity},
      {"identity, *;q=0.1", Encoding::Identity},
      {"gzip;q=2", Encoding::Identity},
      {"gzip;q=x", Encoding::Identity},
      {"gzip;q=", Encoding::Identity},
      {"gzip;level=9;q=1", Encoding::Gzip},
      {";q=1,,,", Encoding::Identity},
      {"gzip;q=-1", Encoding::Identity},
      {"gzip;q=1e0", Encoding::Identity},
      {"zstd", Encoding::Zstd},
      {"gzip, zstd", Encoding::Zstd},
      {"zstd;q=0.5, gzip", Encoding::Gzip},
      {"zstd;q=0, gzip;q=0.1", Encoding::Gzip},
      {"zstd;q=0.5, identity", Encoding::Identity},
      {"zstd;q=0", Encoding::Identity},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(negotiate_encoding(one.header), one.encoding) << one.header;
  }
}

TEST(NegotiateFormat, ReadsWhatPrometheusSends) {
  const struct {
    const char* header;
    Format format;
  } cases[] = {
      {"", Format::Text},
      {"*/*", Format::Text},
      {"text/html,application/xhtml+xml,*/*;q=0.8", Format::Text},
      // Prometheus 2.42 and before.
      {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
       "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::OpenMetrics100},
      {"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       Format::OpenMetrics001},
      // Prometheus 2 with native histograms.
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
       "encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1",
       Format::Protobuf},
      // Prometheus 3.
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,"
       "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
       "*/*;q=0.2",
       Format::OpenMetrics100},
      {"text/plain;version=1.0.0;q=0.4,text/plain;version=0.0.4;q=0.3", Format::Text},
      {"text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.2",
       Format::Text},
      {"application/openmetrics-text;version=1.0.0;q=0,text/plain;q=0.1", Format::Text},
      {"application/openmetrics-text;version=2.0.0", Format::Text},
      {"application/openmetrics-text; version=\"1.0.0\"", Format::OpenMetrics100},
      {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
       Format::Text},
      {"application/vnd.google.protobuf;encoding=delimited", Format::Text},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(negotiate_format(one.header), one.format) << one.header;
  }
}

TEST(ContentType, NamesTheVersion) {
  for (const Format format : {Format::Text, Format::OpenMetrics001, Format::OpenMetrics100}) {
    EXPECT_NE(content_type(format).find("; version="), std::string_view::npos);
    // What it says is what it was asked.
    EXPECT_EQ(negotiate_format(content_type(format)), format);
  }
  EXPECT_EQ(negotiate_format(content_type(Format::Protobuf)), Format::Protobuf);
}

}  // namespace
}  // namespace joist::metrics
