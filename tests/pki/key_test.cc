#include "pki/key.h"

#include <gtest/gtest.h>

#include "pki/request.h"

namespace joist::pki {
namespace {

// openssl ecparam -name secp384r1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt
constexpr std::string_view kP384Pem = R"(-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDBlpDbh9VvlnbLZnAoW
9IRXzkudJLnfCangaTeYg35+GhmxhnCEnU9jJj37CzdSbUqhZANiAATNiijDtm+B
M62VmXKvHx0ZPA/Ue125XlTbiOfRlk7SNVFC/bzrks6eGv7wmdb4rE1OU/Z6zup6
9Ri5BsXYlb3GZWh78W+6de9uaaaII9OHpWtte3oy5JS433Q2iwsLojM=
-----END PRIVATE KEY-----
)";

TEST(Key, ComesBackFromPem) {
  const auto key = make_key();
  ASSERT_TRUE(key.has_value()) << key.error().message;
  const auto pem = key_to_pem(*key);
  ASSERT_TRUE(pem.has_value()) << pem.error().message;
  EXPECT_TRUE(pem->reveal().starts_with("-----BEGIN PRIVATE KEY-----\n"));

  const auto back = key_from_pem(pem->reveal());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back->reveal(), key->reveal());
  EXPECT_EQ(key_spki_sha256(*back).value(), key_spki_sha256(*key).value());
}

TEST(Key, IsNeverTheSameTwice) {
  EXPECT_NE(make_key()->reveal(), make_key()->reveal());
  EXPECT_NE(random_bytes(16).value(), random_bytes(16).value());
}

TEST(Key, OfAnotherCurveIsRefused) {
  const auto key = key_from_pem(kP384Pem);
  ASSERT_FALSE(key.has_value());
  EXPECT_EQ(key.error().code, ErrorCode::Malformed);
  EXPECT_NE(key.error().message.find("P-256"), std::string::npos) << key.error().message;
}

TEST(Key, RefusesWhatIsNone) {
  for (const std::string_view text :
       {"", "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        // Encrypted: must not ask for a passphrase on a terminal.
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"}) {
    EXPECT_EQ(key_from_pem(text).error().code, ErrorCode::Malformed) << text;
    EXPECT_EQ(key_to_pem(Secret(std::string(text))).error().code, ErrorCode::Malformed) << text;
  }
}

TEST(Request, ProvesItsKey) {
  const auto key = make_key();
  auto request = make_request(*key);
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_TRUE(verified_public_key(*request).has_value());
}

// Goal: nothing but the signer's own bytes passes. Method: flip every bit of
// the request in turn; a request for another key, or an unsigned one, is some
// of them.
TEST(Request, IsRefusedWithAnyBitFlipped) {
  const std::string request = make_request(*make_key()).value();
  for (std::size_t bit = 0; bit < request.size() * 8; ++bit) {
    std::string damaged = request;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const auto verified = verified_public_key(damaged);
    ASSERT_FALSE(verified.has_value()) << bit;
    ASSERT_EQ(verified.error().code, ErrorCode::Malformed) << bit;
  }
}

TEST(Request, IsRefusedCutShortOrContinued) {
  const std::string request = make_request(*make_key()).value();
  for (std::size_t size = 0; size < request.size(); ++size) {
    EXPECT_FALSE(verified_public_key(request.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(verified_public_key(request + '\0').has_value());
}

TEST(Secret, LeavesNothingBehindWhenMoved) {
  Secret from("hush");
  const Secret to(std::move(from));
  EXPECT_EQ(to.reveal(), "hush");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

}  // namespace
}  // namespace joist::pki
