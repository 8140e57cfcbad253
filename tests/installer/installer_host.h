// A joist-installer inside the test: real sockets on loopback, real TLS, and a
// wall clock that the test can shift.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "installer/installer.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/enrolment.pb.h"
#include "joist/v1/session.pb.h"
#include "pki/join_token.h"
#include "pki/key.h"
#include "pki/request.h"
#include "tests/support/temp_root.h"
#include "wire/http_client.h"
#include "wire/rpc_client.h"

namespace joist::installer {

class ShiftedClock final : public Clock {
 public:
  Moment now() const override {
    Moment moment = SystemClock().now();
    moment.wall += shift;
    moment.boot += shift;
    return moment;
  }
  std::chrono::nanoseconds shift{0};
};

// A host that joined.
struct Joined {
  std::string uid;
  wire::TlsIdentity identity;
};

class InstallerHost {
 public:
  explicit InstallerHost(Settings settings = defaults()) : settings_(std::move(settings)) {
    start();
  }
  ~InstallerHost() { stop(); }
  InstallerHost(const InstallerHost&) = delete;
  InstallerHost& operator=(const InstallerHost&) = delete;

  static Settings defaults() {
    auto settings = settings_of(v1::ClusterSpec()).value();
    settings.listen = "127.0.0.1:0";
    settings.metrics_listen = "127.0.0.1:0";
    return settings;
  }

  void start() {
    auto started = Installer::start(io, settings_, places(), clock);
    if (!started) throw std::runtime_error(started.error().message);
    installer_ = std::move(*started);
  }

  void stop() {
    if (!installer_) return;
    installer_->stop();
    io.restart();
    io.run_for(std::chrono::seconds(10));
    installer_.reset();
    io.restart();
  }

  // Runs `task`, with the installer beside it, to its end.
  template <typename T>
  T wait(wire::Task<T> task) {
    std::optional<T> got;
    wire::asio::co_spawn(io, std::move(task), [&got](const std::exception_ptr& error, T value) {
      if (error) std::rethrow_exception(error);
      got = std::move(value);
    });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!got && std::chrono::steady_clock::now() < deadline) {
      io.restart();
      io.run_one_for(std::chrono::seconds(1));
    }
    if (!got) throw std::runtime_error("nothing came within 20 s");
    return std::move(*got);
  }

  // Lets the installer work until `done` or 10 s.
  template <typename Done>
  bool until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
    }
    return done();
  }

  template <typename Answer, typename Question>
  Answer fleet(const std::string& method, const Question& question) {
    wire::Request request{.method = "POST", .path = "/joist.v1.Fleet/" + method};
    request.headers.emplace_back("Content-Type", "application/x-protobuf");
    request.body = question.SerializeAsString();
    const auto response = wait(wire::request_unix(socket(), request));
    if (!response) throw std::runtime_error(response.error().message);
    Answer answer;
    EXPECT_EQ(response->status, 200U) << response->body;
    EXPECT_TRUE(answer.ParseFromString(response->body));
    return answer;
  }

  v1::Node node(const std::string& name) {
    v1::GetNodeRequest request;
    request.set_name(name);
    return fleet<v1::GetNodeResponse>("GetNode", request).node();
  }

  pki::JoinToken token() {
    const auto made = fleet<v1::CreateTokenResponse>("CreateToken", v1::CreateTokenRequest());
    return pki::parse_join_token(made.text()).value();
  }

  static v1::EnrollRequest request_for(const pki::JoinToken& token, const std::string& name,
                                       const pki::Secret& key) {
    v1::EnrollRequest request;
    request.set_token_id(token.id);
    request.set_token_secret(token.secret.reveal());
    request.set_certificate_request(pki::make_request(key).value());
    request.mutable_host()->set_name(name);
    return request;
  }

  Result<v1::EnrollResponse> enroll(const pki::JoinToken& token, const std::string& name,
                                    const pki::Secret& key) {
    v1::EnrollResponse answer;
    const auto request = request_for(token, name, key);
    const auto called = wait(wire::call_tls(address(), wire::pinned_context(token.pin).value(),
                                            "joist.v1.Enrolment/Enroll", request, answer));
    if (!called) return tl::unexpected<Error>(called.error());
    return answer;
  }

  Joined join(const std::string& name) {
    const pki::Secret key = pki::make_key().value();
    const auto answer = enroll(token(), name, key);
    if (!answer) throw std::runtime_error(answer.error().message);
    return {answer->node_uid(), {answer->certificate(), key, answer->authority()}};
  }

  Result<std::unique_ptr<wire::FrameSocket>> connect(const wire::TlsIdentity& identity) {
    auto context = wire::session_context(identity, wire::Dates::Ignore);
    if (!context) return tl::unexpected<Error>(context.error());
    return wait(wire::connect_frames(address(), *context, "/session", std::chrono::seconds(10)));
  }

  // Sends a frame; the installer's next one, or nothing if the session ended.
  std::optional<v1::InstallerFrame> say(wire::FrameSocket& socket, const v1::AgentFrame& frame) {
    if (!wait(socket.send(frame.SerializeAsString()))) return std::nullopt;
    return hear(socket);
  }

  std::optional<v1::InstallerFrame> hear(wire::FrameSocket& socket) {
    const auto bytes = wait(socket.receive(std::chrono::seconds(10)));
    v1::InstallerFrame frame;
    if (!bytes || !frame.ParseFromString(*bytes)) return std::nullopt;
    return frame;
  }

  Result<wire::Response> get(wire::TlsContextPtr context, const std::string& path) {
    return wait(wire::request_tls(address(), std::move(context), {.method = "GET", .path = path}));
  }

  std::string address() const { return installer_->address(); }
  std::string socket() const { return (root_.path() / "run" / "installer.sock").string(); }
  Places places() const {
    return {(root_.path() / "state").string(), (root_.path() / "run").string()};
  }
  Installer& installer() { return *installer_; }

  wire::asio::io_context io{1};
  ShiftedClock clock;

 private:
  Settings settings_;
  support::TempRoot root_;
  std::unique_ptr<Installer> installer_;
};

}  // namespace joist::installer
