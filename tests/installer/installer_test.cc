// Goal: a host joins and reports; whoever must not, does not.
// Method: a real installer and real clients over TLS on loopback.
#include "installer/installer.h"

#include <gtest/gtest.h>

#include "base/report.h"
#include "installer/fleet_service.h"
#include "pki/authority.h"
#include "tests/installer/installer_host.h"
#include "tests/installer/store_host.h"

namespace joist::installer {
namespace {

using namespace std::chrono_literals;

v1::AgentFrame hello(const std::string& epoch = "epoch-1") {
  v1::AgentFrame frame;
  frame.mutable_hello()->set_boot_id("boot-1");
  frame.mutable_hello()->set_epoch(epoch);
  return frame;
}

v1::AgentFrame delta(std::uint64_t seq, const v1::Report& from, const v1::Report& to) {
  v1::AgentFrame frame;
  *frame.mutable_delta() = diff(from, to);
  frame.mutable_delta()->set_seq(seq);
  return frame;
}

v1::Report report_of(const std::string& name) {
  std::vector<v1::ReportItem> items(2);
  items[0].set_key("host");
  items[0].mutable_host()->set_name(name);
  items[0].mutable_host()->add_roles(v1::ROLE_WORKER);
  items[1].set_key("disk/sda");
  items[1].mutable_disk()->set_name("sda");
  return make_report(std::move(items)).value();
}

TEST(Installer, LetsAHostJoinOnceByItsToken) {
  InstallerHost host;
  const auto token = host.token();
  const auto key = pki::make_key().value();
  const auto joined = host.enroll(token, "n1", key);
  ASSERT_TRUE(joined.has_value()) << joined.error().message;
  EXPECT_EQ(host.node("n1").uid(), joined->node_uid());
  EXPECT_EQ(host.node("n1").state(), v1::NODE_STATE_DISCONNECTED);

  const auto replayed = host.enroll(token, "n2", key);
  EXPECT_EQ(replayed.error().code, ErrorCode::Unauthenticated) << replayed.error().message;
  const auto tokens = host.fleet<v1::ListTokensResponse>("ListTokens", v1::ListTokensRequest());
  ASSERT_EQ(tokens.tokens_size(), 1);
  EXPECT_EQ(tokens.tokens(0).state(), v1::TOKEN_STATE_USED);
  EXPECT_EQ(tokens.tokens(0).used_by(), "n1");
}

TEST(Installer, RefusesATokenAfterItsTime) {
  InstallerHost host;
  const auto token = host.token();
  host.clock.shift = 61min;
  EXPECT_EQ(host.enroll(token, "n1", pki::make_key().value()).error().code,
            ErrorCode::Unauthenticated);
}

TEST(Installer, IsRefusedByAHostWhoseTokenPinsAnother) {
  InstallerHost host;
  auto token = host.token();
  token.pin[0] = static_cast<char>(token.pin[0] ^ 1);
  const auto joined = host.enroll(token, "n1", pki::make_key().value());
  EXPECT_EQ(joined.error().code, ErrorCode::Unauthenticated) << joined.error().message;
  const auto tokens = host.fleet<v1::ListTokensResponse>("ListTokens", v1::ListTokensRequest());
  EXPECT_EQ(tokens.tokens(0).state(), v1::TOKEN_STATE_OPEN) << "the secret was never sent";
}

TEST(Installer, TakesEnrollAsJson) {
  InstallerHost host;
  const auto token = host.token();
  wire::Request request{.method = "POST", .path = "/joist.v1.Enrolment/Enroll"};
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = "{\"token_id\": \"" + token.id + "\", \"token_secret\": \"wrong\", " +
                 "\"certificate_request\": \"AAAA\", \"host\": {\"name\": \"n1\"}}";
  const auto answer = host.wait(
      wire::request_tls(host.address(), wire::pinned_context(token.pin).value(), request));
  ASSERT_TRUE(answer.has_value()) << answer.error().message;
  EXPECT_EQ(answer->status, 401U);
  EXPECT_NE(answer->body.find("\"unauthenticated\""), std::string::npos) << answer->body;
}

TEST(Installer, HoldsASessionWithANodeAndItsLastReport) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto socket = host.connect(joined.identity);
  ASSERT_TRUE(socket.has_value()) << socket.error().message;
  ASSERT_TRUE(host.say(**socket, hello())->has_welcome());

  const v1::Report first = report_of("n1");
  EXPECT_EQ(host.say(**socket, delta(1, {}, first))->ack().digest(), first.digest());
  v1::AgentFrame heartbeat;
  heartbeat.mutable_heartbeat()->set_digest(first.digest());
  EXPECT_TRUE(host.say(**socket, heartbeat)->has_ack());
  heartbeat.mutable_heartbeat()->set_digest(report_of("other").digest());
  EXPECT_TRUE(host.say(**socket, heartbeat)->has_need_full());

  const v1::Node node = host.node("n1");
  EXPECT_EQ(node.state(), v1::NODE_STATE_CONNECTED);
  EXPECT_FALSE(node.address().empty());
  EXPECT_EQ(node.report().digest(), first.digest());
  EXPECT_EQ(node.report().items_size(), 2);
  EXPECT_EQ(node.roles(0), v1::ROLE_WORKER);
  const auto nodes = host.fleet<v1::ListNodesResponse>("ListNodes", v1::ListNodesRequest());
  EXPECT_EQ(nodes.nodes(0).report().items_size(), 1) << "lists leave the disks out";

  (*socket)->close();
  EXPECT_TRUE(host.until([&] { return host.node("n1").state() == v1::NODE_STATE_DISCONNECTED; }));
  EXPECT_EQ(host.node("n1").report().digest(), first.digest()) << "its last word is kept";
}

TEST(Installer, RefusesASessionWithoutANodesCertificate) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  const std::string pin = host.token().pin;

  const auto nobody = host.wait(
      wire::connect_frames(host.address(), wire::pinned_context(pin).value(), "/session", 10s));
  ASSERT_FALSE(nobody.has_value());
  EXPECT_NE(nobody.error().message.find("(401)"), std::string::npos) << nobody.error().message;

  // One that another authority signed does not get past the handshake.
  const auto other = pki::make_authority("joist", std::chrono::system_clock::now(), 24h).value();
  const auto key = pki::make_key().value();
  wire::TlsIdentity forged{
      pki::issue(other, pki::make_request(key).value(), pki::node_holder(joined.uid, "n1"),
                 std::chrono::system_clock::now(), 1h)
          .value(),
      key, joined.identity.authority};
  EXPECT_FALSE(host.connect(forged).has_value());
  EXPECT_EQ(host.node("n1").state(), v1::NODE_STATE_DISCONNECTED);
}

TEST(Installer, EndsTheSessionOfANodeThatIsRetiredAtOnce) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto socket = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**socket, hello())->has_welcome());

  v1::RetireNodeRequest request;
  request.set_name("n1");
  const auto retired = host.fleet<v1::RetireNodeResponse>("RetireNode", request);
  EXPECT_EQ(retired.node().state(), v1::NODE_STATE_RETIRED);
  const auto last = host.hear(**socket);
  ASSERT_TRUE(last && last->has_goodbye());
  EXPECT_NE(last->goodbye().reason().find("retired"), std::string::npos);
  EXPECT_FALSE(host.hear(**socket).has_value());

  const auto again = host.connect(joined.identity);
  ASSERT_FALSE(again.has_value());
  EXPECT_NE(again.error().message.find("(403): the node was retired"), std::string::npos)
      << again.error().message;
  EXPECT_NE(host.join("n1").uid, joined.uid) << "the name is free again";

  v1::ListNodesRequest list;
  EXPECT_EQ(host.fleet<v1::ListNodesResponse>("ListNodes", list).nodes_size(), 1);
  list.set_retired(true);
  EXPECT_EQ(host.fleet<v1::ListNodesResponse>("ListNodes", list).nodes_size(), 2);
}

TEST(Installer, KnowsWhyANodeLeft) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto socket = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**socket, hello())->has_welcome());
  EXPECT_EQ(host.node("n1").disconnect_reason(), "");
  v1::AgentFrame frame;
  frame.mutable_goodbye()->set_reason("joist-agent stops");
  EXPECT_FALSE(host.say(**socket, frame).has_value());
  ASSERT_TRUE(host.until([&] { return host.node("n1").state() == v1::NODE_STATE_DISCONNECTED; }));
  EXPECT_EQ(host.node("n1").disconnect_reason(), "the agent ended it: joist-agent stops");
  EXPECT_TRUE(host.node("n1").has_disconnect_time());
}

TEST(Installer, TellsItsAgentsThatItStops) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto socket = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**socket, hello())->has_welcome());
  bool left = false;
  wire::asio::co_spawn(host.io, host.installer().leave(),
                       [&](const std::exception_ptr&) { left = true; });
  const auto last = host.hear(**socket);
  ASSERT_TRUE(last && last->has_goodbye());
  EXPECT_NE(last->goodbye().reason().find("joist-installer stops"), std::string::npos);
  EXPECT_TRUE(host.until([&] { return left; }));
}

TEST(Installer, EndsTheFirstOfTwoSessionsOfANode) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto first = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**first, hello())->has_welcome());
  auto second = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**second, hello())->has_welcome());
  EXPECT_TRUE(host.hear(**first)->has_goodbye());
  EXPECT_FALSE(host.hear(**first).has_value());
  EXPECT_EQ(host.node("n1").state(), v1::NODE_STATE_CONNECTED);
  EXPECT_TRUE(host.say(**second, delta(1, {}, report_of("n1")))->has_ack());
}

TEST(Installer, EndsASessionThatIsSilentForTooLong) {
  Settings settings = InstallerHost::defaults();
  settings.silence_max = 200ms;
  InstallerHost host(settings);
  auto socket = host.connect(host.join("n1").identity);
  ASSERT_TRUE(host.say(**socket, hello())->has_welcome());
  EXPECT_FALSE(host.hear(**socket).has_value());
  EXPECT_EQ(host.node("n1").state(), v1::NODE_STATE_DISCONNECTED);
}

TEST(Installer, HasNoMoreSessionsThanItMay) {
  Settings settings = InstallerHost::defaults();
  settings.sessions_max = 1;
  InstallerHost host(settings);
  const Joined n1 = host.join("n1");
  const Joined n2 = host.join("n2");
  auto first = host.connect(n1.identity);
  ASSERT_TRUE(host.say(**first, hello())->has_welcome());
  const auto second = host.connect(n2.identity);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::Unavailable) << second.error().message;
  EXPECT_TRUE(host.connect(n1.identity).has_value()) << "a node takes its own place";
}

TEST(Installer, EndsASessionAtWhatIsNoFrameAndSaysWhy) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  auto garbage = host.connect(joined.identity);
  ASSERT_TRUE(host.wait((*garbage)->send("\xff\xff garbage")).has_value());
  const auto last = host.hear(**garbage);
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->goodbye().reason().empty());
  EXPECT_FALSE(host.hear(**garbage).has_value());

  auto oversized = host.connect(joined.identity);
  ASSERT_TRUE(host.say(**oversized, hello())->has_welcome());
  static_cast<void>(host.wait((*oversized)->send(std::string(2 << 20, 'x'))));
  EXPECT_FALSE(host.hear(**oversized).has_value());
  EXPECT_EQ(host.node("n1").report().items_size(), 0);
}

TEST(Installer, RenewsACertificateAndRetiresTheOneBefore) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  const auto renew = [&](const wire::TlsIdentity& with) -> Result<wire::TlsIdentity> {
    const auto key = pki::make_key().value();
    v1::RenewRequest request;
    request.set_certificate_request(pki::make_request(key).value());
    v1::RenewResponse answer;
    const auto called = host.wait(
        wire::call_tls(host.address(), wire::session_context(with, wire::Dates::Judge).value(),
                       "joist.v1.Enrolment/Renew", request, answer));
    if (!called) return tl::unexpected<Error>(called.error());
    return wire::TlsIdentity{answer.certificate(), key, answer.authority()};
  };
  const auto second = renew(joined.identity);
  ASSERT_TRUE(second.has_value()) << second.error().message;
  EXPECT_TRUE(host.connect(*second).has_value());
  EXPECT_TRUE(host.connect(joined.identity).has_value()) << "the answer may have been lost";
  const auto third = renew(*second);
  ASSERT_TRUE(third.has_value()) << third.error().message;
  const auto copied = host.connect(joined.identity);
  ASSERT_FALSE(copied.has_value());
  EXPECT_NE(copied.error().message.find("(403)"), std::string::npos) << copied.error().message;
  EXPECT_TRUE(host.connect(*third).has_value());
}

TEST(Installer, KeepsItsFleetAcrossARestart) {
  InstallerHost host;
  const Joined joined = host.join("n1");
  const auto unused = host.token();
  const v1::Report report = report_of("n1");
  {
    auto socket = host.connect(joined.identity);
    ASSERT_TRUE(host.say(**socket, hello())->has_welcome());
    ASSERT_TRUE(host.say(**socket, delta(1, {}, report))->has_ack());
    host.stop();
  }
  host.start();
  EXPECT_EQ(host.node("n1").report().digest(), report.digest());
  EXPECT_EQ(host.node("n1").state(), v1::NODE_STATE_DISCONNECTED);

  // The agent comes back with the certificate it has, and goes on where it was.
  auto socket = host.connect(joined.identity);
  ASSERT_TRUE(socket.has_value()) << socket.error().message;
  v1::AgentFrame again = hello();
  again.mutable_hello()->set_acked_digest(report.digest());
  EXPECT_TRUE(host.say(**socket, again)->welcome().holds_acked());
  const auto stale = host.say(**socket, delta(1, report, report_of("replayed")));
  ASSERT_TRUE(stale.has_value());
  EXPECT_TRUE(stale->has_goodbye()) << "a replay, told from before the restart";
  EXPECT_TRUE(host.enroll(unused, "n2", pki::make_key().value()).has_value());
}

TEST(Installer, SharesItsStateWithNoOther) {
  InstallerHost host;
  const auto second =
      Installer::start(host.io, InstallerHost::defaults(), host.places(), host.clock);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, ErrorCode::Refused) << second.error().message;
}

TEST(FleetService, IsForRootAndItsOwnUserAlone) {
  InstallerHost host;
  StoreHost other;
  Fleet fleet(other.worker, 40s, host.clock.now());
  const FleetService service(other.worker, fleet, std::string(32, 'p'), host.clock, 1234);
  wire::Request request{.method = "POST", .path = "/joist.v1.Fleet/ListNodes"};
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = "{}";
  const auto status = [&](std::optional<uid_t> uid) {
    const wire::Peer peer{.address = "unix", .uid = uid};
    return other.wait(service.handle(request, peer)).status;
  };
  EXPECT_EQ(status(0), 200U);
  EXPECT_EQ(status(1234), 200U);
  EXPECT_EQ(status(1235), 403U);
  EXPECT_EQ(status(std::nullopt), 403U) << "TCP has no uid";
}

}  // namespace
}  // namespace joist::installer
