// Goal: a method sees only requests that keep the schema's rules, and an error
// arrives as what it was. Method: real calls over a unix socket.
#include "wire/rpc.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include "joist/v1/agent.pb.h"
#include "joist/v1/helper.pb.h"
#include "tests/wire/raw_client.h"
#include "wire/http_server.h"
#include "wire/rpc_client.h"

namespace joist::wire {
namespace {

class RpcTest : public ::testing::Test {
 protected:
  RpcTest()
      : server_(io_, {}, [this](const Request& request, const Peer& peer) {
          return service_.handle(request, peer);
        }) {
    service_.on<v1::JoinRequest, v1::JoinResponse>(
        "Join",
        [](const v1::JoinRequest& request, const Peer& peer) -> Task<Result<v1::JoinResponse>> {
          if (request.token() == "refuse")
            co_return fail(ErrorCode::Refused, "not with this token");
          if (peer.uid != ::getuid()) co_return fail(ErrorCode::Unauthenticated, "who are you?");
          v1::JoinResponse response;
          response.set_node_uid("for " + request.endpoint());
          co_return response;
        });
    EXPECT_TRUE(server_.listen_unix(path_, 0600));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~RpcTest() override {
    asio::post(io_, [this] { server_.close(); });
    thread_.join();
  }

  std::string post(const std::string& path, const std::string& type, const std::string& body) {
    RawClient client(path_);
    client.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " +
                type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_all();
  }

  const std::string path_ = ::testing::TempDir() + "joist-rpc-" + std::to_string(::getpid());
  asio::io_context io_{1};
  RpcService service_{"joist.v1.Agent"};
  HttpServer server_;
  std::thread thread_;
};

TEST_F(RpcTest, CarriesAnswersAndErrorsInProtobuf) {
  v1::JoinRequest request;
  request.set_endpoint("installer:7443");
  request.set_token("t");
  v1::JoinResponse response;
  const auto called = call_unix(path_, "joist.v1.Agent/Join", request, response);
  ASSERT_TRUE(called) << called.error().message;
  EXPECT_EQ(response.node_uid(), "for installer:7443");

  request.set_token("refuse");
  const auto refused = call_unix(path_, "joist.v1.Agent/Join", request, response);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Refused);
  EXPECT_EQ(refused.error().message, "not with this token");
}

TEST_F(RpcTest, HoldsARequestToItsRulesBeforeTheMethodSeesIt) {
  v1::JoinRequest request;
  request.set_endpoint("no port");
  request.set_token("t");
  v1::JoinResponse response;
  const auto called = call_unix(path_, "joist.v1.Agent/Join", request, response);
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().code, ErrorCode::Malformed);
  EXPECT_NE(called.error().message.find("endpoint"), std::string::npos) << called.error().message;
}

TEST_F(RpcTest, SpeaksJsonToCurl) {
  const std::string good =
      post("/joist.v1.Agent/Join", "application/json", R"({"endpoint": "a:1", "token": "t"})");
  EXPECT_TRUE(good.starts_with("HTTP/1.1 200 OK\r\n")) << good;
  EXPECT_NE(good.find(R"("for a:1")"), std::string::npos) << good;

  const std::string bad = post("/joist.v1.Agent/Join", "application/json", R"({"endpont": 3})");
  EXPECT_TRUE(bad.starts_with("HTTP/1.1 400 ")) << bad;
  EXPECT_NE(bad.find("endpont"), std::string::npos) << bad;
}

TEST_F(RpcTest, RefusesWhatItDoesNotServe) {
  EXPECT_TRUE(
      post("/joist.v1.Agent/Nothing", "application/json", "{}").starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(post("/joist.v1.Agent/Join", "text/plain", "{}").starts_with("HTTP/1.1 415 "));
  EXPECT_TRUE(post("/joist.v1.Agent/Join", "application/x-protobuf", "\xff\xff\xff")
                  .starts_with("HTTP/1.1 400 "));
  RawClient client(path_);
  client.send("GET /joist.v1.Agent/Join HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string get = client.read_all();
  EXPECT_TRUE(get.starts_with("HTTP/1.1 405 ")) << get;
  EXPECT_NE(get.find("Allow: POST\r\n"), std::string::npos) << get;
}

TEST(RpcClient, SaysThatNobodyIsThere) {
  v1::Status status;
  const auto called = call_unix("/nonexistent/agent.sock", "joist.v1.Agent/GetStatus",
                                v1::GetStatusRequest(), status);
  ASSERT_FALSE(called);
  EXPECT_EQ(called.error().code, ErrorCode::Unavailable);
}

// The server takes the connection, and answers nothing.
TEST(RpcClient, NamesTheSocketThatGivesNoAnswer) {
  const std::string path = ::testing::TempDir() + "joist-mute-" + std::to_string(::getpid());
  asio::io_context io(1);
  const asio::local::stream_protocol::acceptor mute(io, path);
  std::optional<Result<Response>> answer;
  asio::co_spawn(
      io, request_unix(path, {.method = "GET", .path = "/"}, {.timeout = std::chrono::seconds(1)}),
      [&](std::exception_ptr, Result<Response> got) { answer = std::move(got); });
  io.run_for(std::chrono::seconds(10));
  ::unlink(path.c_str());
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().message, "answer of " + path + ": timed out");
}

TEST(RpcServiceDeathTest, DoesNotStartWithAMethodThatTheSchemaLacks) {
  RpcService service("joist.v1.Agent");
  EXPECT_DEATH((service.on<v1::JoinRequest, v1::Status>(
                   "Join",
                   [](const v1::JoinRequest&, const Peer&) -> Task<Result<v1::Status>> {
                     co_return v1::Status();
                   })),
               "no such method");
}

}  // namespace
}  // namespace joist::wire
