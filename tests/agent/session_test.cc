// Goal: whatever the other side does, the session ends with a reason and begins
// again, and an identity is never lost. Method: an installer of the test's own
// over real TLS, because the real one cannot be told to misbehave.
#include "agent/session.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "agent/enrolment.h"
#include "base/message_rules.h"
#include "base/report.h"
#include "joist/v1/enrolment.pb.h"
#include "joist/v1/session.pb.h"
#include "pki/authority.h"
#include "pki/certificate.h"
#include "pki/join_token.h"
#include "pki/request.h"
#include "tests/support/temp_root.h"
#include "wire/http_server.h"
#include "wire/rpc.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;
using wire::FrameSocket;
using wire::Task;

// Answers frames as an installer does, unless the test puts something in place.
class Installer {
 public:
  explicit Installer(wire::asio::io_context& io)
      : authority_(*pki::make_authority("Test", SystemClock().now().wall, 24h)),
        enrolment_("joist.v1.Enrolment"),
        server_(io, wire::HttpLimits{},
                [this](const wire::Request& request, const wire::Peer& peer) {
                  return enrolment_.handle(request, peer);
                }) {
    serve_enrolment();
    server_.on_frames(
        "/session",
        [](const wire::Peer&) -> wire::Task<std::optional<wire::Response>> {
          co_return std::nullopt;
        },
        [this](FrameSocket& socket, const wire::Peer&) { return serve(socket); });
    wire::TlsIdentity identity;
    const auto key = pki::make_key();
    identity.certificate =
        *pki::issue(authority_, *pki::make_request(*key), pki::installer_holder("test", {}),
                    SystemClock().now().wall, 1h);
    identity.key = *key;
    identity.authority = authority_.certificate;
    const auto listening = server_.listen_tls("127.0.0.1:0", *wire::server_context(identity));
    EXPECT_TRUE(listening.has_value()) << listening.error().message;
  }

  std::string address() const { return server_.address(); }
  const pki::Authority& authority() const { return authority_; }

  Result<std::string> certify(const std::string& request, std::chrono::seconds life) {
    return pki::issue(authority_, request, pki::node_holder("uid-1", "node-1"),
                      SystemClock().now().wall, life);
  }

  // What the next frames are answered with instead; empty answers end the session.
  std::deque<v1::InstallerFrame> instead;
  bool mute = false;  // after the Welcome
  v1::Report held;
  int sessions = 0;
  int deltas_from_nothing = 0;
  int deltas = 0;
  std::string secret_seen;
  std::string goodbye;  // of the agent, the last one

 private:
  void serve_enrolment() {
    enrolment_.on<v1::EnrollRequest, v1::EnrollResponse>(
        "Enroll",
        [this](const v1::EnrollRequest& request,
               const wire::Peer&) -> Task<Result<v1::EnrollResponse>> {
          secret_seen = request.token_secret();
          v1::EnrollResponse response;
          response.set_node_uid("uid-1");
          response.set_certificate(*certify(request.certificate_request(), 1h));
          response.set_authority(authority_.certificate);
          co_return response;
        });
    enrolment_.on<v1::RenewRequest, v1::RenewResponse>(
        "Renew",
        [this](const v1::RenewRequest& request,
               const wire::Peer& peer) -> Task<Result<v1::RenewResponse>> {
          if (peer.certificate.empty()) co_return fail(ErrorCode::Unauthenticated, "who?");
          v1::RenewResponse response;
          response.set_certificate(*certify(request.certificate_request(), 10h));
          response.set_authority(authority_.certificate);
          co_return response;
        });
  }

  v1::InstallerFrame answer(const v1::AgentFrame& frame) {
    v1::InstallerFrame reply;
    if (frame.has_hello()) {
      ++sessions;
      const bool holds = !held.digest().empty() && frame.hello().acked_digest() == held.digest();
      reply.mutable_welcome()->set_holds_acked(holds);
      return reply;
    }
    if (frame.has_delta()) {
      ++deltas;
      if (frame.delta().base_digest().empty()) ++deltas_from_nothing;
      auto next = apply(held, frame.delta());
      EXPECT_TRUE(next.has_value()) << next.error().message;
      if (next) held = std::move(*next);
    }
    reply.mutable_ack()->set_seq(held.seq());
    reply.mutable_ack()->set_digest(held.digest());
    return reply;
  }

  Task<void> serve(FrameSocket& socket) {
    for (;;) {
      const auto message = co_await socket.receive(30s);
      if (!message) co_return;
      v1::AgentFrame frame;
      EXPECT_TRUE(frame.ParseFromString(*message));
      EXPECT_TRUE(check_rules(frame)) << check_rules(frame).error().message;
      if (frame.has_goodbye()) {
        goodbye = frame.goodbye().reason();
        co_return;
      }
      v1::InstallerFrame reply;
      if (mute && !frame.has_hello()) continue;
      if (frame.has_hello() || instead.empty()) {
        reply = answer(frame);
      } else {
        reply = std::move(instead.front());
        instead.pop_front();
        if (reply.frame_case() == v1::InstallerFrame::FRAME_NOT_SET) co_return;
      }
      std::string bytes = reply.SerializeAsString();
      if (!co_await socket.send(std::move(bytes))) co_return;
    }
  }

  pki::Authority authority_;
  wire::RpcService enrolment_;
  wire::HttpServer server_;
};

class SessionTest : public ::testing::Test {
 protected:
  wire::asio::io_context io_;
  Installer installer_{io_};
  support::TempRoot state_;
  IdentityStore store_{state_.path().string()};
  Config config_{"unused"};
  SystemClock clock_;
  ReportFeed feed_{"boot-id", "epoch", "0.1.0"};
  Pulse pulse_;
  std::unique_ptr<Session> session_;

  void TearDown() override { io_.stop(); }

  void report(const std::string& reason) {
    std::vector<v1::ReportItem> items(2);
    items[0].set_key("condition/A");
    items[0].mutable_condition()->set_reason(reason);
    items[1].set_key("condition/B");
    items[1].mutable_condition()->set_reason("same");
    feed_.update(*make_report(std::move(items)));
    if (session_) session_->wake();
  }

  void save_identity(std::chrono::hours age, std::chrono::hours life) {
    const auto key = pki::make_key();
    const auto certificate =
        pki::issue(installer_.authority(), *pki::make_request(*key),
                   pki::node_holder("uid-1", "node-1"), clock_.now().wall - age, life);
    const auto identity =
        make_identity(installer_.address(), *key, *certificate, installer_.authority().certificate);
    ASSERT_TRUE(identity.has_value()) << identity.error().message;
    ASSERT_TRUE(store_.save(*identity).has_value());
  }

  void start(v1::NodeSpec spec = with_defaults({})) {
    config_.adopt(std::move(spec), clock_.now().wall);
    report("first");
    session_ = std::make_unique<Session>(io_, store_, config_, clock_, feed_, pulse_, [] {});
    session_->load_identity();
    wire::asio::co_spawn(io_, session_->run(), wire::rethrow);
  }

  template <typename Predicate>
  void run_until(const char* what, Predicate predicate) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!predicate() && std::chrono::steady_clock::now() < deadline) io_.run_one_for(100ms);
    ASSERT_TRUE(predicate()) << what << "; " << session_->status().ShortDebugString();
  }

  bool told() const { return installer_.held.digest() == feed_.current().digest(); }

  v1::InstallerFrame end_of_session() { return {}; }
};

TEST_F(SessionTest, TellsAllThenWhatChanged) {
  save_identity(0h, 20h);
  start();
  run_until("the first report", [&] { return told() && feed_.acked_seq() == 1; });
  EXPECT_EQ(session_->status().state(), v1::SESSION_STATE_CONNECTED);
  report("second");
  run_until("the change", [&] { return told(); });
  EXPECT_EQ(installer_.deltas_from_nothing, 1);
  EXPECT_EQ(installer_.deltas, 2);
}

TEST_F(SessionTest, BeginsAgainWhereItLeftOff) {
  save_identity(0h, 20h);
  start();
  run_until("the first report", [&] { return told(); });
  installer_.instead.push_back(end_of_session());
  report("lost on the way");
  run_until("a second session", [&] { return installer_.sessions == 2 && told(); });
  EXPECT_EQ(installer_.deltas_from_nothing, 1);
}

TEST_F(SessionTest, SendsAllWhenAsked) {
  save_identity(0h, 20h);
  v1::InstallerFrame need_full;
  need_full.mutable_need_full()->set_reason("forgot");
  installer_.instead.push_back(need_full);
  start();
  run_until("the report", [&] { return told(); });
  EXPECT_EQ(session_->counters().full_reports_asked, 1U);
  EXPECT_EQ(installer_.sessions, 1);
}

TEST_F(SessionTest, EndsWithAnInstallerThatLies) {
  save_identity(0h, 20h);
  v1::InstallerFrame forged;
  forged.mutable_ack()->set_seq(9);
  forged.mutable_ack()->set_digest(std::string(32, 'x'));
  installer_.instead.push_back(forged);
  start();
  run_until("the end", [&] { return session_->status().state() == v1::SESSION_STATE_WAITING; });
  EXPECT_NE(session_->status().error().find("never sent"), std::string::npos);
  EXPECT_FALSE(session_->refused());
  run_until("another try", [&] { return told(); });
}

TEST_F(SessionTest, PassesOnWhyTheInstallerEndedIt) {
  save_identity(0h, 20h);
  v1::InstallerFrame goodbye;
  goodbye.mutable_goodbye()->set_reason("moving\nhouse");
  installer_.instead.push_back(goodbye);
  start();
  run_until("the end", [&] { return session_->status().state() == v1::SESSION_STATE_WAITING; });
  EXPECT_NE(session_->status().error().find("moving\\x0ahouse"), std::string::npos);
  run_until("another session",
            [&] { return session_->status().state() == v1::SESSION_STATE_CONNECTED; });
  EXPECT_EQ(session_->status().error(), "");
  EXPECT_NE(session_->status().disconnect_reason().find("moving\\x0ahouse"), std::string::npos);
  EXPECT_TRUE(session_->status().has_disconnect_time());
}

TEST_F(SessionTest, SaysGoodbyeWhenItStops) {
  save_identity(0h, 20h);
  start();
  run_until("a session", [&] { return told(); });
  bool left = false;
  wire::asio::co_spawn(io_, session_->leave(), [&](const std::exception_ptr&) { left = true; });
  run_until("the end", [&] { return left && !installer_.goodbye.empty(); });
  EXPECT_EQ(installer_.goodbye, "joist-agent stops");
}

TEST_F(SessionTest, RenewsACertificatePastItsHalf) {
  save_identity(18h, 20h);
  const auto before = store_.load();
  start();
  run_until("a new certificate", [&] { return session_->counters().renewals == 1; });
  run_until("a session with it", [&] { return installer_.sessions == 2 && told(); });
  EXPECT_EQ(installer_.goodbye, "this host's certificate was renewed");
  const auto after = store_.load();
  ASSERT_TRUE(after.has_value() && after->has_value());
  EXPECT_GT((*after)->not_after, (*before)->not_after);
  EXPECT_EQ((*after)->node_uid, "uid-1");
}

Task<void> join_into(Session& session, std::string endpoint, std::string token, bool anew,
                     std::optional<Result<v1::JoinResponse>>& result) {
  v1::JoinRequest request;
  request.set_anew(anew);
  request.set_endpoint(std::move(endpoint));
  request.set_token(std::move(token));
  v1::Host host;
  host.set_name("node-1");
  result = co_await session.join(std::move(request), std::move(host));
}

class JoinTest : public SessionTest {
 protected:
  std::optional<Result<v1::JoinResponse>> joined_;

  void join(const std::string& pin, bool anew = false) {
    if (!session_) start();
    joined_.reset();
    const auto token = pki::make_join_token(pin);
    wire::asio::co_spawn(io_,
                         join_into(*session_, installer_.address(),
                                   pki::join_token_text(*token).reveal(), anew, joined_),
                         wire::rethrow);
    run_until("an answer", [&] { return joined_.has_value(); });
  }
};

TEST_F(JoinTest, LeadsToASession) {
  join(pki::parse_certificate(installer_.authority().certificate)->spki_sha256);
  ASSERT_TRUE(joined_->has_value()) << joined_->error().message;
  EXPECT_EQ((*joined_)->node_uid(), "uid-1");
  run_until("a session", [&] { return told(); });
  const auto kept = store_.load();
  ASSERT_TRUE(kept.has_value() && kept->has_value());
  EXPECT_EQ((*kept)->endpoint, installer_.address());
  EXPECT_EQ(session_->status().node_name(), "node-1");
  EXPECT_TRUE(session_->status().has_join_time());
}

TEST_F(JoinTest, OfAHostThatHasJoinedIsRefusedUnlessAsked) {
  const auto pin = pki::parse_certificate(installer_.authority().certificate)->spki_sha256;
  join(pin);
  ASSERT_TRUE(joined_->has_value()) << joined_->error().message;
  run_until("a session", [&] { return told(); });
  installer_.secret_seen.clear();

  join(pin);
  ASSERT_FALSE(joined_->has_value());
  EXPECT_EQ(joined_->error().code, ErrorCode::Refused);
  for (const std::string& part : {installer_.address() + " already, as node-1 (uid-1) since 20",
                                  std::string("joistctl join --anew")}) {
    EXPECT_NE(joined_->error().message.find(part), std::string::npos) << joined_->error().message;
  }
  EXPECT_EQ(installer_.secret_seen, "");  // the token is still good

  join(pin, true);
  ASSERT_TRUE(joined_->has_value()) << joined_->error().message;
  run_until("a session anew", [&] { return installer_.sessions == 2 && told(); });
  EXPECT_EQ(installer_.goodbye, "this host joined anew");
}

TEST_F(JoinTest, NeverShowsTheTokenToAnotherInstaller) {
  join(std::string(32, 'p'));
  ASSERT_FALSE(joined_->has_value());
  EXPECT_EQ(joined_->error().code, ErrorCode::Unauthenticated) << joined_->error().message;
  EXPECT_EQ(installer_.secret_seen, "");
  EXPECT_FALSE(store_.load()->has_value());
  EXPECT_EQ(session_->status().state(), v1::SESSION_STATE_NOT_JOINED);
}

TEST_F(SessionTest, StartsWithADamagedIdentityAndSaysSo) {
  save_identity(0h, 20h);
  std::filesystem::resize_file(state_.path() / "identity/node.pem", 300);
  start();
  // At once: what is judged before the session runs must not say that it never joined.
  EXPECT_EQ(session_->status().state(), v1::SESSION_STATE_NOT_JOINED);
  EXPECT_NE(session_->status().error().find("join again"), std::string::npos);
}

TEST_F(SessionTest, TakesAnIdentityThatWasMendedOnReload) {
  save_identity(0h, 20h);
  const auto file = state_.path() / "identity/node.pem";
  std::filesystem::permissions(file, std::filesystem::perms(0644));
  start();
  io_.run_for(10ms);
  EXPECT_NE(session_->status().error().find("systemctl reload"), std::string::npos);
  std::filesystem::permissions(file, std::filesystem::perms(0600));
  session_->reload_identity();
  EXPECT_EQ(session_->status().state(), v1::SESSION_STATE_NOT_JOINED);  // read elsewhere
  run_until("a session", [&] { return told(); });

  std::filesystem::resize_file(file, 300);
  session_->load_identity();  // the one in use goes on
  EXPECT_EQ(session_->status().state(), v1::SESSION_STATE_CONNECTED);
  save_identity(0h, 20h);
  session_->load_identity();
  run_until("a session as the new one", [&] { return installer_.sessions == 2 && told(); });
}

TEST_F(SessionTest, SaysThatTheInstallerFellSilent) {
  save_identity(0h, 20h);
  installer_.mute = true;
  v1::NodeSpec spec = with_defaults({});
  spec.mutable_installer()->mutable_heartbeat()->set_seconds(1);
  start(spec);
  run_until("the end", [&] { return session_->status().state() == v1::SESSION_STATE_WAITING; });
  EXPECT_NE(session_->status().error().find("said nothing for 8 s"), std::string::npos)
      << session_->status().error();
}

}  // namespace
}  // namespace joist::agent
