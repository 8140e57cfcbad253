// Goal: whatever reaches joist-helper, it answers and lives. Method: the real
// program on a socket; no root, so no disk can be opened.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/helper/helper_program.h"

namespace joist::helper {
namespace {

using std::chrono::milliseconds;

std::string probe_request(const std::string& name) {
  v1::HelperRequest request;
  request.mutable_probe()->set_name(name);
  return request.SerializeAsString();
}

TEST(Program, AnswersForADiskThatIsNotThere) {
  HelperProgram helper(::geteuid());
  helper.start();
  const auto result = helper.client().probe("nosuchdisk", 0);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::NotFound) << result.error().message;
}

TEST(Program, RefusesMalformedAndOversizedAndLives) {
  HelperProgram helper(::geteuid());
  helper.start();
  EXPECT_EQ(helper.exchange("nonsense").problem().code(), "invalid");
  EXPECT_EQ(helper.exchange(probe_request("../../etc/shadow")).problem().code(), "invalid");
  const auto oversized = helper.exchange(std::string(kDatagramBytesMax + 1, 'A'));
  EXPECT_EQ(oversized.problem().code(), "invalid");
  EXPECT_NE(oversized.problem().message().find("65536"), std::string::npos);
  EXPECT_EQ(helper.exchange(probe_request("nosuchdisk")).problem().code(), "not_found");
  EXPECT_TRUE(helper.runs());
  EXPECT_NE(helper.log_text().find("refused a request"), std::string::npos);
}

TEST(Program, LivesThroughNoise) {
  HelperProgram helper(::geteuid());
  helper.start();
  std::mt19937 random(20240602);
  for (int round = 0; round < 2000; ++round) {
    std::string datagram = probe_request("nosuchdisk");
    if (round % 2 == 0) datagram.resize(1 + random() % 300);
    for (int change = 0; change < 4; ++change) {
      datagram[random() % datagram.size()] = static_cast<char>(random());
    }
    ASSERT_NE(helper.exchange(datagram).problem().code(), "gone");
  }
  EXPECT_TRUE(helper.runs());
  // Whoever sends noise does not get to fill the journal.
  EXPECT_LT(helper.log_text().size(), std::size_t{16} << 10);
}

TEST(Program, ServesManyClientsThatStayConnected) {
  HelperProgram helper(::geteuid());
  helper.start();
  std::vector<UniqueFd> silent;
  for (int count = 0; count < 15; ++count) {
    auto connection = connect_seqpacket(helper.socket_path(), milliseconds(2000));
    ASSERT_TRUE(connection.has_value()) << connection.error().message;
    silent.push_back(std::move(*connection));
  }
  EXPECT_EQ(helper.client().probe("nosuchdisk", 0).error().code, ErrorCode::NotFound);
}

// Those that have every place and ask for nothing lose theirs, the oldest first.
TEST(Program, GivesThePlaceOfAQuietClientToOneThatComes) {
  HelperProgram helper(::geteuid(), {"--quiet-seconds", "1"});
  helper.start();
  std::vector<UniqueFd> silent;
  for (int count = 0; count < 16; ++count) {
    auto connection = connect_seqpacket(helper.socket_path(), milliseconds(2000));
    ASSERT_TRUE(connection.has_value()) << connection.error().message;
    silent.push_back(std::move(*connection));
  }
  const auto cut_off = [](const UniqueFd& fd) {
    pollfd hung_up{.fd = fd.get(), .events = 0, .revents = 0};
    return ::poll(&hung_up, 1, 0) == 1;
  };
  EXPECT_EQ(helper.client(milliseconds(9000)).probe("nosuchdisk", 0).error().code,
            ErrorCode::NotFound);
  EXPECT_TRUE(cut_off(silent.front()));
  EXPECT_EQ(std::ranges::count_if(silent, cut_off), 1);
}

TEST(Program, EndsWhenIdleAndNotBefore) {
  HelperProgram helper(::geteuid(), {"--idle-seconds", "1"});
  helper.start();
  {
    const auto connection = connect_seqpacket(helper.socket_path(), milliseconds(2000));
    ASSERT_TRUE(connection.has_value());
    pollfd hung_up{.fd = connection->get(), .events = 0, .revents = 0};
    EXPECT_EQ(::poll(&hung_up, 1, 1500), 0);  // longer than it may be idle
    EXPECT_TRUE(helper.runs());
  }
  EXPECT_EQ(helper.wait(), 0);
}

TEST(Program, EndsWhenToldTo) {
  HelperProgram helper(::geteuid());
  helper.start();
  EXPECT_EQ(helper.client().probe("nosuchdisk", 0).error().code, ErrorCode::NotFound);
  helper.signal(SIGTERM);
  EXPECT_EQ(helper.wait(), 0);
}

TEST(Program, OneThatDiesBeforeItTookACallCostsNone) {
  HelperProgram helper(::geteuid());
  helper.start();
  EXPECT_EQ(helper.client().probe("nosuchdisk", 0).error().code, ErrorCode::NotFound);
  helper.stop();
  Result<disk::ProbeResult> during = fail(ErrorCode::Io, "not asked");
  std::thread asking([&] { during = helper.client().probe("nosuchdisk", 0); });
  const bool called = helper.is_called();  // and it will never get to it
  helper.signal(SIGKILL);
  helper.wait();
  helper.start();  // systemd would: the call waits in the socket
  asking.join();
  ASSERT_TRUE(called);
  EXPECT_EQ(during.error().code, ErrorCode::NotFound) << during.error().message;
}

TEST(Program, OneThatDiesWithACallCostsThatCall) {
  HelperProgram helper(::geteuid());
  helper.start();
  const auto connection = connect_seqpacket(helper.socket_path(), milliseconds(2000));
  ASSERT_TRUE(connection.has_value());
  const auto ask = [&] {
    return send_datagram(connection->get(), probe_request("nosuchdisk"), milliseconds(2000));
  };
  ASSERT_TRUE(ask().has_value());
  ASSERT_TRUE(receive_datagram(connection->get(), milliseconds(10'000)).has_value());
  helper.stop();
  ASSERT_TRUE(ask().has_value());
  helper.signal(SIGKILL);
  helper.wait();
  const auto answer = receive_datagram(connection->get(), milliseconds(10'000));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, ErrorCode::Unavailable);
  EXPECT_NE(answer.error().message.find("closed"), std::string::npos) << answer.error().message;
  helper.start();
  EXPECT_EQ(helper.client().probe("nosuchdisk", 0).error().code, ErrorCode::NotFound);
}

TEST(Client, SaysThatNoHelperIsThere) {
  const auto result = agent::HelperClient("/nonexistent/helper.sock").probe("sda", 0);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Unavailable);
  EXPECT_NE(result.error().message.find("/nonexistent/helper.sock"), std::string::npos);
}

TEST(Client, GivesUpOnAHelperThatHangs) {
  HelperProgram helper(::geteuid());  // not started: connections wait in the socket
  const auto result = helper.client(milliseconds(100)).probe("sda", 0);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::Unavailable) << result.error().message;
}

// What joist-helper says when it is not started rightly.
struct Wrong {
  std::string arguments;
  std::string message;
};

TEST(Options, AreCheckedWithAMessage) {
  for (const Wrong& wrong :
       {Wrong{"--idle-seconds -1", "--idle-seconds: expected a whole number from 0 to 86400"},
        Wrong{"--deadline-seconds 0", "--deadline-seconds: expected"},
        Wrong{"sda", "\"sda\" is not an option"},
        Wrong{"--agent-user nosuchuser --listen /nonexistent/s", "no user \"nosuchuser\""},
        Wrong{"--agent-user 0 --listen /nonexistent/s", "listen at /nonexistent/s: No such file"},
        Wrong{"--agent-user 0", "no socket from systemd"}}) {
    SCOPED_TRACE(wrong.arguments);
    FILE* output =
        ::popen((JOIST_BIN_DIR "/joist-helper " + wrong.arguments + " 2>&1").c_str(), "r");
    ASSERT_NE(output, nullptr);
    std::string text(4096, '\0');
    text.resize(::fread(text.data(), 1, text.size(), output));
    EXPECT_NE(::pclose(output), 0);
    EXPECT_NE(text.find(wrong.message), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace joist::helper
