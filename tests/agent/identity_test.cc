// Goal: an identity comes back as it was kept, and what is not whole is not one.
#include "agent/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "pki/authority.h"
#include "pki/request.h"
#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{1'700'000'000s};

Identity new_identity(const std::string& uid) {
  const auto authority = pki::make_authority("Test", kNow, 24h);
  const auto key = pki::make_key();
  const auto request = pki::make_request(*key);
  const auto certificate =
      pki::issue(*authority, *request, pki::node_holder(uid, "node-1"), kNow, 1h);
  auto identity =
      make_identity("installer.example:7443", *key, *certificate, authority->certificate);
  EXPECT_TRUE(identity.has_value()) << identity.error().message;
  return std::move(*identity);
}

class IdentityTest : public ::testing::Test {
 protected:
  support::TempRoot state_;
  IdentityStore store_{state_.path().string()};
  std::string file_ = (state_.path() / "identity/node.pem").string();
};

TEST_F(IdentityTest, ComesBackAsItWasKept) {
  const auto nothing = store_.load();
  ASSERT_TRUE(nothing.has_value());
  EXPECT_FALSE(nothing->has_value());

  Identity kept = new_identity("1a2b");
  kept.join_time = kNow;
  ASSERT_TRUE(store_.save(kept).has_value());
  const auto loaded = store_.load();
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ((*loaded)->node_uid, "1a2b");
  EXPECT_EQ((*loaded)->node_name, "node-1");
  EXPECT_EQ((*loaded)->join_time, kNow);
  EXPECT_EQ((*loaded)->endpoint, "installer.example:7443");
  EXPECT_EQ((*loaded)->certificate, kept.certificate);
  EXPECT_EQ((*loaded)->authority, kept.authority);
  EXPECT_EQ((*loaded)->key.reveal(), kept.key.reveal());
  EXPECT_EQ((*loaded)->not_after, kept.not_after);
}

TEST_F(IdentityTest, IsNobodyElsesToRead) {
  ASSERT_TRUE(store_.save(new_identity("1a2b")).has_value());
  struct stat status {};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  ASSERT_EQ(::stat((state_.path() / "identity").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);

  ASSERT_EQ(::chmod(file_.c_str(), 0640), 0);
  const auto loaded = store_.load();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::Refused);
}

TEST_F(IdentityTest, IsRefusedWhenDamagedAtAnyPoint) {
  const auto text = identity_to_text(new_identity("1a2b"));
  ASSERT_TRUE(text.has_value());
  const std::string& whole = text->reveal();
  for (std::size_t length = 0; length + 1 < whole.size(); length += 37) {
    SCOPED_TRACE(length);
    EXPECT_FALSE(identity_from_text(whole.substr(0, length)).has_value());
  }
}

TEST_F(IdentityTest, IsRefusedWhenPutTogetherFromTwo) {
  Identity one = new_identity("1a2b");
  const Identity other = new_identity("3c4d");
  one.certificate = other.certificate;
  const auto text = identity_to_text(one);
  ASSERT_TRUE(text.has_value());
  const auto read = identity_from_text(text->reveal());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().message, "the node's certificate is not for its key");
}

TEST(RenewalTime, LiesBetweenHalfAndSeventyPercentOfTheLife) {
  const WallTime begin{1000s};
  const WallTime end{2000s};
  EXPECT_EQ(renewal_time(begin, end, 0.0), WallTime(1500s));
  EXPECT_EQ(renewal_time(begin, end, 0.5), WallTime(1600s));
  EXPECT_EQ(renewal_time(begin, end, 1.0), WallTime(1700s));
}

}  // namespace
}  // namespace joist::agent
