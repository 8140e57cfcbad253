#include "pki/join_token.h"

#include <gtest/gtest.h>

#include "base/sha256.h"

namespace joist::pki {
namespace {

std::string some_token() {
  return join_token_text(make_join_token(std::string(32, '\x5a')).value()).reveal();
}

TEST(JoinToken, ComesBackFromItsText) {
  const JoinToken made = make_join_token(std::string(32, '\x5a')).value();
  const std::string text = join_token_text(made).reveal();
  EXPECT_TRUE(text.starts_with("joist1.WlpaWlpaWlpa")) << text;

  for (const std::string& copied : {text, "  " + text + "\r\n"}) {
    const auto token = parse_join_token(copied);
    ASSERT_TRUE(token.has_value()) << token.error().message;
    EXPECT_EQ(token->pin, made.pin);
    EXPECT_EQ(token->id, made.id);
    EXPECT_EQ(token->secret.reveal(), made.secret.reveal());
  }
}

TEST(JoinToken, IsNeverTheSameTwice) { EXPECT_NE(some_token(), some_token()); }

TEST(JoinToken, IsRefusedCutShortOrContinued) {
  const std::string text = some_token();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(parse_join_token(text.substr(0, size)).has_value()) << size;
  }
  for (const std::string& tail : {std::string("A"), std::string("."), std::string(".x"),
                                  std::string("="), std::string("\0x", 2)}) {
    EXPECT_FALSE(parse_join_token(text + tail).has_value()) << tail;
  }
}

// People paste the wrong thing; what they pasted may still be a secret.
TEST(JoinToken, IsNotRepeatedByTheError) {
  const std::string text = "joist1.hunter2.hunter2.hunter2";
  const auto error = parse_join_token(text).error();
  EXPECT_EQ(error.code, ErrorCode::Malformed);
  EXPECT_EQ(error.message.find("hunter2"), std::string::npos) << error.message;
}

TEST(JoinToken, RefusesOtherForms) {
  const std::string text = some_token();
  std::string upper_case_id = text;
  upper_case_id.replace(text.find('.', 8) + 1, 12, "ABCDEF012345");
  for (const std::string& other : {std::string("joist2") + text.substr(6), upper_case_id,
                                   text.substr(0, 20) + " " + text.substr(20), std::string("...."),
                                   std::string(100'000, '.')}) {
    EXPECT_FALSE(parse_join_token(other).has_value()) << other.substr(0, 100);
  }
}

TEST(Secret, MatchesItsHashAlone) {
  const std::string stored = secret_hash("right");
  EXPECT_TRUE(secret_matches("right", stored));
  EXPECT_FALSE(secret_matches("wrong", stored));
  EXPECT_FALSE(secret_matches("right", ""));
  EXPECT_FALSE(secret_matches("", stored));
}

}  // namespace
}  // namespace joist::pki
