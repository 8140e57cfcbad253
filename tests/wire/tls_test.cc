// Goal: an agent talks to its installer and to nobody else.
// Method: real handshakes on loopback between every good and bad pair.
#include "wire/tls.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "pki/authority.h"
#include "pki/certificate.h"
#include "pki/request.h"
#include "tests/wire/raw_client.h"
#include "wire/http_client.h"
#include "wire/http_server.h"

namespace joist::wire {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = std::chrono::system_clock::now();

pki::Authority authority(WallTime now = kNow) { return *pki::make_authority("test", now, 24h); }

std::string pin_of(const pki::Authority& of) {
  return pki::parse_certificate(of.certificate)->spki_sha256;
}

TlsIdentity identity(const pki::Authority& by, const pki::Holder& holder, WallTime now = kNow) {
  const auto key = pki::make_key();
  const auto request = pki::make_request(*key);
  return {*pki::issue(by, *request, holder, now, 1h), *key, by.certificate};
}

Task<Response> who(const Request&, const Peer& peer) {
  const auto shown = pki::parse_certificate(peer.certificate);
  co_return text_response(200, shown ? *pki::node_uid(*shown) : "nobody");
}

// One request to a server with `server`, from a client with `client`.
Result<Response> ask(const TlsIdentity& server, TlsContextPtr client) {
  asio::io_context io(1);
  HttpServer http(io, {}, who);
  if (auto listening = http.listen_tls("127.0.0.1:0", *server_context(server)); !listening) {
    return tl::unexpected<Error>(listening.error());
  }
  std::optional<Result<Response>> answer;
  asio::co_spawn(io, request_tls(http.address(), std::move(client), {.method = "GET", .path = "/"}),
                 [&](const std::exception_ptr& error, Result<Response> got) {
                   if (error) std::rethrow_exception(error);
                   answer = std::move(got);
                   http.close();
                 });
  io.run_for(10s);
  if (!answer) return fail(ErrorCode::Io, "no answer within 10 s");
  return *answer;
}

const pki::Holder kInstaller = pki::installer_holder("test", {"localhost"});
const pki::Holder kNode = pki::node_holder("u-1", "host1");

TEST(PinnedContext, TrustsTheAuthorityOfThePinWhateverTheClock) {
  const auto ca = authority(kNow - 48h);  // expired a day ago
  const auto answer = ask(identity(ca, kInstaller, kNow - 48h), *pinned_context(pin_of(ca)));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "nobody\n");
}

TEST(PinnedContext, RefusesAnotherAuthority) {
  const auto answer = ask(identity(authority(), kInstaller), *pinned_context(pin_of(authority())));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unauthenticated) << answer.error().message;
}

// An attacker can send the real authority's certificate along: it is public.
TEST(PinnedContext, RefusesALeafThatThePinnedAuthorityDidNotSign) {
  const auto real = authority();
  TlsIdentity forged = identity(authority(), kInstaller);
  forged.authority = real.certificate;
  const auto answer = ask(forged, *pinned_context(pin_of(real)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unauthenticated) << answer.error().message;
}

// Every node holds a certificate of the same authority.
TEST(PinnedContext, RefusesANodeThatPlaysInstaller) {
  const auto ca = authority();
  const auto answer = ask(identity(ca, kNode), *pinned_context(pin_of(ca)));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unauthenticated) << answer.error().message;
}

TEST(SessionContext, ShowsTheNodeToTheInstaller) {
  const auto ca = authority();
  const auto answer =
      ask(identity(ca, kInstaller), *session_context(identity(ca, kNode), Dates::Judge));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "u-1\n");
}

TEST(SessionContext, RefusesANodeThatPlaysInstaller) {
  const auto ca = authority();
  const auto answer = ask(identity(ca, kNode), *session_context(identity(ca, kNode), Dates::Judge));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::Unauthenticated) << answer.error().message;
}

TEST(SessionContext, JudgesDatesOnlyWithAClockThatCan) {
  const auto ca = *pki::make_authority("test", kNow - 48h, 24h * 30);
  const auto expired = identity(ca, kInstaller, kNow - 48h);
  const auto judged = ask(expired, *session_context(identity(ca, kNode), Dates::Judge));
  ASSERT_FALSE(judged);
  EXPECT_NE(judged.error().message.find("expired"), std::string::npos) << judged.error().message;
  const auto ignored = ask(expired, *session_context(identity(ca, kNode), Dates::Ignore));
  EXPECT_TRUE(ignored) << ignored.error().message;
}

TEST(ServerContext, RefusesANodeOfAnotherInstallerOrWithAnExpiredCertificate) {
  const auto ca = authority();
  TlsIdentity stranger = identity(authority(), kNode);
  stranger.authority = ca.certificate;  // so that it accepts the server
  EXPECT_FALSE(ask(identity(ca, kInstaller), *session_context(stranger, Dates::Judge)));

  const auto long_lived = *pki::make_authority("test", kNow - 48h, 24h * 30);
  const auto expired = identity(long_lived, kNode, kNow - 48h);
  EXPECT_FALSE(ask(identity(long_lived, kInstaller), *session_context(expired, Dates::Judge)));
}

TEST(PinnedContext, SaysThatTheOtherSideSpeaksNoTls) {
  asio::io_context io(1);
  HttpServer http(io, {}, who);
  ASSERT_TRUE(http.listen("127.0.0.1:0"));
  std::optional<Result<Response>> answer;
  asio::co_spawn(io,
                 request_tls(http.address(), *pinned_context(pin_of(authority())),
                             {.method = "GET", .path = "/"}),
                 [&](std::exception_ptr, Result<Response> got) {
                   answer = std::move(got);
                   http.close();
                 });
  io.run_for(10s);
  ASSERT_TRUE(answer && !*answer);
  EXPECT_NE(answer->error().message.find("does not speak TLS"), std::string::npos)
      << answer->error().message;
}

// Strangers fill their places, and no others: who shows a certificate still gets in.
TEST(HttpServerTls, KeepsPlacesForThoseWithACertificate) {
  const auto ca = authority();
  asio::io_context io(1);
  HttpServer http(io,
                  {.connections_max = 8,
                   .connections_per_peer_max = 3,
                   .connections_per_certificate_max = 2,
                   .strangers_max = 1,
                   .idle_timeout = 5s},
                  who);
  ASSERT_TRUE(http.listen_tls("127.0.0.1:0", *server_context(identity(ca, kInstaller))));
  http.on_frames(
      "/session", [](const Peer&) -> Task<std::optional<Response>> { co_return std::nullopt; },
      [](FrameSocket& socket, const Peer&) -> Task<void> {
        const auto ended = co_await socket.receive(10s);
        static_cast<void>(ended);
      });
  const auto stranger = *pinned_context(pin_of(ca));
  const auto node = *session_context(identity(ca, kNode), Dates::Judge);
  const std::string address = http.address();
  const auto connect = [&](TlsContextPtr context) {
    return connect_frames(address, std::move(context), "/session", 5s);
  };
  std::vector<bool> let_in;
  std::string said;
  const auto client = [&]() -> Task<void> {
    std::vector<std::unique_ptr<FrameSocket>> held;
    for (const TlsContextPtr& context : {stranger, stranger, node, node, node}) {
      auto socket = co_await connect(context);
      let_in.push_back(socket.has_value());
      if (!socket) said += socket.error().message + "\n";
      if (socket) held.push_back(std::move(*socket));
    }
    http.close();
  };
  asio::co_spawn(io, client(), rethrow);
  io.run_for(20s);
  EXPECT_EQ(let_in, (std::vector<bool>{true, false, true, true, false})) << said;
  EXPECT_NE(said.find("too many connections"), std::string::npos) << said;
  EXPECT_EQ(http.counters().rejected, 2U);
}

// Somebody who is silent costs no handshake, and who begins some and stops has one of them
// under way: others get in past both.
TEST(HttpServerTls, LetsNobodyHoldUpTheHandshakesOfOthers) {
  const auto ca = authority();
  asio::io_context io(1);
  HttpServer http(io, {.handshakes_max = 2, .handshakes_per_peer_max = 1}, who);
  int begun = 0;
  http.before_handshakes([&] { ++begun; });
  ASSERT_TRUE(http.listen_tls("127.0.0.1:0", *server_context(identity(ca, kInstaller))));
  const std::string address = http.address();
  const auto port = static_cast<unsigned short>(std::stoi(address.substr(address.rfind(':') + 1)));
  const RawClient silent(port, 3);
  RawClient stuck(port, 2);
  RawClient stuck_too(port, 2);
  const std::string half_a_hello("\x16\x03\x01\x02\x00\x01", 6);
  ASSERT_TRUE(silent.connected() && stuck.send(half_a_hello) && stuck_too.send(half_a_hello));
  std::optional<Result<Response>> answer;
  const auto node = *session_context(identity(ca, kNode), Dates::Judge);
  asio::co_spawn(io, request_tls(address, node, {.method = "GET", .path = "/"}),
                 [&](std::exception_ptr, Result<Response> got) {
                   answer = std::move(got);
                   http.close();
                 });
  io.run_for(9s);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->body, "u-1\n");
  EXPECT_EQ(begun, 2);
}

TEST(HttpServerTls, WaitsForAHandshakeNoLongerThanItSays) {
  const auto ca = authority();
  asio::io_context io(1);
  HttpServer http(io, {.handshake_timeout = 1s}, who);
  ASSERT_TRUE(http.listen_tls("127.0.0.1:0", *server_context(identity(ca, kInstaller))));
  const std::string address = http.address();
  const auto port = static_cast<unsigned short>(std::stoi(address.substr(address.rfind(':') + 1)));
  RawClient silent(port);
  RawClient stuck(port);
  ASSERT_TRUE(stuck.send("\x16\x03\x01"));
  std::thread server([&] { io.run_for(9s); });
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(stuck.read_all(), "");
  asio::post(io, [&] { http.close(); });
  server.join();
  EXPECT_EQ(http.counters().tls_failures, 2U);
}

// What an agent and an installer do with frames, and with too large ones.
TEST(FrameSocket, CarriesMessagesBothWaysAndRefusesLargeOnes) {
  const auto ca = authority();
  asio::io_context io(1);
  HttpServer http(io, {}, who);
  std::string server_error;
  http.on_frames(
      "/session",
      [](const Peer& peer) -> Task<std::optional<Response>> {
        if (peer.certificate.empty()) co_return text_response(401, "show a certificate");
        co_return std::nullopt;
      },
      [&](FrameSocket& socket, const Peer&) -> Task<void> {
        for (;;) {
          auto got = co_await socket.receive(5s);
          if (!got) {
            server_error = got.error().message;
            co_return;
          }
          std::string twice = *got + *got;
          const auto sent = co_await socket.send(std::move(twice));
          if (!sent) co_return;
        }
      });
  ASSERT_TRUE(http.listen_tls("127.0.0.1:0", *server_context(identity(ca, kInstaller))));

  const auto node = *session_context(identity(ca, kNode), Dates::Judge);
  const auto nobody = *pinned_context(pin_of(ca));
  bool done = false;
  const std::string address = http.address();
  const auto connect = [&](TlsContextPtr context) {
    return connect_frames(address, std::move(context), "/session", 5s);
  };
  const auto client = [&]() -> Task<void> {
    const auto refused = co_await connect(nobody);
    EXPECT_FALSE(refused);
    if (!refused) {
      EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated);
      EXPECT_NE(refused.error().message.find("show a certificate"), std::string::npos);
    }
    auto socket = co_await connect(node);
    EXPECT_TRUE(socket) << socket.error().message;
    std::string small = "ab";
    const auto sent = co_await (*socket)->send(std::move(small));
    EXPECT_TRUE(sent);
    auto got = co_await (*socket)->receive(5s);
    EXPECT_EQ(*got, "abab");
    got = co_await (*socket)->receive(100ms);
    EXPECT_EQ(got.error().message, "no message for too long");

    socket = co_await connect(node);
    std::string too_large(FrameSocket::kFrameBytesMax + 1, 'x');
    const auto large = co_await (*socket)->send(std::move(too_large));
    static_cast<void>(large);  // the server may cut it off before it is all sent
    got = co_await (*socket)->receive(5s);
    EXPECT_FALSE(got);
    done = true;
    http.close();
  };
  asio::co_spawn(io, client(), rethrow);
  io.run_for(20s);
  EXPECT_TRUE(done);
  EXPECT_EQ(server_error, "a message larger than 1 MiB");
}

TEST(TlsContexts, SayWhatIsWrongWithAnIdentity) {
  EXPECT_EQ(server_context({}).error().code, ErrorCode::Malformed);
  EXPECT_EQ(pinned_context("short").error().code, ErrorCode::Malformed);
  TlsIdentity mixed = identity(authority(), kInstaller);
  mixed.key = *pki::make_key();
  EXPECT_FALSE(server_context(mixed));
}

}  // namespace
}  // namespace joist::wire
