// Goal: ten scrapers cost no more than one, each gets what it asked for, and a page says
// what is missing.
#include "metrics/scrape_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/post.hpp>

#include <filesystem>
#include <future>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::metrics {
namespace {

using namespace std::chrono_literals;
using wire::Task;
namespace fs = std::filesystem;

class Served : public testing::Test {
 protected:
  void use(const collectors::Roots& roots, const collectors::Options& options) {
    auto scrape = collectors::Scrape::make(roots, options);
    ASSERT_TRUE(scrape.has_value()) << scrape.error().message;
    server_.use(std::move(*scrape));
  }

  void ask(const std::string& query = "", const wire::Headers& headers = {}) {
    wire::Request request{.method = "GET", .path = "/metrics", .query = query, .headers = headers};
    wire::asio::co_spawn(io_, answer(std::move(request), responses_.size()), wire::rethrow);
    responses_.emplace_back();
  }

  // On a thread that may hang.
  const std::vector<wire::Response>& run() {
    io_.restart();
    const auto over = std::make_shared<std::promise<void>>();
    std::thread([this, over] {
      loop_.run([over](const std::string& failure) {
        EXPECT_EQ(failure, "");
        over->set_value();
      });
    }).detach();
    over->get_future().wait();
    return responses_;
  }

  wire::Response answer_to(const std::string& query, const wire::Headers& headers = {}) {
    responses_.clear();
    answered_ = 0;
    ask(query, headers);
    return run().at(0);
  }

  Task<void> answer(wire::Request request, std::size_t at) {
    auto response = co_await server_.answer(request);
    responses_[at] = std::move(response);
    if (++answered_ == responses_.size()) io_.stop();  // a collector may hang
  }

  wire::asio::io_context io_{1};
  wire::Loop loop_{io_};
  int own_ = 0;
  ScrapeServer server_{
      loop_, [this](std::string& page) { page += "own " + std::to_string(++own_) + "\n"; }};
  std::vector<wire::Response> responses_;
  std::size_t answered_ = 0;
};

TEST_F(Served, ThoseWhoAskAtOnceShareAPage) {
  // A page that takes as long as it may, so that all ask while it is under way.
  const support::TempRoot tree;
  fs::create_directory(tree.path() / "proc");
  const fs::path fifo = tree.path() / "proc/loadavg";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  use(support::roots_of(tree.path()), {.enabled = {"loadavg", "uname"}, .defaults = false});
  for (int i = 0; i < 10; ++i) ask("", {{"X-Prometheus-Scrape-Timeout-Seconds", "0.3"}});
  run();
  for (const auto& response : responses_) EXPECT_EQ(response.content(), responses_[0].content());
  EXPECT_EQ(own_, 1);
  EXPECT_EQ(server_.counters().pages, 1U);
  EXPECT_EQ(server_.counters().shared, 9U);
  EXPECT_NE(responses_[0].content().find("node_scrape_collector_success"), std::string::npos);
  EXPECT_NE(responses_[0].content().find("own 1\n"), std::string::npos);
  EXPECT_NE(answer_to("").content().find("own 2\n"), std::string::npos);
  const UniqueFd lets_it_go(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  while (server_.stuck() > 0) std::this_thread::yield();
}

TEST_F(Served, WhoCanWaitForLessIsAnsweredInTime) {
  const support::TempRoot tree;
  fs::create_directory(tree.path() / "proc");
  std::vector<UniqueFd> let_go;
  for (const char* file : {"loadavg", "meminfo", "vmstat", "stat"}) {
    ASSERT_EQ(::mkfifo((tree.path() / "proc" / file).c_str(), 0600), 0);
  }
  use(support::roots_of(tree.path()),
      {.enabled = {"loadavg", "meminfo", "vmstat", "stat", "uname"}, .defaults = false});
  const auto began = std::chrono::steady_clock::now();
  ask();
  ask("", {{"X-Prometheus-Scrape-Timeout-Seconds", "1"}});
  ask("collect[]=uname", {{"X-Prometheus-Scrape-Timeout-Seconds", "1"}});
  run();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s) << "not the four seconds of four FIFOs";
  EXPECT_NE(responses_[2].content().find("node_uname_info"), std::string::npos);
  for (const char* file : {"loadavg", "meminfo", "vmstat", "stat"}) {
    const fs::path path = tree.path() / "proc" / file;
    let_go.emplace_back(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
  }
  while (server_.stuck() > 0) std::this_thread::yield();
}

TEST_F(Served, OthersCollectorsAreOtherPages) {
  use({}, {});
  ask("collect[]=loadavg");
  ask();
  ask("collect%5B%5D=loadavg");
  ask("exclude[]=loadavg&exclude[]=cpu");
  run();
  EXPECT_GE(own_, 3);
  for (const std::size_t asked : {0U, 2U}) {
    EXPECT_NE(responses_[asked].content().find("node_load1 "), std::string::npos);
    EXPECT_EQ(responses_[asked].content().find("node_memory"), std::string::npos);
  }
  EXPECT_NE(responses_[1].content().find("node_load1 "), std::string::npos);
  EXPECT_NE(responses_[1].content().find("node_memory"), std::string::npos);
  EXPECT_EQ(responses_[3].content().find("node_load1 "), std::string::npos);
  EXPECT_NE(responses_[3].content().find("node_memory"), std::string::npos);
}

TEST_F(Served, ACollectorsSelectionIsKeptWhenOthersCome) {
  use({}, {});
  ask("collect[]=loadavg");
  ask("exclude[]=loadavg");
  // When both are under way, and the second waits for the first.
  wire::asio::post(io_, [&] { use({}, {.enabled = {"uname"}, .defaults = false}); });
  run();
  EXPECT_NE(responses_[1].content().find("node_memory"), std::string::npos);
  EXPECT_EQ(responses_[1].content().find("node_load1 "), std::string::npos);
  EXPECT_EQ(answer_to("").content().find("node_memory"), std::string::npos);
}

TEST_F(Served, QueriesThatMakeNoSenseAreRefused) {
  use({}, {});
  const auto both = answer_to("collect[]=cpu&exclude[]=stat");
  EXPECT_EQ(both.status, 400U);
  EXPECT_EQ(both.body, "Combined collect and exclude queries are not allowed.\n");
  EXPECT_EQ(answer_to("collect[]=nonsense").body,
            "Couldn't create filtered metrics handler: missing collector: nonsense\n");
  EXPECT_EQ(own_, 0);
}

TEST_F(Served, TheFormatIsTheOneAskedFor) {
  use({}, {.enabled = {"loadavg"}, .defaults = false});
  const auto text = answer_to("");
  EXPECT_EQ(text.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const auto open = answer_to("", {{"Accept", "application/openmetrics-text;version=1.0.0"}});
  EXPECT_EQ(open.content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_TRUE(open.content().ends_with("# EOF\n"));
  const auto packed = answer_to("", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed.content().substr(0, 2), "\x1f\x8b");
  EXPECT_NE(std::ranges::find(packed.headers,
                              std::pair<std::string, std::string>("Content-Encoding", "gzip")),
            packed.headers.end());
  EXPECT_EQ(answer_to("", {{"Accept-Encoding", "zstd"}}).content().substr(0, 4),
            "\x28\xb5\x2f\xfd");
  const auto binary = answer_to("", {{"Accept",
                                      "application/vnd.google.protobuf;proto=io.prometheus.client."
                                      "MetricFamily;encoding=delimited"}});
  EXPECT_NE(binary.content().find("\n\nnode_load1\x12"), std::string::npos);
}

TEST_F(Served, AnswersWithoutCollectors) {
  EXPECT_EQ(answer_to("").content(), "own 1\n");
  EXPECT_EQ(server_.counters().incomplete, 1U);
}

TEST_F(Served, ThePagesTimeIsTheOneThePrometheusGivesIt) {
  const support::TempRoot tree;
  fs::create_directory(tree.path() / "proc");
  const fs::path fifo = tree.path() / "proc/loadavg";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  use(support::roots_of(tree.path()), {.enabled = {"loadavg", "uname"}, .defaults = false});
  const auto page = answer_to("", {{"X-Prometheus-Scrape-Timeout-Seconds", "0.5"}});
  EXPECT_NE(page.content().find("node_scrape_collector_success{collector=\"loadavg\"} 0\n"),
            std::string::npos);
  EXPECT_EQ(server_.stuck(), 1U);
  EXPECT_EQ(server_.counters().incomplete, 1U);
  EXPECT_NE(page.content().find("node_scrape_collector_success{collector=\"uname\"} 0\n"),
            std::string::npos)
      << "there was time for it, the collector's and not the page's";
  const UniqueFd lets_it_go(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  while (server_.stuck() > 0) std::this_thread::yield();
}

}  // namespace

TEST(ScrapeDeadline, IsALittleLessThanPrometheusWaits) {
  EXPECT_EQ(scrape_deadline("5"), 4750ms);
  EXPECT_EQ(scrape_deadline("0.1"), 250ms);
  EXPECT_EQ(scrape_deadline("60"), 10s);
  for (const char* nonsense : {"", "x", "-1", "nan", "inf", "1e308", "5s"}) {
    EXPECT_EQ(scrape_deadline(nonsense), 10s) << nonsense;
  }
}

TEST(QueryValues, AreDecoded) {
  using Values = std::vector<std::string>;
  EXPECT_EQ(query_values("collect[]=a&collect%5b%5D=b+c&x=1&collect[]=%64%&collect[]", "collect[]"),
            (Values{"a", "b c", "d%", ""}));
  EXPECT_EQ(query_values("&&=&", "collect[]"), Values{});
}

}  // namespace joist::metrics
