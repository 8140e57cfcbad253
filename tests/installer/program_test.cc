// Goal: whatever way joist-installer ends, it loses nothing it acknowledged, and
// says why when it cannot start. Method: the program itself, killed and restarted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/report.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/enrolment.pb.h"
#include "joist/v1/session.pb.h"
#include "pki/join_token.h"
#include "pki/request.h"
#include "tests/support/temp_root.h"
#include "wire/http_client.h"
#include "wire/rpc_client.h"

namespace joist::installer {
namespace {

using namespace std::chrono_literals;

class Program {
 public:
  Program() { root_.write("/installer.yaml", kConfig); }
  ~Program() {
    if (pid_ > 0) end(SIGKILL);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  static constexpr const char* kConfig =
      "listen: \"127.0.0.1:0\"\nmetrics_listen: \"127.0.0.1:0\"\n";

  void spawn() {
    const std::string program = std::string(JOIST_BIN_DIR) + "/joist-installer";
    std::vector<std::string> words{program,       "--config",    path("installer.yaml"),
                                   "--state-dir", path("state"), "--run-dir",
                                   path("run")};
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, path("log").c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int error =
        ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ASSERT_EQ(error, 0);
  }

  // Spawned, and answering.
  void start() {
    spawn();
    ASSERT_TRUE(until([&] { return !logged("agents=").empty(); })) << log();
    address_ = logged("agents=");
  }

  // The exit status, or 128 + the signal that ended it.
  int end(int signal) {
    ::kill(pid_, signal);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  void signal(int number) const { ::kill(pid_, number); }

  template <typename Done>
  bool until(Done done) const {
    for (int turn = 0; turn < 1000 && !done(); ++turn) std::this_thread::sleep_for(10ms);
    return done();
  }

  template <typename Answer, typename Question>
  Answer fleet(const std::string& method, const Question& question) const {
    Answer answer;
    const auto called =
        wire::call_unix(path("run/installer.sock"), "joist.v1.Fleet/" + method, question, answer);
    EXPECT_TRUE(called.has_value()) << called.error().message;
    return answer;
  }

  std::string path(const std::string& name) const { return (root_.path() / name).string(); }
  std::string log() const { return root_.sys_root().read("/log").value_or(""); }
  pid_t pid() const { return pid_; }
  const std::string& address() const { return address_; }
  const support::TempRoot& root() const { return root_; }

 private:
  // What follows `key` in the log, up to the next blank.
  std::string logged(const std::string& key) const {
    const std::string text = log();
    const auto at = text.find(key);
    if (at == std::string::npos) return {};
    const auto start = at + key.size();
    return text.substr(start, text.find_first_of(" \n", start) - start);
  }

  support::TempRoot root_;
  pid_t pid_ = 0;
  std::string address_;
};

template <typename T>
T wait_for(wire::Task<T> task) {
  wire::asio::io_context io(1);
  std::optional<T> got;
  wire::asio::co_spawn(io, std::move(task), [&got](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error);
    got = std::move(value);
  });
  io.run_for(30s);
  if (!got) throw std::runtime_error("nothing came within 30 s");
  return std::move(*got);
}

Result<wire::TlsIdentity> enroll(const Program& program, const pki::JoinToken& token,
                                 const std::string& name) {
  const auto key = pki::make_key().value();
  v1::EnrollRequest request;
  request.set_token_id(token.id);
  request.set_token_secret(token.secret.reveal());
  request.set_certificate_request(pki::make_request(key).value());
  request.mutable_host()->set_name(name);
  v1::EnrollResponse answer;
  const auto called =
      wait_for(wire::call_tls(program.address(), wire::pinned_context(token.pin).value(),
                              "joist.v1.Enrolment/Enroll", request, answer));
  if (!called) return tl::unexpected<Error>(called.error());
  return wire::TlsIdentity{answer.certificate(), key, answer.authority()};
}

wire::TlsIdentity join(const Program& program, const std::string& name) {
  const auto made = program.fleet<v1::CreateTokenResponse>("CreateToken", v1::CreateTokenRequest());
  auto joined = enroll(program, pki::parse_join_token(made.text()).value(), name);
  if (!joined) throw std::runtime_error(joined.error().message);
  return std::move(*joined);
}

v1::Report report_of(int number) {
  v1::ReportItem item;
  item.set_key("host");
  item.mutable_host()->set_kernel(std::to_string(number));
  return make_report({item}).value();
}

// What one session came to.
struct Told {
  bool held = false;         // Welcome.holds_acked
  std::string acked;         // digest of the last acknowledged report
  std::uint64_t deltas = 0;  // acknowledged in this session
};

// Reports as fast as it is answered. Right after delta number `kill_at` of the
// session was sent, and before its answer, `kill` is called.
wire::Task<Result<Told>> report(std::string endpoint, wire::TlsContextPtr context, v1::Report from,
                                std::uint64_t first_seq, std::uint64_t kill_at,
                                std::function<void()> kill) {
  std::string path = "/session";
  auto socket = co_await wire::connect_frames(endpoint, std::move(context), std::move(path), 10s);
  if (!socket) co_return tl::unexpected<Error>(socket.error());
  Told told{.acked = from.digest()};
  v1::AgentFrame frame;
  frame.mutable_hello()->set_boot_id("boot");
  frame.mutable_hello()->set_epoch("epoch");
  frame.mutable_hello()->set_acked_digest(from.digest());
  for (std::uint64_t seq = first_seq;; ++seq) {
    std::string bytes = frame.SerializeAsString();
    const auto sent = co_await (*socket)->send(std::move(bytes));
    if (frame.has_delta() && seq - first_seq == kill_at) kill();
    if (!sent) co_return told;
    v1::InstallerFrame answer;
    do {
      const auto got = co_await (*socket)->receive(10s);
      if (!got || !answer.ParseFromString(*got)) co_return told;
    } while (answer.has_pace());
    if (answer.has_goodbye()) co_return told;
    if (answer.has_welcome()) told.held = answer.welcome().holds_acked();
    if (answer.has_ack()) {
      told.acked = answer.ack().digest();
      ++told.deltas;
    }
    const v1::Report next = report_of(static_cast<int>(seq));
    *frame.mutable_delta() = diff(from, next);
    frame.mutable_delta()->set_seq(seq);
    from = next;
  }
}

TEST(Program, ForgetsNothingItAcknowledgedWhenKilled) {
  Program program;
  program.start();
  const auto identity = join(program, "n1");
  const auto context = wire::session_context(identity, wire::Dates::Judge).value();

  v1::Report last;
  std::uint64_t seq = 1;
  for (std::uint64_t round = 1; round <= 8; ++round) {
    SCOPED_TRACE(round);
    const auto told = wait_for(
        report(program.address(), context, last, seq, 3 * round, [&] { program.end(SIGKILL); }));
    ASSERT_TRUE(told.has_value()) << told.error().message;
    EXPECT_EQ(told->held, round > 1);
    EXPECT_GE(told->deltas, 3 * round - 1);
    EXPECT_LE(told->deltas, 3 * round);
    seq += told->deltas;
    last = report_of(static_cast<int>(seq - 1));
    EXPECT_EQ(told->acked, last.digest());

    program.start();
    v1::GetNodeRequest request;
    request.set_name("n1");
    const auto node = program.fleet<v1::GetNodeResponse>("GetNode", request).node();
    if (node.report().digest() == last.digest()) continue;
    // Stored, and killed before its Ack: one further than was acknowledged.
    EXPECT_EQ(node.report().digest(), report_of(static_cast<int>(seq)).digest());
    last = node.report();
    ++seq;
  }
  EXPECT_EQ(program.end(SIGTERM), 0) << program.log();
}

TEST(Program, StopsCleanlyAndTakesItsSocketWithIt) {
  Program program;
  program.start();
  const auto identity = join(program, "n1");
  EXPECT_EQ(program.end(SIGTERM), 0);
  EXPECT_FALSE(program.root().sys_root().exists("/run/installer.sock"));
  EXPECT_NE(program.log().find("stopping"), std::string::npos);
}

TEST(Program, KeepsRunningOnABadReload) {
  Program program;
  program.start();
  program.root().write("/installer.yaml", "silence_max: 5 parsecs\n");
  program.signal(SIGHUP);
  EXPECT_TRUE(program.until([&] {
    return program.log().find("installer.yaml:1:14") != std::string::npos;
  })) << program.log();
  program.fleet<v1::ListNodesResponse>("ListNodes", v1::ListNodesRequest());
  program.root().write("/installer.yaml",
                       std::string(Program::kConfig) + "silence_max: 5s\nname: other\n");
  program.signal(SIGHUP);
  EXPECT_TRUE(program.until([&] {
    return program.log().find("config loaded") != std::string::npos;
  })) << program.log();
  EXPECT_NE(program.log().find("keys=name"), std::string::npos) << program.log();
  EXPECT_EQ(program.end(SIGTERM), 0);
}

// A full disk, as a limit on the size of its files.
TEST(Program, SaysThatItsDiskIsFullAndGoesOnWhenItIsNot) {
  Program program;
  program.start();
  join(program, "n1");
  const auto made = program.fleet<v1::CreateTokenResponse>("CreateToken", v1::CreateTokenRequest());
  const auto token = pki::parse_join_token(made.text()).value();
  const auto health = [&] {
    return wait_for(wire::request_tls(program.address(), wire::pinned_context(token.pin).value(),
                                      {.method = "GET", .path = "/healthz"}));
  };
  EXPECT_EQ(health()->status, 200U);

  rlimit before{};
  const rlimit full{.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
  ASSERT_EQ(::prlimit(program.pid(), RLIMIT_FSIZE, &full, &before), 0);
  const auto refused = enroll(program, token, "n2");
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("the installer cannot write its store"), std::string::npos)
      << refused.error().message;
  const auto ill = health();
  EXPECT_EQ(ill->status, 503U) << ill->body;
  EXPECT_NE(ill->body.find("the store cannot be written: "), std::string::npos) << ill->body;

  ASSERT_EQ(::prlimit(program.pid(), RLIMIT_FSIZE, &before, nullptr), 0);
  EXPECT_TRUE(program.until([&] { return health()->status == 200U; }));
  EXPECT_TRUE(enroll(program, token, "n2").has_value()) << "the token was not used";
  EXPECT_EQ(program.end(SIGTERM), 0) << program.log();
}

TEST(Program, DoesNotStartWithAnAuthorityThatOthersCanRead) {
  Program program;
  program.start();
  ASSERT_EQ(program.end(SIGTERM), 0);
  ASSERT_EQ(::chmod(program.path("state/authority.pem").c_str(), 0644), 0);
  program.spawn();
  EXPECT_EQ(program.wait(), 1);
  EXPECT_NE(program.log().find("chmod 600"), std::string::npos) << program.log();
}

}  // namespace
}  // namespace joist::installer
