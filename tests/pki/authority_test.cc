#include "pki/authority.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/sha256.h"
#include "pki/certificate.h"
#include "pki/request.h"

namespace joist::pki {
namespace {

using std::chrono::hours;

constexpr WallTime kNow{std::chrono::seconds{1'800'000'000}};  // 2027-01-15

struct Issued {
  Authority authority;
  Secret key;
  std::string der;
  Certificate certificate;
};

Issued issued(const Holder& holder, std::chrono::seconds life = hours{720}) {
  Issued result;
  result.authority = make_authority("joist", kNow, hours{24 * 3650}).value();
  result.key = make_key().value();
  result.der =
      issue(result.authority, make_request(result.key).value(), holder, kNow, life).value();
  result.certificate = parse_certificate(result.der).value();
  return result;
}

TEST(Authority, SignsItself) {
  const auto authority = make_authority("joist", kNow, hours{24});
  ASSERT_TRUE(authority.has_value()) << authority.error().message;
  EXPECT_TRUE(check_authority(*authority).has_value());

  const auto certificate = parse_certificate(authority->certificate);
  ASSERT_TRUE(certificate.has_value()) << certificate.error().message;
  EXPECT_TRUE(certificate->is_authority);
  EXPECT_EQ(certificate->common_name, "joist");
  EXPECT_EQ(certificate->not_before, kNow - hours{1});
  EXPECT_EQ(certificate->not_after, kNow + hours{24});
  EXPECT_EQ(certificate->spki_sha256, key_spki_sha256(authority->key).value());
}

TEST(Authority, IsRefusedWithAnotherKeyOrWithALeaf) {
  const Issued node = issued(node_holder("u-1", "n1"));
  Authority mixed = node.authority;
  mixed.key = make_key().value();
  EXPECT_EQ(check_authority(mixed).error().code, ErrorCode::Malformed);
  EXPECT_EQ(check_authority({node.der, node.key}).error().code, ErrorCode::Malformed);
}

TEST(Issue, NamesANodeByItsUidAlone) {
  const Issued node = issued(node_holder("0b1c", "n1.example"));
  EXPECT_EQ(node.certificate.uris, std::vector<std::string>{"joist://node/0b1c"});
  EXPECT_EQ(node_uid(node.certificate), "0b1c");
  EXPECT_EQ(node.certificate.common_name, "n1.example");
  EXPECT_TRUE(node.certificate.may_call);
  EXPECT_FALSE(node.certificate.may_serve);
  EXPECT_FALSE(node.certificate.is_authority);
  EXPECT_EQ(node.certificate.not_before, kNow - hours{1});
  EXPECT_EQ(node.certificate.not_after, kNow + hours{720});
  EXPECT_EQ(node.certificate.spki_sha256, key_spki_sha256(node.key).value());
  EXPECT_LE(node.certificate.serial.size(), 32U);
}

TEST(Issue, PutsEachServerNameWhereItBelongs) {
  const Issued server =
      issued(installer_holder("joist", {"installer.example", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(server.certificate.uris, std::vector<std::string>{"joist://installer"});
  EXPECT_EQ(server.certificate.dns_names, std::vector<std::string>{"installer.example"});
  EXPECT_EQ(server.certificate.addresses, (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));
  EXPECT_TRUE(server.certificate.may_serve);
  EXPECT_FALSE(server.certificate.may_call);
  EXPECT_FALSE(node_uid(server.certificate).has_value());
}

// A name is one name, whatever it looks like in openssl's configuration language.
TEST(Issue, DoesNotLetANameBecomeTwo) {
  const Issued server = issued(installer_holder("joist", {"a.example,URI:joist://node/evil"}));
  EXPECT_EQ(server.certificate.uris, std::vector<std::string>{"joist://installer"});
  EXPECT_EQ(server.certificate.dns_names,
            std::vector<std::string>{"a.example,URI:joist://node/evil"});
}

TEST(Issue, NeverOutlivesTheAuthority) {
  const Issued node = issued(node_holder("u", "n"), hours{24 * 36500});
  EXPECT_EQ(node.certificate.not_after, parse_certificate(node.authority.certificate)->not_after);
}

TEST(Issue, GivesEachCertificateASerialOfItsOwn) {
  const auto authority = make_authority("joist", kNow, hours{24}).value();
  const auto request = make_request(make_key().value()).value();
  const auto one = issue(authority, request, node_holder("u", "n"), kNow, hours{1}).value();
  const auto two = issue(authority, request, node_holder("u", "n"), kNow, hours{1}).value();
  EXPECT_NE(parse_certificate(one)->serial, parse_certificate(two)->serial);
}

TEST(Issue, CutsALongNameAtWhatX509Holds) {
  EXPECT_EQ(issued(node_holder("u", std::string(200, 'n'))).certificate.common_name,
            std::string(64, 'n'));
}

TEST(Issue, RefusesGarbageForARequest) {
  const auto authority = make_authority("joist", kNow, hours{24}).value();
  for (const std::string& request : {std::string(), std::string("x"), std::string(9000, '0')}) {
    EXPECT_EQ(issue(authority, request, node_holder("u", "n"), kNow, hours{1}).error().code,
              ErrorCode::Malformed);
  }
}

// The field's own tool must agree that the chain holds, for the right purpose only.
TEST(Issue, IsAcceptedByOpensslVerify) {
  const auto directory =
      std::filesystem::path(testing::TempDir()) / ("joist-pki-" + to_hex(random_bytes(6).value()));
  std::filesystem::create_directory(directory);
  const Issued node = issued(node_holder("u", "n"));
  std::ofstream(directory / "ca") << certificate_to_pem(node.authority.certificate);
  std::ofstream(directory / "node") << certificate_to_pem(node.der);
  const auto verify = [&](const std::string& purpose) {
    const std::string command = "openssl verify -x509_strict -attime 1800000060 -purpose " +
                                purpose + " -CAfile " + (directory / "ca").string() + " " +
                                (directory / "node").string() + " >/dev/null 2>&1";
    return std::system(command.c_str());  // NOLINT: a test, and its own paths
  };
  EXPECT_EQ(verify("sslclient"), 0);
  EXPECT_NE(verify("sslserver"), 0);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace joist::pki
