// The hashes are those of crypt(3) at the least cost, of the password "secret".
#include "metrics/passwords.h"

#include <crypt.h>
#include <gtest/gtest.h>

namespace joist::metrics {
namespace {

std::string hash_of(const std::string& password, const std::string& prefix) {
  crypt_data data{};
  const std::string setting = prefix + "04$abcdefghijklmnopqrstuu";
  return ::crypt_r(password.c_str(), setting.c_str(), &data);
}

TEST(Passwords, AreCheckedAndRemembered) {
  const auto made = Passwords::make({{"alice", hash_of("secret", "$2y$")},
                                     {"bob", hash_of("secret", "$2b$")},
                                     {"carol", hash_of("secret", "$2a$")}});
  ASSERT_TRUE(made.has_value()) << made.error().message;
  Passwords& all = **made;
  for (const char* user : {"alice", "bob", "carol"}) {
    EXPECT_EQ(all.remembered(user, "secret"), std::nullopt);
    EXPECT_TRUE(all.check(user, "secret"));
    EXPECT_EQ(all.remembered(user, "secret"), true);
    EXPECT_FALSE(all.check(user, "Secret"));
    EXPECT_EQ(all.remembered(user, "Secret"), false);
  }
  EXPECT_FALSE(all.check("dave", "secret"));
  EXPECT_FALSE(all.check("", ""));
  EXPECT_FALSE(all.check("alice", std::string("secret\0more", 11)));
}

TEST(Passwords, ForgetWrongGuessesFirst) {
  const auto made = Passwords::make({{"alice", hash_of("secret", "$2y$")}});
  ASSERT_TRUE(made.has_value());
  EXPECT_TRUE((*made)->check("alice", "secret"));
  for (int i = 0; i < 150; ++i) EXPECT_FALSE((*made)->check("alice", std::to_string(i)));
  EXPECT_EQ((*made)->remembered("alice", "secret"), true);
  EXPECT_EQ((*made)->remembered("alice", "0"), std::nullopt);
}

TEST(Passwords, RefuseWhatIsNoHash) {
  for (const char* nonsense : {"", "secret", "$1$abc$def", "$2y$10$short",
                               "$2x$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S"}) {
    const auto made = Passwords::make({{"alice", nonsense}});
    ASSERT_FALSE(made.has_value()) << nonsense;
    EXPECT_NE(made.error().message.find("alice"), std::string::npos);
    EXPECT_EQ(made.error().message.find("secret"), std::string::npos) << "it shows a password";
  }
}

TEST(BasicCredentials, AreCutFromTheHeader) {
  const auto given = basic_credentials("Basic YWxpY2U6YTpi");
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->user, "alice");
  EXPECT_EQ(given->password, "a:b");
  EXPECT_TRUE(basic_credentials("basic Og==").has_value());
  for (const char* nonsense :
       {"", "Basic", "Basic ", "Basic ???", "Bearer YWxpY2U6YTpi", "Basic YWxpY2U="}) {
    EXPECT_FALSE(basic_credentials(nonsense).has_value()) << nonsense;
  }
}

}  // namespace
}  // namespace joist::metrics
