#include "pki/certificate.h"

#include <gtest/gtest.h>

#include "pki/authority.h"
#include "pki/request.h"

namespace joist::pki {
namespace {

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};

std::string some_certificate() {
  const auto authority = make_authority("joist", kNow, std::chrono::hours{24}).value();
  return issue(authority, make_request(make_key().value()).value(),
               installer_holder("joist", {"a.example", "192.0.2.1"}), kNow, std::chrono::hours{1})
      .value();
}

TEST(Certificate, ComesBackFromPem) {
  const std::string der = some_certificate();
  const std::string pem = certificate_to_pem(der);
  EXPECT_TRUE(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
  EXPECT_EQ(certificate_from_pem(pem).value(), der);
  EXPECT_EQ(certificate_from_pem("# a comment\n" + pem + pem).value(), der);
}

TEST(Certificate, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string(), std::string("x"),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    EXPECT_EQ(parse_certificate(text).error().code, ErrorCode::Malformed);
    EXPECT_EQ(certificate_from_pem(text).error().code, ErrorCode::Malformed);
  }
  EXPECT_EQ(parse_certificate(std::string(100'000, 'x')).error().code, ErrorCode::Malformed);
}

TEST(Certificate, IsRefusedCutShortOrContinued) {
  const std::string der = some_certificate();
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_FALSE(parse_certificate(der.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(parse_certificate(der + "x").has_value());
}

// "joist://installer\0" is not "joist://installer" to everyone who reads it.
TEST(Certificate, IsRefusedWithANulInAName) {
  std::string der = some_certificate();
  const auto at = der.find("joist://installer");
  ASSERT_NE(at, std::string::npos);
  der[at + 5] = '\0';
  const auto parsed = parse_certificate(der);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(parsed.error().message.find("NUL"), std::string::npos) << parsed.error().message;
}

TEST(NodeUid, TakesExactlyOneUri) {
  Certificate certificate;
  EXPECT_FALSE(node_uid(certificate).has_value());
  certificate.uris = {"joist://node/"};
  EXPECT_FALSE(node_uid(certificate).has_value());
  certificate.uris = {"joist://installer"};
  EXPECT_FALSE(node_uid(certificate).has_value());
  certificate.uris = {"joist://node/a", "joist://node/b"};
  EXPECT_FALSE(node_uid(certificate).has_value());
  certificate.uris = {"joist://node/a"};
  EXPECT_EQ(node_uid(certificate), "a");
}

}  // namespace
}  // namespace joist::pki
