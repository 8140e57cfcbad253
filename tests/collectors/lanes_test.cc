// Goal: a collector that hangs costs the others its time limit once, loses its own
// families, and is asked again when it came back. Method: collectors that wait for the test, and
// a recorded tree with a FIFO in it, which really blocks.
#include "collectors/lanes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <string>
#include <thread>

#include "base/unique_fd.h"
#include "collectors/own_pace.h"
#include "collectors/scrape.h"
#include "tests/support/collector_trees.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

const Family kFamily("node_answer", "What it is.", MetricType::Gauge);

// What the test holds of a collector that may be hung in for longer than the test.
struct Gate {
  std::atomic<int> calls{0};
  std::atomic<bool> hangs{false};
  std::atomic<std::chrono::milliseconds> takes{0ms};
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();
};

class Gated final : public Collector {
 public:
  Gated(std::string name, std::shared_ptr<Gate> gate, std::chrono::milliseconds patience = 50ms)
      : name_(std::move(name)), gate_(std::move(gate)), patience_(patience) {}
  std::string_view name() const override { return name_; }
  std::chrono::milliseconds patience() const override { return patience_; }
  Result<void> collect(Exposition& page) override {
    ++gate_->calls;
    if (gate_->hangs) gate_->opened.wait();
    std::this_thread::sleep_for(gate_->takes.load());
    page.begin(kFamily);
    page.sample(Labels{{"name", name_}}, 42U);
    return {};
  }

 private:
  std::string name_;
  std::shared_ptr<Gate> gate_;
  std::chrono::milliseconds patience_;
};

class Round : public testing::Test {
 protected:
  std::shared_ptr<Gate> add(const std::string& name, std::chrono::milliseconds patience = 50ms) {
    auto gate = std::make_shared<Gate>();
    collectors_.push_back(std::make_unique<Gated>(name, gate, patience));
    gates_.push_back(gate);
    return gate;
  }
  void start() { lanes_ = std::make_unique<Lanes>(std::move(collectors_)); }
  void run(std::chrono::milliseconds time = 60s, const std::vector<bool>& wanted = {}) {
    lanes_->open(wanted, Clock::now() + time);
    lanes_->start();
    lanes_->wait();
  }
  Lanes::Outcome outcome(std::size_t index) const {
    std::vector<Lanes::Outcome> all;
    lanes_->outcomes(all);
    return all.at(index);
  }
  // "1" succeeded, "0" did not, "-" was not asked.
  std::string outcomes() const {
    std::string text;
    for (std::size_t i = 0; i < lanes_->size(); ++i) {
      const auto one = outcome(i);
      text += !one.asked ? '-' : one.succeeded ? '1' : '0';
      EXPECT_EQ(one.text.empty(), !one.succeeded);
    }
    return text;
  }
  void release() {
    for (const auto& gate : gates_) {
      if (gate->hangs.exchange(false)) gate->open.set_value();
    }
    while (lanes_->stuck() > 0) std::this_thread::yield();
  }
  void TearDown() override {
    if (lanes_) release();
  }

  std::vector<std::unique_ptr<Collector>> collectors_;
  std::vector<std::shared_ptr<Gate>> gates_;
  std::unique_ptr<Lanes> lanes_;
};

TEST_F(Round, AsksThoseWanted) {
  add("a", 10s);
  add("b", 10s);
  add("c", 10s);
  start();
  run();
  EXPECT_EQ(outcomes(), "111");
  run(60s, {true, false, true});
  EXPECT_EQ(outcomes(), "1-1");
  EXPECT_EQ(
      outcome(0).text,
      "# HELP node_answer What it is.\n# TYPE node_answer gauge\nnode_answer{name=\"a\"} 42\n");
  EXPECT_EQ(outcome(1).text, "");
}

TEST_F(Round, TellsWhenItIsThrough) {
  add("a", 10s);
  start();
  std::promise<void> through;
  lanes_->open({}, Clock::now() + 60s);
  lanes_->when_through([&] { through.set_value(); });
  lanes_->start();
  through.get_future().wait();
  EXPECT_FALSE(lanes_->check(Clock::now()).has_value());
  EXPECT_EQ(outcomes(), "1");
}

TEST_F(Round, WhoComesTooLateToServeDoesNothing) {
  const auto gate = add("a", 10s);
  start();
  const auto first = lanes_->open({}, Clock::now());
  EXPECT_FALSE(lanes_->check(Clock::now()).has_value());
  EXPECT_EQ(outcomes(), "0");
  lanes_->serve(first);
  const auto second = lanes_->open({}, Clock::now() + 60s);
  lanes_->serve(first);
  EXPECT_EQ(gate->calls, 0);
  lanes_->serve(second);
  EXPECT_EQ(gate->calls, 1);
  EXPECT_EQ(outcomes(), "1");
}

TEST_F(Round, GoesOnWithoutOneThatHangs) {
  add("a", 10s);
  const auto hung = add("b");
  add("c", 10s);
  start();
  hung->hangs = true;
  run();
  EXPECT_EQ(outcomes(), "101");
  EXPECT_GT(outcome(1).duration_seconds, 0.04);
  EXPECT_EQ(lanes_->stuck(), 1U);
  for (int i = 0; i < 5; ++i) run();
  EXPECT_EQ(outcomes(), "101");
  EXPECT_EQ(hung->calls, 1) << "asked again while it hangs";
  release();
  run();
  EXPECT_EQ(outcomes(), "111") << "once may be a busy host";
  EXPECT_EQ(hung->calls, 2);
}

TEST_F(Round, LeavesAloneForAWhileOneThatIsLateAgain) {
  const auto slow = add("a", 100ms);
  start();
  for (int calls = 1; calls <= 2; ++calls) {
    slow->takes = 300ms;
    run();
    EXPECT_EQ(outcomes(), "0");
    EXPECT_EQ(slow->calls, calls);
    while (lanes_->stuck() > 0) std::this_thread::yield();
  }
  slow->takes = 0ms;
  run();
  EXPECT_EQ(outcomes(), "0") << "asked again without a pause";
  EXPECT_EQ(slow->calls, 2);
}

TEST_F(Round, AHurryDoesNotMakeACollectorLate) {
  add("a", 10s);
  const auto slow = add("b", 60s);
  add("c", 10s);
  start();
  slow->hangs = true;
  run(50ms);
  EXPECT_EQ(outcomes(), "100") << "the page's time is over for the rest too";
  release();
  run();
  EXPECT_EQ(outcomes(), "111");
}

TEST_F(Round, HasABoundOfThreads) {
  for (std::size_t i = 0; i <= Lanes::kStuckMax; ++i) add("h" + std::to_string(i), 5ms);
  start();
  for (const auto& gate : gates_) gate->hangs = true;
  run();
  EXPECT_EQ(lanes_->stuck(), Lanes::kStuckMax);
  EXPECT_EQ(gates_.back()->calls, 0);
  run();
  EXPECT_EQ(outcomes(), std::string(Lanes::kStuckMax + 1, '0'));
  release();
  run();
  EXPECT_EQ(outcomes(), std::string(Lanes::kStuckMax + 1, '1'));
}

TEST(OwnPace, ShowsItsLastReadingAndItsAge) {
  auto gate = std::make_shared<Gate>();
  OwnPace slow(std::make_unique<Gated>("slow", gate), 1h);
  EXPECT_FALSE(slow.age().has_value());
  Exposition page;
  ASSERT_TRUE(slow.collect(page).has_value()) << "the first page waits for it";
  EXPECT_NE(page.text().find("node_answer{name=\"slow\"} 42\n"), std::string_view::npos);
  ASSERT_TRUE(slow.collect(page).has_value());
  EXPECT_EQ(gate->calls, 1);
  EXPECT_GE(slow.age()->count(), 0);
}

TEST(OwnPace, ReadsAgainOnItsOwn) {
  auto gate = std::make_shared<Gate>();
  OwnPace slow(std::make_unique<Gated>("slow", gate), 100ms);
  Exposition page;
  ASSERT_TRUE(slow.collect(page).has_value());
  while (gate->calls < 3) std::this_thread::yield();
}

TEST(OwnPace, BeginsWhereASourceIsSlowAgainAndAgain) {
  auto gate = std::make_shared<Gate>();
  OwnPace sensors(std::make_unique<Gated>("sensors", gate), 1h, OwnPace::Begin::WhereSlow);
  Exposition page;
  for (const auto takes : {250ms, 0ms, 250ms, 250ms}) {
    gate->takes = takes;
    ASSERT_TRUE(sensors.collect(page).has_value());
    EXPECT_FALSE(sensors.age().has_value());
  }
  gate->takes = 0ms;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(sensors.collect(page).has_value());
  EXPECT_EQ(gate->calls, 5) << "one more on its own thread, for all pages after";
  EXPECT_TRUE(sensors.age().has_value());
}

TEST(OwnPace, SaysWhenTheFirstReadingHangs) {
  auto gate = std::make_shared<Gate>();
  gate->hangs = true;
  {
    OwnPace slow(std::make_unique<Gated>("slow", gate), 1h);
    Exposition page;
    const auto collected = slow.collect(page);
    ASSERT_FALSE(collected.has_value());
    EXPECT_EQ(collected.error().code, ErrorCode::Unavailable);
    EXPECT_EQ(page.text(), "");
  }
  gate->open.set_value();
}

TEST(Scrape, AFileThatBlocksCostsItsCollectorOnly) {
  const support::TempRoot tree;
  fs::copy(fs::path(JOIST_FIXTURE_DIR) / "collectors" / "server", tree.path(),
           fs::copy_options::recursive);
  const fs::path fifo = tree.path() / "proc/loadavg";
  fs::remove(fifo);
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const Options options{.disabled = {"filesystem"}, .process = false};
  auto made = Scrape::make(support::roots_of(tree.path()), options);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  Scrape& scrape = **made;

  const auto began = Clock::now();
  for (int i = 0; i < 5; ++i) {
    const std::string_view page = scrape.page();
    EXPECT_NE(page.find("node_scrape_collector_success{collector=\"loadavg\"} 0\n"), page.npos);
    EXPECT_NE(page.find("node_scrape_collector_success{collector=\"meminfo\"} 1\n"), page.npos);
    EXPECT_NE(page.find("node_scrape_collector_success{collector=\"vmstat\"} 1\n"), page.npos);
    EXPECT_EQ(page.find("node_load"), page.npos);
  }
  EXPECT_LT(Clock::now() - began, 4s) << "each page waited for it";
  EXPECT_EQ(scrape.stuck(), 1U);

  ASSERT_TRUE(UniqueFd(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC)));  // lets it go
  while (scrape.stuck() > 0) std::this_thread::yield();
}

TEST(Scrape, ShowsTheCollectorsAsked) {
  auto made = Scrape::make({}, {.disabled = {"vmstat"}, .process = false});
  ASSERT_TRUE(made.has_value());
  Scrape& scrape = **made;
  const auto page_of = [&](const std::vector<std::string>& collect,
                           const std::vector<std::string>& exclude) -> std::string {
    const auto selection = scrape.select(collect, exclude);
    if (!selection) return selection.error().message;
    std::promise<void> through;
    scrape.serve(scrape.open(*selection, Clock::now() + 60s));
    scrape.when_through([&] { through.set_value(); });
    through.get_future().wait();
    std::string text;
    scrape.append_page(text);
    return text;
  };
  const std::string one = page_of({"loadavg"}, {});
  EXPECT_NE(one.find("node_load1 "), one.npos);
  EXPECT_NE(one.find("node_scrape_collector_success{collector=\"loadavg\"}"), one.npos);
  EXPECT_EQ(one.find("meminfo"), one.npos);
  const std::string others = page_of({}, {"loadavg", "nonsense"});
  EXPECT_EQ(others.find("node_load1 "), others.npos);
  EXPECT_NE(others.find("collector=\"meminfo\""), others.npos);
  EXPECT_EQ(page_of({"vmstat"}, {}), "disabled collector: vmstat");
  EXPECT_EQ(page_of({"nonsense"}, {}), "missing collector: nonsense");
  EXPECT_EQ(page_of({"cpu"}, {"stat"}), "Combined collect and exclude queries are not allowed.");
}

}  // namespace
}  // namespace joist::collectors
