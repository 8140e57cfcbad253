// Goal: ten scrapers cost no more than one, and a page says what is missing.
#include "agent/metrics_page.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <vector>

#include "agent/gzip.h"
#include "agent/web.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;
using wire::Task;

Task<void> get_into(MetricsPage& page, std::vector<std::string>& texts) {
  const auto text = co_await page.get(5s);
  texts.push_back(*text);
}

TEST(MetricsPage, IsSharedByThoseWhoAskAtOnce) {
  wire::asio::io_context io;
  OwnMetrics metrics;
  int asked = 0;
  MetricsPage page(io, metrics, [&asked] { return "own " + std::to_string(++asked) + "\n"; });
  collectors::Options options;
  auto scrape = collectors::Scrape::make(collectors::Roots{}, options);
  ASSERT_TRUE(scrape.has_value()) << scrape.error().message;
  page.use(std::move(*scrape));

  std::vector<std::string> texts;
  for (int i = 0; i < 10; ++i) wire::asio::co_spawn(io, get_into(page, texts), wire::rethrow);
  io.run();
  ASSERT_EQ(texts.size(), 10U);
  for (const std::string& text : texts) EXPECT_EQ(text, texts[0]);
  EXPECT_EQ(asked, 1);
  EXPECT_NE(texts[0].find("node_scrape_collector_success"), std::string::npos);
  EXPECT_NE(texts[0].find("own 1\n"), std::string::npos);

  io.restart();
  wire::asio::co_spawn(io, get_into(page, texts), wire::rethrow);
  io.run();
  EXPECT_EQ(asked, 2);
}

TEST(MetricsPage, SaysWhenNothingWasCollected) {
  wire::asio::io_context io;
  OwnMetrics metrics;
  MetricsPage page(io, metrics, [&metrics] { return metrics.text({}, {}); });
  std::vector<std::string> texts;
  wire::asio::co_spawn(io, get_into(page, texts), wire::rethrow);
  io.run();
  EXPECT_NE(texts.at(0).find("joist_agent_scrapes_total{collected=\"false\"} 1"),
            std::string::npos);
}

TEST(OwnMetrics, HaveOneStatusForEachCondition) {
  v1::Condition condition;
  condition.set_type("Ready");
  OwnState state;
  state.conditions = {condition};  // unset: read as Unknown
  const std::string text = OwnMetrics().text(state, {});
  EXPECT_NE(text.find("joist_condition_status{type=\"Ready\",status=\"Unknown\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("joist_condition_status{type=\"Ready\",status=\"True\"} 0\n"),
            std::string::npos);
}

TEST(Gzip, IsUndoneByZlib) {
  const std::string text(100'000, 'x');
  const auto packed = gzip(text);
  ASSERT_TRUE(packed.has_value());
  EXPECT_LT(packed->size(), 1000U);
  std::vector<char> unpacked(200'000);
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string in = *packed;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(unpacked.data());
  stream.avail_out = static_cast<uInt>(unpacked.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(std::string(unpacked.data(), stream.total_out), text);
  inflateEnd(&stream);
}

TEST(ScrapeDeadline, IsALittleLessThanPrometheusWaits) {
  EXPECT_EQ(scrape_deadline("5"), 4750ms);
  EXPECT_EQ(scrape_deadline("0.1"), 250ms);
  EXPECT_EQ(scrape_deadline("60"), 10s);
  for (const char* nonsense : {"", "x", "-1", "nan", "inf", "1e308", "5s"}) {
    EXPECT_EQ(scrape_deadline(nonsense), 10s) << nonsense;
  }
}

}  // namespace
}  // namespace joist::agent
