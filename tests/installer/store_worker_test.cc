// Goal: what the store cannot do is known at once, to whoever asks, and so is that
// it can again. Method: a real database, whose disk is full (RLIMIT_FSIZE) or
// whose file is taken away.
#include "installer/store_worker.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <future>
#include <thread>

#include "tests/installer/store_host.h"

namespace joist::installer {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kNow{seconds{1'800'000'000}};

// No file of this process grows while it lives.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;
    ::setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

Result<void> add_token(StoreHost& host, const std::string& id) {
  const StoredToken token{
      .id = id, .hash = std::string(32, 'h'), .create_time = kNow, .expire_time = kNow + hours{1}};
  return host.ask([token](Store& store) { return store.add_token(token, kNow); });
}

double metric(StoreHost& host, const std::string& name) {
  const std::string text = host.metrics.text({}, {});
  const auto at = text.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 2));
}

// Whether a check finds the store well, soon: it does not try at every one.
bool recovers(StoreHost& host) {
  for (int turn = 0; turn < 300 && host.worker.fault(); ++turn) {
    static_cast<void>(host.wait(host.worker.check()));
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return !host.worker.fault();
}

TEST(StoreWorker, AnswersInOrderFromAnotherThread) {
  StoreHost host;
  ASSERT_TRUE(add_token(host, "t1").has_value());
  const auto thread =
      host.ask([](Store&) { return Result<std::thread::id>(std::this_thread::get_id()); });
  EXPECT_NE(thread.value(), std::this_thread::get_id());
  host.worker.tell([](Store& store) { return store.add_event({kNow, "Kind", "s", "", ""}); });
  EXPECT_EQ(host.ask([](Store& store) { return store.events(10); })->size(), 1U);
  EXPECT_FALSE(host.worker.fault().has_value());
  EXPECT_EQ(metric(host, "joist_installer_store_healthy"), 1);
}

TEST(StoreWorker, TellsOfAFullDiskAndOfItsEnd) {
  StoreHost host;
  ASSERT_TRUE(add_token(host, "t1").has_value());
  {
    const FullDisk full;
    const auto added = add_token(host, "t2");
    ASSERT_FALSE(added.has_value());
    EXPECT_EQ(added.error().code, ErrorCode::Unavailable);
    EXPECT_NE(added.error().message.find("nothing was changed"), std::string::npos)
        << added.error().message;
    ASSERT_TRUE(host.worker.fault().has_value());
    EXPECT_EQ(metric(host, "joist_installer_store_healthy"), 0);
    EXPECT_EQ(metric(host, "joist_installer_store_write_failures_total{what=\"store token\"}"), 1);
    EXPECT_EQ(host.ask([](Store& store) { return store.tokens(); })->size(), 1U)
        << "what is there can be read";
    static_cast<void>(host.wait(host.worker.check()));
    EXPECT_TRUE(host.worker.fault().has_value());
  }
  EXPECT_TRUE(recovers(host)) << *host.worker.fault();
  EXPECT_EQ(metric(host, "joist_installer_store_healthy"), 1);
  EXPECT_TRUE(add_token(host, "t2").has_value());
}

TEST(StoreWorker, TakesNothingIntoADatabaseThatIsNoLongerThere) {
  StoreHost host;
  for (const std::string& file : {host.path(), host.path() + "-wal"}) {
    SCOPED_TRACE(file);
    std::filesystem::rename(file, file + ".away");
    EXPECT_EQ(host.wait(host.worker.check()).error().code, ErrorCode::Unavailable);
    ASSERT_TRUE(host.worker.fault().has_value());
    EXPECT_NE(host.worker.fault()->find(file + " is gone"), std::string::npos);
    EXPECT_EQ(add_token(host, "t1").error().code, ErrorCode::Unavailable);

    std::filesystem::copy_file(file + ".away", file);
    EXPECT_FALSE(host.wait(host.worker.check()).has_value());
    EXPECT_NE(host.worker.fault()->find(file + " was replaced"), std::string::npos);

    std::filesystem::rename(file + ".away", file);
    EXPECT_TRUE(recovers(host));
  }
}

TEST(StoreWorker, SaysThatItHangsUntilItDoesNoLonger) {
  StoreHost host(std::chrono::milliseconds(100));
  std::promise<void> held;
  const auto hang = [gate = held.get_future().share()](Store&) -> Result<void> {
    gate.wait();
    return {};
  };
  EXPECT_EQ(host.ask(hang).error().code, ErrorCode::Unavailable);
  EXPECT_FALSE(host.worker.moves());
  EXPECT_FALSE(host.wait(host.worker.check()).has_value());
  EXPECT_TRUE(host.worker.fault().has_value());
  held.set_value();
  EXPECT_TRUE(recovers(host)) << *host.worker.fault();
  EXPECT_TRUE(host.worker.moves());
}

TEST(StoreWorker, IsNotIllBecauseOfWhatItRefuses) {
  StoreHost host;
  const auto refused = host.ask([](Store& store) { return store.revoke_token("none", kNow); });
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_FALSE(host.worker.fault().has_value());
}

TEST(StoreHealth, TellsTheJournalAtOnceAndThenOnceAMinute) {
  using News = StoreHealth::News;
  using Trouble = StoreHealth::Trouble;
  StoreHealth health;
  EXPECT_EQ(health.succeeded(), News::None);
  EXPECT_EQ(health.failed(Trouble::Unwritable, "full", seconds{100}), News::Failed);
  EXPECT_EQ(health.failed(Trouble::Unwritable, "full", seconds{101}), News::None);
  EXPECT_EQ(health.failed(Trouble::Unwritable, "gone", seconds{159}), News::None);
  EXPECT_EQ(health.fault(), "cannot be written: gone");
  EXPECT_EQ(health.failed(Trouble::Unwritable, "gone", seconds{160}), News::StillFailing);
  EXPECT_EQ(health.failures(), 4U);
  EXPECT_EQ(health.succeeded(), News::Recovered);
  EXPECT_FALSE(health.fault().has_value());
  EXPECT_EQ(health.failed(Trouble::Unwritable, "full", seconds{161}), News::Failed);
}

TEST(StoreHealth, TellsAStoreThatIsSilentFromOneThatIsFull) {
  using Trouble = StoreHealth::Trouble;
  StoreHealth health;
  EXPECT_EQ(health.failed(Trouble::Silent, "5 s", seconds{100}), StoreHealth::News::Failed);
  EXPECT_EQ(health.fault(), "does not answer: 5 s");
  EXPECT_EQ(health.failed(Trouble::Unwritable, "full", seconds{101}), StoreHealth::News::None);
  EXPECT_EQ(health.fault(), "cannot be written: full");
  EXPECT_EQ(health.failures(), 2U);
}

}  // namespace
}  // namespace joist::installer
