// The decisions alone, and Enrolment over a real store; the wire is in
// installer_test.cc.
#include "installer/enrolment.h"

#include <gtest/gtest.h>

#include <set>

#include "pki/certificate.h"
#include "pki/join_token.h"
#include "pki/request.h"
#include "tests/installer/store_host.h"

namespace joist::installer {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kNow{seconds{1'800'000'000}};
constexpr seconds kGone{0};
const std::string kMachine(32, 'a');

StoredToken token_for(std::string_view secret) {
  return {.id = "0123456789ab",
          .hash = pki::secret_hash(secret),
          .create_time = kNow,
          .expire_time = kNow + hours{1}};
}

TEST(JudgeToken, NamesEachFault) {
  const StoredToken open = token_for("s");
  EXPECT_EQ(judge_token(open, "s", kNow), TokenFault::None);
  EXPECT_EQ(judge_token(std::nullopt, "s", kNow), TokenFault::Unknown);
  EXPECT_EQ(judge_token(open, "wrong", kNow), TokenFault::Forged);
  EXPECT_EQ(judge_token(open, "", kNow), TokenFault::Forged);
  EXPECT_EQ(judge_token(open, "s", kNow + hours{1}), TokenFault::Expired);
  StoredToken used = open;
  used.use_time = kNow;
  EXPECT_EQ(judge_token(used, "s", kNow), TokenFault::Used);
  StoredToken revoked = open;
  revoked.revoke_time = kNow;
  EXPECT_EQ(judge_token(revoked, "s", kNow), TokenFault::Revoked);
  EXPECT_EQ(judge_token(used, "wrong", kNow), TokenFault::Forged) << "the secret comes first";
}

TEST(JudgeRejoin, ReplacesOnlyTheSameMachineThatIsGone) {
  const StoredNode holder{.uid = "u1", .name = "n1", .machine_id = kMachine};
  EXPECT_FALSE(judge_rejoin(std::nullopt, kMachine, kGone).value());
  EXPECT_TRUE(judge_rejoin(holder, kMachine, kGone).value());
  for (const auto& refused :
       {judge_rejoin(holder, kMachine, seconds{12}), judge_rejoin(holder, "", kGone),
        judge_rejoin(holder, std::string(32, 'b'), kGone),
        judge_rejoin(StoredNode{.name = "n1"}, "", kGone)}) {
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::Refused);
    EXPECT_NE(refused.error().message.find("`joistctl node retire n1`"), std::string::npos)
        << refused.error().message;
  }
}

TEST(CheckHost, TakesNamesThatNodesCanHave) {
  const auto check = [](const std::string& name, const std::string& machine_id) {
    v1::Host host;
    host.set_name(name);
    host.set_machine_id(machine_id);
    return check_host(host).has_value();
  };
  EXPECT_TRUE(check("n1", ""));
  EXPECT_TRUE(check("n1.rack2.example", kMachine));
  for (const std::string& name : {std::string(), std::string("N1"), std::string("a b"),
                                  std::string("../x"), std::string(300, 'a')}) {
    EXPECT_FALSE(check(name, "")) << name;
  }
  EXPECT_FALSE(check("n1", "short"));
  EXPECT_FALSE(check("n1", std::string(32, 'G')));
}

class EnrolmentTest : public testing::Test {
 protected:
  EnrolmentTest()
      : authority_(pki::make_authority("joist", kNow, hours{24 * 365}).value()),
        fleet_(host_.worker, seconds{40}, now_),
        enrolment_(host_.worker, fleet_, authority_, host_.metrics, hours{720}) {
    key_ = pki::make_key().value();
    now_.boot += minutes{10};  // long after the start
  }

  v1::EnrollRequest request(const std::string& name, const std::string& machine_id = kMachine) {
    const auto token = pki::make_join_token(std::string(32, 'p')).value();
    const StoredToken stored{.id = token.id,
                             .hash = pki::secret_hash(token.secret.reveal()),
                             .create_time = now_.wall,
                             .expire_time = now_.wall + hours{1}};
    const auto added = host_.ask([&](Store& store) { return store.add_token(stored, now_.wall); });
    EXPECT_TRUE(added.has_value());
    v1::EnrollRequest made;
    made.set_token_id(token.id);
    made.set_token_secret(token.secret.reveal());
    made.set_certificate_request(pki::make_request(key_).value());
    made.mutable_host()->set_name(name);
    made.mutable_host()->set_machine_id(machine_id);
    return made;
  }

  Result<v1::EnrollResponse> enroll(const v1::EnrollRequest& request,
                                    const std::string& peer = "192.0.2.1:1000") {
    return host_.wait(enrolment_.enroll(request, peer, now_));
  }

  std::optional<StoredNode> node(const std::string& uid) {
    return host_.ask([&](Store& store) { return store.node(uid); }).value();
  }

  double count(const std::string& line) {
    const std::string text = host_.metrics.text({}, {});
    const auto at = text.find("\n" + line + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size() + 2));
  }

  StoreHost host_;
  Moment now_{kNow, hours{5}};
  pki::Authority authority_;
  Fleet fleet_;
  Enrolment enrolment_;
  pki::Secret key_;
};

TEST_F(EnrolmentTest, GivesANodeACertificateForItselfAlone) {
  const auto answer = enroll(request("n1"));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  const auto certificate = pki::parse_certificate(answer->certificate()).value();
  EXPECT_EQ(pki::node_uid(certificate), answer->node_uid());
  EXPECT_EQ(certificate.common_name, "n1");
  EXPECT_EQ(answer->node_uid().size(), 36U);
  EXPECT_EQ(answer->authority(), authority_.certificate);
  EXPECT_EQ(answer->server_time().seconds(), 1'800'000'000);
  EXPECT_EQ(node(answer->node_uid())->serial, certificate.serial);
  EXPECT_EQ(count("joist_installer_enrolments_total{result=\"Accepted\"}"), 1);
}

TEST_F(EnrolmentTest, SaysTheSameOfEveryBadToken) {
  auto forged = request("n1");
  forged.set_token_secret("wrong");
  auto unknown = request("n1");
  unknown.set_token_id("ffffffffffff");
  auto used = request("n1");
  ASSERT_TRUE(enroll(used).has_value());
  auto revoked = request("n1");
  ASSERT_TRUE(host_.ask([&](Store& store) { return store.revoke_token(revoked.token_id(), kNow); })
                  .has_value());
  auto expired = request("n1");

  std::set<std::string> messages;
  for (const auto& bad : {forged, unknown, used, revoked}) {
    const auto answer = enroll(bad);
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code, ErrorCode::Unauthenticated);
    messages.insert(answer.error().message);
  }
  now_.wall += hours{1};
  messages.insert(enroll(expired).error().message);
  EXPECT_EQ(messages.size(), 1U);
  for (const std::string reason : {"Forged", "Unknown", "Used", "Revoked", "Expired"}) {
    EXPECT_EQ(count("joist_installer_enrolments_total{result=\"Token" + reason + "\"}"), 1)
        << reason;
  }
  const auto events = host_.ask([](Store& store) { return store.events(100); }).value();
  ASSERT_EQ(events.size(), 5U);
  for (const Event& event : events) {
    EXPECT_EQ(event.address, "192.0.2.1");
    EXPECT_EQ(event.message.find(expired.token_secret()), std::string::npos);
  }
}

TEST_F(EnrolmentTest, DoesNotUseATokenUpForABadRequest) {
  auto asked = request("n1");
  const std::string good = asked.certificate_request();
  asked.set_certificate_request("garbage");
  EXPECT_EQ(enroll(asked).error().code, ErrorCode::Malformed);
  asked.mutable_host()->set_name("NOT A NAME");
  EXPECT_EQ(enroll(asked).error().code, ErrorCode::Malformed);
  asked.set_certificate_request(good);
  asked.mutable_host()->set_name("n1");
  EXPECT_TRUE(enroll(asked).has_value());
}

TEST_F(EnrolmentTest, DoesNotLetATokenTakeALivingNodesPlace) {
  const std::string first = enroll(request("n1"))->node_uid();
  const auto session =
      fleet_.connect(first, "192.0.2.1:2", now_, [](std::string_view, const std::string&) {});
  const auto thief = request("n1");
  EXPECT_EQ(enroll(thief).error().code, ErrorCode::Refused);

  fleet_.disconnect(first, session);
  now_.boot += seconds{39};  // silent, but not for long enough
  EXPECT_EQ(enroll(thief).error().code, ErrorCode::Refused);
  EXPECT_FALSE(node(first)->retire_time.has_value());

  now_.boot += seconds{1};
  const auto again = enroll(thief);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_NE(again->node_uid(), first) << "nothing granted to the old identity is its";
  EXPECT_TRUE(node(first)->retire_time.has_value());
  EXPECT_EQ(count("joist_installer_enrolments_total{result=\"NameTaken\"}"), 2);
}

// Just started, the installer has heard of nobody: nodes need time to come back.
TEST_F(EnrolmentTest, WaitsForNodesToComeBackAfterAStart) {
  ASSERT_TRUE(enroll(request("n1")).has_value());
  now_.wall += hours{1};
  Fleet restarted(host_.worker, seconds{40}, now_);
  Enrolment enrolment(host_.worker, restarted, authority_, host_.metrics, hours{720});
  const auto asked = request("n1");
  now_.boot += Fleet::kReturnTime - seconds{1};
  const auto enroll_again = [&] {
    return host_.wait(enrolment.enroll(asked, "192.0.2.1:1", now_));
  };
  EXPECT_EQ(enroll_again().error().code, ErrorCode::Refused);
  now_.boot += seconds{1};
  EXPECT_TRUE(enroll_again().has_value());
}

TEST_F(EnrolmentTest, SlowsAnAddressThatFailsDownButNoOther) {
  auto forged = request("n1");
  const std::string secret = forged.token_secret();
  forged.set_token_secret("wrong");
  for (int attempt = 0; attempt < 10; ++attempt) {
    EXPECT_EQ(enroll(forged, "192.0.2.1:" + std::to_string(attempt)).error().code,
              ErrorCode::Unauthenticated);
  }
  forged.set_token_secret(secret);
  const auto slowed = enroll(forged);
  EXPECT_EQ(slowed.error().code, ErrorCode::Unavailable);
  EXPECT_NE(slowed.error().message.find("10 s"), std::string::npos) << slowed.error().message;
  EXPECT_TRUE(enroll(request("n2"), "192.0.2.2:1").has_value());
  now_.boot += seconds{10};
  EXPECT_TRUE(enroll(forged).has_value());
}

TEST_F(EnrolmentTest, RenewsForTheNodeThatAsks) {
  const auto joined = enroll(request("n1"));
  v1::RenewRequest asked;
  asked.set_certificate_request(pki::make_request(pki::make_key().value()).value());
  now_.wall += hours{100};
  const auto renew = [&](const std::string& with) {
    return host_.wait(enrolment_.renew(asked, with, "p:1", now_));
  };
  const auto renewed = renew(joined->certificate());
  ASSERT_TRUE(renewed.has_value()) << renewed.error().message;
  const auto certificate = pki::parse_certificate(renewed->certificate()).value();
  EXPECT_EQ(pki::node_uid(certificate), joined->node_uid());
  EXPECT_EQ(certificate.not_after, now_.wall + hours{720});

  // The old one may ask once more, should the answer have been lost; two
  // generations back is a copy.
  ASSERT_TRUE(renew(joined->certificate()).has_value());
  EXPECT_EQ(renew(renewed->certificate()).error().code, ErrorCode::Refused);
}

TEST_F(EnrolmentTest, RenewsForNobodyElse) {
  v1::RenewRequest asked;
  asked.set_certificate_request(pki::make_request(key_).value());
  const auto code = [&](const std::string& certificate) {
    return host_.wait(enrolment_.renew(asked, certificate, "p:1", now_)).error().code;
  };
  EXPECT_EQ(code(""), ErrorCode::Unauthenticated);
  EXPECT_EQ(code("garbage"), ErrorCode::Unauthenticated);
  const auto issued = [&](const pki::Holder& holder) {
    return pki::issue(authority_, asked.certificate_request(), holder, now_.wall, hours{1}).value();
  };
  EXPECT_EQ(code(issued(pki::installer_holder("joist", {}))), ErrorCode::Unauthenticated);
  EXPECT_EQ(code(issued(pki::node_holder("nobody", "n"))), ErrorCode::Unauthenticated);

  const auto joined = enroll(request("n1"));
  const std::string copied = issued(pki::node_holder(joined->node_uid(), "n1"));
  EXPECT_EQ(code(copied), ErrorCode::Refused) << "a serial that was never given to the node";
  ASSERT_TRUE(host_.wait(fleet_.retire("n1", now_.wall)).has_value());
  EXPECT_EQ(code(joined->certificate()), ErrorCode::Refused);
  now_.wall += hours{721};
  EXPECT_EQ(code(joined->certificate()), ErrorCode::Unauthenticated) << "expired";
}

}  // namespace
}  // namespace joist::installer
