// Goal: strangers get a proper status and cost nothing, and people get HTTP.
// Method: the real server on loopback, against exact bytes.
#include "wire/http_server.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <future>
#include <stdexcept>
#include <thread>

#include <boost/asio/post.hpp>

#include "tests/wire/raw_client.h"

namespace joist::wire {
namespace {

using namespace std::chrono_literals;

Task<Response> echo(const Request& request, const Peer& peer) {
  if (request.path == "/throws") throw std::runtime_error("on purpose");
  Response response = text_response(200, request.method + " " + request.path + "?" + request.query +
                                             " " + std::string(request.header("X-Test")) + " " +
                                             request.body + " " + peer.address);
  if (peer.uid) response.body += std::to_string(*peer.uid) + "\n";
  co_return response;
}

class HttpServerTest : public ::testing::Test {
 protected:
  void start(HttpLimits limits = {}) {
    server_ = std::make_unique<HttpServer>(io_, limits, echo);
    ASSERT_TRUE(server_->listen("127.0.0.1:0"));
    run();
  }
  void run() {
    thread_ = std::thread([this] { io_.run(); });
  }
  void TearDown() override {
    asio::post(io_, [this] { server_->close(); });
    if (thread_.joinable()) thread_.join();
  }
  unsigned short port() const {
    return static_cast<unsigned short>(std::stoi(split_host_port(server_->address())->port));
  }
  // Read on the server's thread.
  HttpCounters counters() {
    std::promise<HttpCounters> answer;
    asio::post(io_, [&] { answer.set_value(server_->counters()); });
    return answer.get_future().get();
  }

  asio::io_context io_{1};
  std::unique_ptr<HttpServer> server_;
  std::thread thread_;
};

TEST_F(HttpServerTest, AnswersAndKeepsTheConnection) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("GET /a/b?c=d HTTP/1.1\r\nHost: x\r\nx-test: seen\r\n\r\n"));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: text/plain; charset=utf-8\r\n"), std::string::npos) << head;
  EXPECT_TRUE(client.read_until("\n").starts_with("GET /a/b?c=d seen  127.0.0.1:"));

  ASSERT_TRUE(
      client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
                  "Connection: close\r\n\r\nbody"));
  EXPECT_NE(client.read_all().find("POST /?  body 127.0.0.1:"), std::string::npos);
}

TEST_F(HttpServerTest, AnswersHeadWithTheLengthAndNoBody) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  const std::string answer = client.read_all();
  EXPECT_NE(answer.find("Content-Length: "), std::string::npos) << answer;
  EXPECT_EQ(answer.find("Content-Length: 0"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(HttpServerTest, TellsASlowRequestThatItIsSlow) {
  start({.request_timeout = 1s});
  RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: "));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 "));

  RawClient silent(port());
  EXPECT_TRUE(silent.read_all().starts_with("HTTP/1.1 408 "));
  EXPECT_EQ(counters().bad_requests, 2U);
}

TEST_F(HttpServerTest, RefusesAnOversizedHeader) {
  start();
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nX-Big: " + std::string(1 << 20, 'a'));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, RefusesAnOversizedBodyBeforeReadingIt) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n"));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  start();
  RawClient client(port());
  ASSERT_TRUE(client.send(std::string("\x16\x03\x01\x00\xa5\x01\r\n\r\n", 10)));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, WantsToKnowOneHost) {
  start();
  const auto status = [&](const std::string& request) {
    RawClient client(port());
    client.send(request);
    return client.read_all().substr(0, 12);
  };
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(status("GET / HTTP/1.0\r\n\r\n"), "HTTP/1.1 200");
  EXPECT_EQ(counters().bad_requests, 3U);
}

TEST_F(HttpServerTest, TakesAWholeUrlForItsPath) {
  start();
  const auto answer = [&](const std::string& target) {
    RawClient client(port());
    client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string all = client.read_all();
    const auto body = all.find("\r\n\r\n") + 4;
    return all.substr(body, all.find(' ', body + 4) - body);
  };
  EXPECT_EQ(answer("http://host:1/a?b=c"), "GET /a?b=c");
  EXPECT_EQ(answer("HTTPS://host"), "GET /?");
  EXPECT_EQ(answer("http://host?b=c"), "GET /?b=c");
  EXPECT_EQ(answer("/a?b=http://c/d"), "GET /a?b=http://c/d");
  EXPECT_EQ(answer("/http://a"), "GET /http://a?");
}

TEST_F(HttpServerTest, SaysWhatIsAllowedWhereOneCanOnlyRead) {
  start({.body_bytes_max = 0, .read_only = true});
  for (const std::string body : {"Content-Length: 4\r\n\r\nbody", "Content-Length: 0\r\n\r\n",
                                 "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"}) {
    RawClient client(port());
    ASSERT_TRUE(client.send("POST /metrics HTTP/1.1\r\nHost: x\r\n" + body));
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 405 ")) << answer;
    EXPECT_NE(answer.find("Allow: GET, HEAD\r\n"), std::string::npos) << answer;
  }
  RawClient client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"));
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 413 "));
}

// Where it cannot go, it stays, and answers.
TEST_F(HttpServerTest, MovesWithoutAMomentOfSilence) {
  HttpServer other(io_, {}, echo);
  ASSERT_TRUE(other.listen("127.0.0.1:0"));
  start();
  const auto answers = [](unsigned short at) {
    RawClient client(at);
    client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.read_all().starts_with("HTTP/1.1 200 ");
  };
  const auto move = [&](const std::string& address) {
    std::promise<Result<void>> moved;
    asio::post(io_, [&] { moved.set_value(server_->move_to(address)); });
    return moved.get_future().get();
  };
  const std::string number = std::to_string(port());
  EXPECT_FALSE(move(other.address()));
  EXPECT_FALSE(move("192.0.2.1:" + number));
  EXPECT_TRUE(answers(port()));

  // Each overlaps with the one before.
  for (const std::string& address : {"*:" + number, "127.0.0.1:" + number, "*:" + number}) {
    const auto moved = move(address);
    ASSERT_TRUE(moved) << moved.error().message;
    EXPECT_TRUE(answers(static_cast<unsigned short>(std::stoi(number)))) << address;
  }
  HttpServer late(io_, {}, echo);
  EXPECT_FALSE(late.listen("127.0.0.1:" + number)) << "nobody else may share the port";
  std::promise<void> closed;
  asio::post(io_, [&] {
    other.close();
    closed.set_value();
  });
  closed.get_future().wait();  // it ends with this test
}

TEST_F(HttpServerTest, TurnsAwayMoreConnectionsThanItMayHold) {
  start({.connections_max = 2});
  RawClient first(port());
  RawClient second(port());
  ASSERT_TRUE(first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  first.read_until("\n\r\n");
  ASSERT_TRUE(second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  second.read_until("\r\n\r\n");

  RawClient third(port());
  third.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(third.read_all().starts_with("HTTP/1.1 503 "));
  EXPECT_EQ(counters().rejected, 1U);

  first.end_sending();
  first.read_all();
  RawClient fourth(port());
  fourth.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(fourth.read_all().starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, LetsNoAddressTakeAllPlaces) {
  start({.connections_max = 8, .connections_per_peer_max = 1});
  RawClient first(port());
  ASSERT_TRUE(first.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  first.read_until("\r\n\r\n");
  RawClient second(port());
  second.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 503 "));

  first.end_sending();
  first.read_all();
  RawClient third(port());
  third.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(third.read_all().starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, LosesOneRequestToAnExceptionAndNoMore) {
  start();
  RawClient client(port());
  client.send("GET /throws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 500 "));
  RawClient next(port());
  next.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(next.read_all().starts_with("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, KnowsWhoCallsOnAUnixSocket) {
  const std::string path = ::testing::TempDir() + "joist-http-" + std::to_string(::getpid());
  server_ = std::make_unique<HttpServer>(io_, HttpLimits{}, echo);
  ASSERT_TRUE(server_->listen_unix(path, 0660));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0660U);
  run();
  RawClient client(path);
  client.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("unix\n" + std::to_string(::getuid()) + "\n"));

  HttpServer second(io_, {}, echo);
  const auto taken = second.listen_unix(path, 0660);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Refused);

  std::promise<void> closed;
  asio::post(io_, [&] {
    server_->close();
    closed.set_value();
  });
  closed.get_future().wait();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(HttpServerListen, SaysWhoseThePortIs) {
  asio::io_context io(1);
  HttpServer first(io, {}, echo);
  ASSERT_TRUE(first.listen("127.0.0.1:0"));
  HttpServer second(io, {}, echo);
  const auto taken = second.listen(first.address());
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("ss -ltnp"), std::string::npos) << taken.error().message;
  EXPECT_EQ(second.listen("127.0.0.1").error().code, ErrorCode::Malformed);
  EXPECT_EQ(second.listen("localhost:1").error().code, ErrorCode::Malformed);
}

TEST(SplitHostPort, TakesThreeShapesAndNoOthers) {
  EXPECT_EQ(split_host_port("[::1]:80")->host, "::1");
  EXPECT_EQ(split_host_port("*:80")->host, "");
  EXPECT_EQ(split_host_port("a.example:65535")->port, "65535");
  for (const char* bad : {"", ":", "a", "a:", ":80", "a:b", "a:65536", "::1:80", "a:-1"}) {
    EXPECT_FALSE(split_host_port(bad)) << bad;
  }
}

}  // namespace
}  // namespace joist::wire
