// Goal: joistctl as people and scripts meet it. Method: the built program against
// a real server of the schema's services on a unix socket, through pipes and
// through a pseudo terminal.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/message_text.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"
#include "tests/ctl/joistctl_run.h"
#include "wire/http_server.h"
#include "wire/rpc.h"

namespace joist::ctl {
namespace {

const std::string kToken =
    "joist1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.0123456789ab."
    "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA";

class Program : public Joistctl {
 protected:
  Program()
      : server_(io_, {}, [this](const wire::Request& request, const wire::Peer& peer) {
          return agent_.serves(request.path) ? agent_.handle(request, peer)
                                             : fleet_.handle(request, peer);
        }) {
    socket_ = directory_ / "api.sock";
    serve_agent();
    serve_fleet();
    EXPECT_TRUE(server_.listen_unix(socket_, 0600));
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Program() override {
    boost::asio::post(io_, [this] { server_.close(); });
    thread_.join();
  }

  void serve_agent() {
    agent_.on<v1::GetStatusRequest, v1::Status>(
        "GetStatus",
        [this](const v1::GetStatusRequest&, const wire::Peer&) -> wire::Task<Result<v1::Status>> {
          v1::Status status;
          status.set_node_name("host1");
          status.mutable_ready()->set_status(ready_);
          co_return status;
        });
    agent_.on<v1::ListConditionsRequest, v1::ListConditionsResponse>(
        "ListConditions",
        [this](const v1::ListConditionsRequest&,
               const wire::Peer&) -> wire::Task<Result<v1::ListConditionsResponse>> {
          v1::ListConditionsResponse response;
          auto* condition = response.add_conditions();
          condition->set_type("Ready");
          condition->set_status(ready_);
          co_return response;
        });
    agent_.on<v1::JoinRequest, v1::JoinResponse>(
        "Join",
        [](const v1::JoinRequest& request,
           const wire::Peer&) -> wire::Task<Result<v1::JoinResponse>> {
          if (request.token() != kToken) co_return fail(ErrorCode::Unauthenticated, "refused");
          v1::JoinResponse response;
          response.set_node_uid("0b5e");
          co_return response;
        });
  }

  void serve_fleet() {
    fleet_.on<v1::CreateTokenRequest, v1::CreateTokenResponse>(
        "CreateToken",
        [](const v1::CreateTokenRequest&,
           const wire::Peer&) -> wire::Task<Result<v1::CreateTokenResponse>> {
          v1::CreateTokenResponse response;
          response.set_text(kToken);
          co_return response;
        });
    fleet_.on<v1::GetNodeRequest, v1::GetNodeResponse>(
        "GetNode",
        [](const v1::GetNodeRequest& request,
           const wire::Peer&) -> wire::Task<Result<v1::GetNodeResponse>> {
          co_return fail(ErrorCode::NotFound, "no node " + request.name() + "\x1b[2J");
        });
    fleet_.on<v1::ListNodesRequest, v1::ListNodesResponse>(
        "ListNodes",
        [](const v1::ListNodesRequest& request,
           const wire::Peer&) -> wire::Task<Result<v1::ListNodesResponse>> {
          v1::ListNodesResponse response;
          response.add_nodes()->set_name("host1");
          if (request.retired()) response.add_nodes()->set_name("gone");
          co_return response;
        });
    fleet_.on<v1::RetireNodeRequest, v1::RetireNodeResponse>(
        "RetireNode",
        [this](const v1::RetireNodeRequest& request,
               const wire::Peer&) -> wire::Task<Result<v1::RetireNodeResponse>> {
          ++retired_;
          v1::RetireNodeResponse response;
          response.mutable_node()->set_name(request.name());
          co_return response;
        });
  }

  std::vector<std::string> options() const override {
    return {"--agent-socket", socket_.string(), "--installer-socket", socket_.string()};
  }

  std::filesystem::path socket_;
  v1::ConditionStatus ready_ = v1::CONDITION_STATUS_TRUE;
  int retired_ = 0;
  boost::asio::io_context io_{1};
  wire::RpcService agent_{"joist.v1.Agent"};
  wire::RpcService fleet_{"joist.v1.Fleet"};
  wire::HttpServer server_;
  std::thread thread_;
};

TEST_F(Program, PrintsTablesAndMessages) {
  const Ran table = run({"status"});
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_TRUE(table.out.starts_with("Node       host1\n")) << table.out;
  EXPECT_EQ(table.out.find('\x1b'), std::string::npos);

  const Ran json = run({"status", "-o", "json"});
  v1::Status status;
  ASSERT_TRUE(from_json(json.out, "stdout", status)) << json.out;
  EXPECT_EQ(status.node_name(), "host1");
}

TEST_F(Program, AnswersScriptsByItsExit) {
  EXPECT_EQ(run({"status", "--check"}).exit, 0);
  EXPECT_EQ(run({"conditions", "--check", "Ready"}).exit, 0);
  EXPECT_EQ(run({"conditions", "--check", "Nothing"}).exit, 1);
  EXPECT_EQ(run({"conditions", "Nothing"}).exit, 5);
  ready_ = v1::CONDITION_STATUS_UNKNOWN;
  EXPECT_EQ(run({"status"}).exit, 0);
  const Ran checked = run({"status", "--check"});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_EQ(checked.err, "joistctl: not ready: Ready is Unknown\n");
  EXPECT_EQ(run({"conditions", "--check"}).exit, 1);
  EXPECT_EQ(run({"nonsense"}).exit, 2);
}

TEST_F(Program, SaysWhoIsNotThereAndWhatToDo) {
  const Ran missing = run({"status", "--agent-socket", "/nonexistent/agent.sock"});
  EXPECT_EQ(missing.exit, 3);
  EXPECT_EQ(missing.err,
            "joistctl: no socket at /nonexistent/agent.sock; is joist-agent running? systemctl "
            "status joist-agent\n");
  const std::string stale = directory_ / "stale";
  std::ofstream{stale};
  EXPECT_EQ(run({"nodes", "--installer-socket", stale}).exit, 3);
}

TEST_F(Program, ShowsAnErrorWithoutObeyingIt) {
  const Ran ran = run({"node", "host9"});
  EXPECT_EQ(ran.exit, 5);
  EXPECT_EQ(ran.err, "joistctl: no node host9\\x1b[2J\n");
}

TEST_F(Program, JoinsWithATokenFromStdinOrAFile) {
  const Ran joined = run({"join", "inst:7443"}, kToken + "\n");
  EXPECT_EQ(joined.exit, 0) << joined.err;
  EXPECT_EQ(joined.out, "Joined inst:7443 as node 0b5e; its certificate expires -.\n");
  std::ofstream(directory_ / "token") << "  " << kToken << "\n\n";
  EXPECT_EQ(run({"join", "inst:7443", "--token-file", directory_ / "token"}).exit, 0);

  const Ran bad = run({"join", "inst:7443"}, "nonsense\n");
  EXPECT_EQ(bad.exit, 2);
  EXPECT_EQ(bad.err.find("nonsense"), std::string::npos);
  std::string other = kToken;
  other.back() = 'E';
  EXPECT_EQ(run({"join", "inst:7443"}, other).exit, 4);
  EXPECT_EQ(run({"join", "no port"}, kToken).exit, 2);
}

TEST_F(Program, AsksForATokenWithoutShowingIt) {
  const Ran ran = run_on_terminal({"join", "inst:7443"}, [&](int master, pid_t) {
    await(master, "not shown): ");
    // The prompt comes before the echo is off: wait for that.
    termios state{};
    for (int tries = 0; tries < 500; ++tries) {
      if (::tcgetattr(master, &state) == 0 && (state.c_lflag & ECHO) == 0) break;
      ::usleep(10'000);
    }
    const std::string typed = kToken + "\n";
    EXPECT_EQ(::write(master, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
  });
  EXPECT_EQ(ran.exit, 0) << ran.out;
  EXPECT_EQ(ran.out.find("BBBB"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("Joined inst:7443"), std::string::npos) << ran.out;
}

TEST_F(Program, PutsTheEchoBackWhenThePersonBreaksOff) {
  const Ran ran = run_on_terminal({"join", "inst:7443"}, [&](int master, pid_t pid) {
    await(master, "not shown): ");
    termios state{};
    for (int tries = 0; tries < 500; ++tries) {
      if (::tcgetattr(master, &state) == 0 && (state.c_lflag & ECHO) == 0) break;
      ::usleep(10'000);
    }
    ::kill(pid, SIGINT);
    for (int tries = 0; tries < 500 && (state.c_lflag & ECHO) == 0; ++tries) {
      ::usleep(10'000);
      if (::tcgetattr(master, &state) != 0) break;
    }
    EXPECT_NE(state.c_lflag & ECHO, 0U);
  });
  EXPECT_EQ(ran.exit, 4) << ran.out;
}

TEST_F(Program, PrintsATokenAloneOnStandardOutput) {
  const Ran ran = run({"token", "create", "--ttl", "8h", "--note", "rack 1"});
  EXPECT_EQ(ran.out, kToken + "\n");
  EXPECT_NE(ran.err.find("joistctl join"), std::string::npos);
  EXPECT_EQ(run({"token", "create", "--ttl", "8"}).exit, 2);
  EXPECT_EQ(run({"token", "create", "--ttl", "48h"}).exit, 2);  // the schema's bound
}

TEST_F(Program, RetiresANodeOnlyWhenSomebodySaysYes) {
  EXPECT_EQ(run({"node", "retire", "host1"}).exit, 4);
  EXPECT_EQ(retired_, 0);
  for (const std::string& answer : {std::string("\n"), std::string("no\n")}) {
    const Ran ran = run_on_terminal({"node", "retire", "host1"}, [&](int master, pid_t) {
      await(master, "[y/N] ");
      EXPECT_EQ(::write(master, answer.data(), answer.size()), static_cast<ssize_t>(answer.size()));
    });
    EXPECT_EQ(ran.exit, 1) << ran.out;
  }
  EXPECT_EQ(retired_, 0);
  EXPECT_EQ(run({"node", "retire", "host1", "--yes"}).exit, 0);
  EXPECT_EQ(retired_, 1);
}

TEST_F(Program, SaysWhatItWantsInstead) {
  const std::string pin(43, 'A');
  const Ran whole = run({"token", "revoke", "joist1." + pin + ".0123456789ab." + pin});
  EXPECT_EQ(whole.exit, 2);
  EXPECT_NE(whole.err.find("joistctl token revoke 0123456789ab\n"), std::string::npos) << whole.err;
  EXPECT_EQ(whole.err.find(pin), std::string::npos) << "no secret is repeated";
  for (const std::string ttl : {"soon", "0s", "48h"}) {
    const Ran ran = run({"token", "create", "--ttl", ttl});
    EXPECT_EQ(ran.exit, 2);
    EXPECT_NE(ran.err.find("from 1s to 24h"), std::string::npos) << ran.err;
  }
  std::ofstream(directory_ / "other.yaml") << "sessions_max: 5\n";
  const Ran taken = run({"config", "check", directory_ / "other.yaml"});
  EXPECT_EQ(taken.exit, 1);
  EXPECT_NE(taken.err.find("--kind installer"), std::string::npos) << taken.err;
}

TEST_F(Program, ShowsRetiredNodesWhenAskedTo) {
  EXPECT_EQ(run({"nodes"}).out.find("gone"), std::string::npos);
  EXPECT_NE(run({"nodes", "--all"}).out.find("gone"), std::string::npos);
}

TEST_F(Program, ColoursATerminalUnlessTold) {
  const auto nothing = [](int, pid_t) {};
  seen_.clear();
  EXPECT_NE(run_on_terminal({"status"}, nothing).out.find("\x1b[32mTrue\x1b[0m"),
            std::string::npos);
  EXPECT_EQ(run_on_terminal({"status", "--no-color"}, nothing).out.find('\x1b'), std::string::npos);
}

TEST_F(Program, WatchesUntilCtrlC) {
  const Ran terminal = run_on_terminal({"status", "--watch", "0.2"}, [&](int master, pid_t) {
    await(master, "Every 0.2 s: joistctl status");
    await(master, "Every 0.2 s: joistctl status");
    EXPECT_EQ(::write(master, "\x03", 1), 1);
  });
  EXPECT_EQ(terminal.exit, 0);
  EXPECT_TRUE(terminal.out.ends_with("\x1b[?25h\r\n")) << terminal.out;

  // Without a terminal: one document after the other, and no signs.
  int out[2];
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  const auto line = command({"nodes", "--watch", "0.2", "-o", "yaml"});
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], 1);
    exec(line);
  }
  ::close(out[1]);
  await(out[0], "---\nnodes:\n");
  await(out[0], "---\nnodes:\n");
  ::kill(pid, SIGINT);
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_EQ(seen_.find('\x1b'), std::string::npos);
  ::close(out[0]);
}

TEST_F(Program, ChecksConfigsWithoutAnAgent) {
  const std::string path = directory_ / "agent.yaml";
  std::ofstream(path) << "nname: host1\nmetrics: {connections_max: 0}\n";
  const Ran bad = run({"config", "check", path});
  EXPECT_EQ(bad.exit, 1);
  EXPECT_EQ(bad.err, path + ":1:1: unknown key \"nname\", did you mean name?\n" + path +
                         ":2:28: metrics.connections_max: 0 is out of range, expected 1 to 4096\n");
  std::ofstream(path) << "name: host1\n";
  const Ran good = run({"config", "check", path});
  EXPECT_EQ(good.exit, 0);
  EXPECT_EQ(good.out, path + ": good, as the agent's configuration.\n");
  EXPECT_EQ(run({"config", "check", path, "--kind", "installer"}).exit, 0);  // has a name, too
  EXPECT_EQ(run({"config", "check", "-", "-o", "yaml"}, "silence_max: 1m").exit, 1);
  EXPECT_EQ(run({"config", "check", "-", "--kind", "installer"}, "silence_max: 1m").exit, 0);
  EXPECT_EQ(run({"config", "check", directory_ / "none"}).exit, 5);
}

TEST_F(Program, CompletesInBash) {
  const std::string script = directory_ / "joistctl.bash";
  std::ofstream(script) << run({"completion", "bash"}).out
                        << "\nCOMP_WORDS=(\"$JOISTCTL\" --installer-socket " << socket_.string()
                        << " node h); COMP_CWORD=4; _joistctl; echo \"${COMPREPLY[@]}\"\n";
  ::setenv("JOISTCTL", JOIST_BIN_DIR "/joistctl", 1);
  FILE* pipe = ::popen(("bash " + script).c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char line[256] = {};
  EXPECT_NE(std::fgets(line, sizeof line, pipe), nullptr);
  EXPECT_EQ(::pclose(pipe), 0);
  EXPECT_STREQ(line, "host1\n");
}

TEST_F(Program, SaysWhenItsOutputIsLost) {
  const auto line = command({"status"});
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(::open("/dev/full", O_WRONLY), 1);
    ::dup2(::open("/dev/null", O_WRONLY), 2);
    exec(line);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 6);
}

}  // namespace
}  // namespace joist::ctl
