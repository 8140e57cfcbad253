#include "installer/store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "base/report.h"

namespace joist::installer {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr WallTime kNow{seconds{1'800'000'000}};

StoredToken open_token(const std::string& id) {
  return {.id = id,
          .hash = std::string(32, 'h'),
          .create_time = kNow,
          .expire_time = kNow + hours{1},
          .note = "for n1"};
}

StoredNode some_node(const std::string& uid, const std::string& name) {
  return {.uid = uid,
          .name = name,
          .machine_id = "m-" + uid,
          .enroll_time = kNow,
          .serial = "serial-" + uid,
          .certificate_expire_time = kNow + hours{720}};
}

IssuedCertificate certificate(const std::string& serial) {
  return {.serial = serial, .issue_time = kNow, .expire_time = kNow + hours{720}};
}

v1::Report some_report(const std::string& epoch, std::uint64_t seq) {
  v1::ReportItem item;
  item.set_key("host");
  item.mutable_host()->set_name("n1");
  auto report = make_report({item}).value();
  report.set_seq(seq);
  report.set_epoch(epoch);
  report.set_boot_id("boot");
  return report;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "joist-store-XXXXXX";
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/installer.db"; }

  Store open() const {
    auto store = Store::open(path());
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return std::move(*store);
  }

  Result<void> enroll(Store& store, const std::string& uid, const std::string& name,
                      const std::string& replaced = {}) const {
    if (auto added = store.add_token(open_token("t-" + uid), kNow); !added) return added;
    return store.enroll("t-" + uid, some_node(uid, name), certificate("serial-" + uid), replaced,
                        kNow);
  }

  std::string directory_;
};

TEST_F(StoreTest, KeepsWhatItWasToldAcrossAReopen) {
  {
    Store store = open();
    ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
    ASSERT_TRUE(store.save_report("u1", some_report("e1", 7), kNow + seconds{5}).has_value());
    ASSERT_TRUE(store.set_heard("u1", kNow + seconds{6}).has_value());
    ASSERT_TRUE(store.add_token(open_token("left"), kNow).has_value());
    ASSERT_TRUE(store.add_event({kNow, "Kind", "n1", "addr", "why"}).has_value());
  }
  const Store store = open();
  const auto node = store.node("u1").value();
  ASSERT_TRUE(node.has_value());
  EXPECT_EQ(node->name, "n1");
  EXPECT_EQ(node->machine_id, "m-u1");
  EXPECT_EQ(node->serial, "serial-u1");
  EXPECT_EQ(node->enroll_time, kNow);
  EXPECT_EQ(node->heard_time, kNow + seconds{6});
  EXPECT_FALSE(node->retire_time.has_value());
  EXPECT_EQ(store.node_by_name("n1").value()->uid, "u1");

  const auto report = store.report("u1").value();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->report.seq(), 7U);
  EXPECT_EQ(report->report.epoch(), "e1");
  EXPECT_EQ(report->report_time, kNow + seconds{5});

  const auto tokens = store.tokens().value();
  ASSERT_EQ(tokens.size(), 2U);
  EXPECT_EQ(store.token("t-u1").value()->used_by, "n1");
  EXPECT_EQ(store.token("left").value()->hash, std::string(32, 'h'));
  EXPECT_EQ(store.token("left").value()->note, "for n1");
  EXPECT_EQ(store.events(10)->at(0).message, "why");
}

TEST_F(StoreTest, IsReadableByItsUserAlone) {
  const Store store = open();
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    struct stat status {};
    ASSERT_EQ(::stat(file.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0U) << file.path();
  }
}

TEST_F(StoreTest, TakesATokenOnce) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  const auto again = store.enroll("t-u1", some_node("u2", "n2"), certificate("s2"), "", kNow);
  EXPECT_EQ(again.error().code, ErrorCode::Unauthenticated);
  EXPECT_FALSE(store.node("u2")->has_value());
}

TEST_F(StoreTest, TakesNoTokenThatIsExpiredRevokedOrUnknown) {
  Store store = open();
  ASSERT_TRUE(store.add_token(open_token("old"), kNow).has_value());
  ASSERT_TRUE(store.add_token(open_token("revoked"), kNow).has_value());
  ASSERT_TRUE(store.revoke_token("revoked", kNow).has_value());
  for (const std::string id : {"old", "revoked", "unknown"}) {
    const WallTime now = id == "old" ? kNow + hours{1} : kNow;
    const auto taken = store.enroll(id, some_node("u", "n"), certificate("s"), "", now);
    EXPECT_EQ(taken.error().code, ErrorCode::Unauthenticated) << id;
  }
  EXPECT_TRUE(store.list_nodes(Store::Retired::Show)->empty());
}

// Goal: two enrolments that race with one token: exactly one wins, whatever the
// interleaving. Method: two connections, as two processes would have, 40 races.
TEST_F(StoreTest, LetsExactlyOneOfTwoRacingEnrolmentsWin) {
  Store first = open();
  Store second = open();
  for (int round = 0; round < 40; ++round) {
    const std::string id = "race" + std::to_string(round);
    ASSERT_TRUE(first.add_token(open_token(id), kNow).has_value());
    std::atomic<int> ready = 0;
    std::atomic<int> won = 0;
    const auto race = [&](Store& store, const std::string& uid) {
      ++ready;
      while (ready < 2) {
      }
      if (store.enroll(id, some_node(uid, uid), certificate(uid), "", kNow)) ++won;
    };
    std::thread other([&] { race(second, id + "-b"); });
    race(first, id + "-a");
    other.join();
    EXPECT_EQ(won, 1) << round;
  }
  EXPECT_EQ(first.list_nodes(Store::Retired::Show)->size(), 40U);
}

TEST_F(StoreTest, RevokesOnlyWhatWasNotUsed) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  const auto used = store.revoke_token("t-u1", kNow);
  EXPECT_EQ(used.error().code, ErrorCode::Refused);
  EXPECT_NE(used.error().message.find("joistctl node retire n1"), std::string::npos);
  EXPECT_EQ(store.revoke_token("none", kNow).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(store.add_token(open_token("t"), kNow).has_value());
  EXPECT_EQ(store.revoke_token("t", kNow + seconds{1})->revoke_time, kNow + seconds{1});
  EXPECT_EQ(store.revoke_token("t", kNow + seconds{9})->revoke_time, kNow + seconds{1});
}

TEST_F(StoreTest, ForgetsTokensLongAfterTheirEnd) {
  Store store = open();
  ASSERT_TRUE(store.add_token(open_token("old"), kNow).has_value());
  ASSERT_TRUE(store.add_token(open_token("new"), kNow + hours{24 * 29}).has_value());
  EXPECT_TRUE(store.token("old")->has_value());
  ASSERT_TRUE(store.add_token(open_token("newer"), kNow + hours{24 * 31}).has_value());
  EXPECT_FALSE(store.token("old")->has_value());
}

TEST_F(StoreTest, GivesANameToOneLivingNode) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  EXPECT_EQ(enroll(store, "u2", "n1").error().code, ErrorCode::Refused);
  EXPECT_FALSE(store.token("t-u2").value()->use_time.has_value()) << "a refusal costs no token";

  ASSERT_TRUE(enroll(store, "u3", "n1", "u1").has_value());
  EXPECT_EQ(store.node_by_name("n1").value()->uid, "u3");
  EXPECT_TRUE(store.node("u1").value()->retire_time.has_value());

  ASSERT_TRUE(store.retire("u3", kNow).has_value());
  EXPECT_FALSE(store.node_by_name("n1")->has_value());
  ASSERT_TRUE(enroll(store, "u4", "n1").has_value());
  EXPECT_EQ(store.list_nodes(Store::Retired::Show)->size(), 3U);
  EXPECT_EQ(store.list_nodes(Store::Retired::Leave)->size(), 1U);
  EXPECT_EQ(store.counts(kNow)->living, 1U);
  EXPECT_EQ(store.counts(kNow)->retired, 2U);
  EXPECT_EQ(store.find_node("n1")->uid, "u4");
  EXPECT_EQ(store.find_node("u1")->uid, "u1");
  ASSERT_TRUE(store.retire("u4", kNow).has_value());
  EXPECT_EQ(store.find_node("n1")->name, "n1") << "a retired one, if none lives";
  EXPECT_EQ(store.find_node("n2").error().code, ErrorCode::NotFound);
}

// A list reads what stands beside the reports, and no report.
TEST_F(StoreTest, KeepsWhatListsShowBesideEachReport) {
  const auto report = [] {
    std::vector<v1::ReportItem> items(4);
    items[0].set_key("condition/Other");
    items[0].mutable_condition()->set_type("Other");
    items[1].set_key("condition/Ready");
    items[1].mutable_condition()->set_type("Ready");
    items[2].set_key("disk/sda");
    items[2].mutable_disk()->set_name("sda");
    items[3].set_key("host");
    items[3].mutable_host()->set_os("Debian");
    return make_report(std::move(items)).value();
  }();
  const auto shown = [](const Store& store) {
    std::string keys;
    const auto nodes = store.list_nodes(Store::Retired::Leave).value();
    for (const auto& item : nodes.at(0).summary.items()) keys += item.key() + " ";
    return keys;
  };
  {
    Store store = open();
    ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
    EXPECT_FALSE(store.list_nodes(Store::Retired::Leave)->at(0).report_time.has_value());
    ASSERT_TRUE(store.save_report("u1", report, kNow).has_value());
    EXPECT_EQ(store.list_nodes(Store::Retired::Leave)->at(0).report_time, kNow);
    EXPECT_EQ(shown(store), "condition/Ready host ");
  }
  // As the schema before had it.
  {
    const auto before = Database::open(path(), Database::Mode::Write).value();
    ASSERT_TRUE(before
                    .execute("ALTER TABLE reports DROP COLUMN summary; DROP TABLE probe; "
                             "PRAGMA user_version = 1")
                    .has_value());
  }
  EXPECT_EQ(shown(open()), "condition/Ready host ");
}

TEST_F(StoreTest, RotatesCertificatesOneGenerationAtATime) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  ASSERT_TRUE(store.renew("u1", "serial-u1", certificate("s2")).has_value());
  EXPECT_EQ(store.node("u1").value()->serial, "s2");
  EXPECT_EQ(store.node("u1").value()->previous_serial, "serial-u1");
  // The answer was lost: asked again with the old one, s2 is forgotten.
  ASSERT_TRUE(store.renew("u1", "serial-u1", certificate("s3")).has_value());
  EXPECT_EQ(store.renew("u1", "s2", certificate("s4")).error().code, ErrorCode::Refused);
  ASSERT_TRUE(store.renew("u1", "s3", certificate("s4")).has_value());
  EXPECT_EQ(store.renew("u1", "serial-u1", certificate("s5")).error().code, ErrorCode::Refused);
  ASSERT_TRUE(store.retire("u1", kNow).has_value());
  EXPECT_EQ(store.renew("u1", "s4", certificate("s6")).error().code, ErrorCode::Refused);
}

TEST_F(StoreTest, TakesNoReportOfANodeThatIsRetired) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  ASSERT_TRUE(store.save_report("u1", some_report("e1", 1), kNow).has_value());
  ASSERT_TRUE(store.retire("u1", kNow).has_value());
  EXPECT_EQ(store.save_report("u1", some_report("e1", 2), kNow).error().code, ErrorCode::Refused);
}

TEST_F(StoreTest, KnowsWhichRunOfAnAgentIsOver) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  ASSERT_TRUE(store.save_report("u1", some_report("e1", 1), kNow).has_value());
  for (int epoch = 2; epoch < 10; ++epoch) {
    ASSERT_TRUE(
        store.save_report("u1", some_report("e" + std::to_string(epoch), 1), kNow).has_value());
  }
  EXPECT_EQ(store.epochs("u1")->front(), "e1");
  EXPECT_EQ(store.epochs("u1")->back(), "e9");
  EXPECT_EQ(store.save_report("u1", some_report("e8", 2), kNow).error().code, ErrorCode::Refused);
  EXPECT_EQ(store.report("u1").value()->report.epoch(), "e9") << "the later run's is kept";
}

TEST_F(StoreTest, KeepsNoReportOfAnUnknownNode) {
  EXPECT_FALSE(open().save_report("nobody", some_report("e", 1), kNow).has_value());
}

TEST_F(StoreTest, LeavesAFileAloneThatIsNoDatabase) {
  const std::string garbage =
      "this is not a database, and somebody may want it back" + std::string(5000, '.');
  std::ofstream(path()) << garbage;
  const auto store = Store::open(path());
  ASSERT_FALSE(store.has_value());
  EXPECT_NE(store.error().message.find(path()), std::string::npos) << store.error().message;
  EXPECT_EQ(bytes_of(path()), garbage);
}

TEST_F(StoreTest, LeavesADamagedDatabaseAlone) {
  {
    Store store = open();
    for (int index = 0; index < 100; ++index) {
      ASSERT_TRUE(enroll(store, "u" + std::to_string(index), "n" + std::to_string(index)));
    }
  }
  std::string damaged = bytes_of(path());
  ASSERT_GT(damaged.size(), 12'000U);
  for (std::size_t at = 4096; at < damaged.size(); at += 4096) {
    damaged.replace(at, 64, std::string(64, '\x5a'));
  }
  std::ofstream(path(), std::ios::binary | std::ios::trunc) << damaged;

  const auto store = Store::open(path());
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::Malformed);
  EXPECT_NE(store.error().message.find("damaged"), std::string::npos) << store.error().message;
  EXPECT_EQ(bytes_of(path()), damaged);
}

TEST_F(StoreTest, LeavesANewerOrForeignDatabaseAlone) {
  for (const std::string pragma : {"user_version = 999", "application_id = 5"}) {
    std::filesystem::remove(path());
    { const Store store = open(); }
    {
      const auto database = Database::open(path(), Database::Mode::Write);
      ASSERT_TRUE(database->execute("PRAGMA " + pragma).has_value());
    }
    const std::string before = bytes_of(path());
    const auto store = Store::open(path());
    ASSERT_FALSE(store.has_value()) << pragma;
    EXPECT_EQ(store.error().code, ErrorCode::Refused);
    EXPECT_EQ(bytes_of(path()), before);
  }
}

TEST_F(StoreTest, StartsAgainAfterACrashDuringItsFirstStart) {
  std::ofstream(path()).flush();  // made, and nothing written yet
  EXPECT_TRUE(Store::open(path()).has_value());
}

TEST_F(StoreTest, KeepsTheNewestEvents) {
  Store store = open();
  for (int index = 0; index < 30; ++index) {
    ASSERT_TRUE(store.add_event({kNow, "Kind", std::to_string(index), "", ""}).has_value());
  }
  const auto events = store.events(3).value();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].subject, "29");
}

TEST_F(StoreTest, TellsHowLongWritesTake) {
  Store store = open();
  ASSERT_TRUE(enroll(store, "u1", "n1").has_value());
  std::vector<std::string> writes;
  for (const StoreWrite& write : store.take_writes()) {
    EXPECT_GT(write.seconds, 0);
    EXPECT_FALSE(write.failure.has_value());
    writes.push_back(write.what);
  }
  EXPECT_EQ(writes, (std::vector<std::string>{"store token", "enroll"}));
  EXPECT_TRUE(store.take_writes().empty());
}

}  // namespace
}  // namespace joist::installer
