#include "installer/authority_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "installer/server_certificate.h"
#include "pki/certificate.h"
#include "tests/support/temp_root.h"

namespace joist::installer {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

Result<pki::Authority> open(const support::TempRoot& directory, bool may_make = true) {
  return open_authority(directory.path().string(), "joist", may_make, kNow);
}

TEST(AuthorityFile, IsMadeOnceAndPrivate) {
  const support::TempRoot directory;
  const auto made = open(directory);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  struct stat status {};
  ASSERT_EQ(::stat((directory.path() / "authority.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  const auto again = open(directory, false);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->certificate, made->certificate);
  EXPECT_EQ(again->key.reveal(), made->key.reveal());
  EXPECT_EQ(pki::certificate_from_pem(directory.sys_root().read("/authority.crt").value()).value(),
            made->certificate);
}

TEST(AuthorityFile, IsRefusedWhenOthersCanReadIt) {
  const support::TempRoot directory;
  ASSERT_TRUE(open(directory).has_value());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0644U}) {
    ASSERT_EQ(::chmod((directory.path() / "authority.pem").c_str(), mode), 0);
    const auto opened = open(directory);
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::Refused);
  }
}

// A new authority would lock every node out.
TEST(AuthorityFile, IsNotMadeAnewWhileNodesHaveItsCertificates) {
  const support::TempRoot directory;
  EXPECT_EQ(open(directory, false).error().code, ErrorCode::Refused);
  EXPECT_FALSE(directory.sys_root().exists("/authority.pem"));
}

TEST(AuthorityFile, IsRefusedAndKeptWhenDamaged) {
  const support::TempRoot directory;
  directory.write("/authority.pem", "damaged");
  ASSERT_EQ(::chmod((directory.path() / "authority.pem").c_str(), 0600), 0);
  const auto opened = open(directory);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, ErrorCode::Malformed);
  EXPECT_NE(opened.error().message.find("authority.pem"), std::string::npos);
  EXPECT_EQ(directory.sys_root().read("/authority.pem").value(), "damaged");
}

TEST(AuthorityFile, SaysThatItIsEmptyAndWhatToDo) {
  const support::TempRoot directory;
  directory.write("/authority.pem", "");
  ASSERT_EQ(::chmod((directory.path() / "authority.pem").c_str(), 0600), 0);
  const auto opened = open(directory);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("is empty"), std::string::npos) << opened.error().message;
  EXPECT_NE(opened.error().message.find("Restore it"), std::string::npos);
}

TEST(ServerCertificate, IsMadeAgainInTimeAndForNewNames) {
  const auto authority = pki::make_authority("joist", kNow, hours{24 * 365}).value();
  ServerCertificate certificate(authority, "joist");
  const std::vector<std::string> names{"a.example"};
  const auto renewed = [&](const std::vector<std::string>& wanted, WallTime now) {
    const auto context = certificate.renew(wanted, now);
    EXPECT_TRUE(context.has_value()) << context.error().message;
    return *context != nullptr;
  };
  EXPECT_TRUE(renewed(names, kNow));
  EXPECT_EQ(certificate.expire_time(), kNow + ServerCertificate::kLife);
  EXPECT_FALSE(renewed(names, kNow));
  EXPECT_FALSE(renewed(names, kNow + hours{24 * 59}));
  EXPECT_TRUE(renewed(names, kNow + hours{24 * 60}));
  EXPECT_TRUE(renewed({"b.example"}, kNow + hours{24 * 60}));
  EXPECT_TRUE(renewed({"b.example"}, kNow)) << "the clock was set back";
}

TEST(ServerNames, AlwaysNameTheLoopback) {
  const auto names = server_names({"configured.example"});
  for (const std::string name : {"configured.example", "localhost", "127.0.0.1", "::1"}) {
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
  }
}

}  // namespace
}  // namespace joist::installer
