// Goal: whatever the program does that asks a disk, an answer comes in time, and the program has
// no more power than it takes. Method: programs of this test in smartctl's place, on a disk of
// this host that none of them touches.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

#include "base/seqpacket.h"
#include "base/sys_root.h"
#include "helper/health_process.h"
#include "tests/support/health_document.h"
#include "tests/support/temp_root.h"

namespace joist::helper {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class Health : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto names = SysRoot().list("/sys/block");
    for (const std::string& name : names.value_or(std::vector<std::string>())) {
      struct stat status {};
      if (::stat(("/dev/" + name).c_str(), &status) == 0) disk_ = name;
    }
    if (disk_.empty()) GTEST_SKIP() << "no disk here";
  }

  // A shell script in smartctl's place.
  HealthProgram program(const std::string& script) const {
    const auto path = directory_.path() / "smartctl";
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    EXPECT_EQ(::chmod(path.c_str(), 0755), 0);
    return {.path = path.string()};
  }

  v1::HelperResponse ask(const HealthProgram& program, steady_clock::duration time = 20s) {
    v1::HealthRequest request;
    request.set_name(disk_);
    v1::HelperResponse response;
    response.mutable_problem()->set_code("none");
    auto process = start_health(request, program, steady_clock::now() + time);
    EXPECT_TRUE(process.has_value());
    if (!process) return response;
    const auto answer = receive_datagram(process->answer.get(), 20s);
    if (answer) {
      EXPECT_TRUE(response.ParseFromString(*answer));
    }
    kill_probe(*process);
    ::waitpid(process->pid, &status_, 0);
    return response;
  }

  std::string message(const std::string& script) {
    return ask(program(script)).problem().message();
  }

  // A pipe in the directory; the program cannot write files.
  UniqueFd make_pipe(const std::string& path) const {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    return UniqueFd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  // What a program writes about itself.
  std::string told(const std::string& script) {
    const std::string path = (directory_.path() / "told").string();
    const UniqueFd pipe = make_pipe(path);
    ask(program("{ " + script + "; } >" + path));
    std::string text(8192, '\0');
    const ssize_t got = ::read(pipe.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

  support::TempRoot directory_;
  std::string disk_;
  int status_ = 0;
};

TEST_F(Health, IsWhatTheProgramSaid) {
  std::ofstream(directory_.path() / "document") << support::health_json("nvme_degraded");
  const auto response = ask(program("cat \"${0%/*}/document\"; exit 8"));
  ASSERT_TRUE(response.has_health()) << response.problem().message();
  EXPECT_EQ(response.health().report().nvme_smart_health_information_log().critical_warning(), 4U);
}

TEST_F(Health, TheCommandLineIsFixedAndTheEnvironmentEmpty) {
  const std::string words = told("echo \"$@\"; cat /proc/$$/environ | tr '\\0' ' '");
  EXPECT_EQ(words, "--json=c --nocheck=standby,3 --xall /dev/" + disk_ +
                       "\nPATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C ");
}

TEST_F(Health, TheProgramHasNoPowerButWhatItTakes) {
  const std::string words = told("grep -E 'CapPrm|CapEff|CapInh|NoNewPrivs' /proc/$$/status");
  const UniqueFd self(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
  std::string mine(8192, '\0');
  ASSERT_GT(::read(self.get(), mine.data(), mine.size()), 0);
  const std::uint64_t permitted =
      std::stoull(mine.substr(mine.find("CapPrm:") + 8, 16), nullptr, 16);
  char most[17];  // CAP_SYS_RAWIO and CAP_SYS_ADMIN, of what this test has
  std::snprintf(most, sizeof most, "%016llx", permitted & 0x220000ULL);
  EXPECT_EQ(words, "CapInh:\t0000000000000000\nCapPrm:\t" + std::string(most) + "\nCapEff:\t" +
                       most + "\nNoNewPrivs:\t1\n");
}

TEST_F(Health, TheProgramInheritsNothing) {
  const UniqueFd kept(::open("/dev/null", O_RDONLY));  // not O_CLOEXEC
  EXPECT_EQ(told("for fd in 3 4 5 6 7 8 9; do "
                 "[ -e /proc/$$/fd/$fd ] && readlink /proc/$$/fd/$fd; done; readlink "
                 "/proc/$$/fd/0 /proc/$$/fd/2; ulimit -f"),
            "/dev/null\n/dev/null\n0\n");
}

TEST_F(Health, AProgramThatIsMissingIsNamed) {
  const auto response = ask({.path = "/nonexistent/smartctl"});
  EXPECT_EQ(response.problem().code(), "unavailable");
  EXPECT_EQ(response.problem().message(),
            disk_ + ": no /nonexistent/smartctl to ask it with: install smartmontools");
}

TEST_F(Health, AProgramThatCannotBeStartedIsNamed) {
  const auto path = directory_.path() / "broken";
  std::ofstream(path) << "no program";
  ASSERT_EQ(::chmod(path.c_str(), 0755), 0);
  const auto response = ask({.path = path.string()});
  EXPECT_EQ(response.problem().code(), "unavailable");
  EXPECT_NE(response.problem().message().find("could not execute " + path.string()),
            std::string::npos)
      << response.problem().message();
}

TEST_F(Health, CrashesAndNonsenseAreToldAsSuch) {
  EXPECT_NE(message("kill -SEGV $$").find("said nothing"), std::string::npos);
  EXPECT_NE(message("echo Segmentation fault").find("is not the JSON"), std::string::npos);
  EXPECT_NE(message("printf '{\"smartctl\":{'; kill -KILL $$").find("is not the JSON"),
            std::string::npos);
}

TEST_F(Health, AFloodIsCutOff) {
  EXPECT_NE(message("while :; do echo 0123456789012345678901234567890123456789; done")
                .find("more than 262144 bytes"),
            std::string::npos);
  EXPECT_TRUE(WIFSIGNALED(status_));
}

// The answer comes at the deadline, and what hangs is killed with all that it started.
TEST_F(Health, AProgramThatHangsIsKilledWithItsChildren) {
  const std::string pipe = (directory_.path() / "pipe").string();
  const UniqueFd alive = make_pipe(pipe);
  const auto response = ask(program("exec 9>" + pipe + "; sleep 1000 & sleep 1000"), 500ms);
  EXPECT_NE(response.problem().message().find("did not come to an end"), std::string::npos)
      << response.problem().message();
  EXPECT_TRUE(WIFSIGNALED(status_));
  // The last process that held the pipe's other end is gone.
  pollfd waiting{.fd = alive.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&waiting, 1, 10'000), 1);
  EXPECT_NE(waiting.revents & POLLHUP, 0);
}

TEST_F(Health, ADiskThatIsNotThereOrAnotherIsRefused) {
  v1::HealthRequest request;
  for (const auto& [name, diskseq, code] :
       {std::tuple{std::string("nosuchdisk"), 0ULL, "not_found"},
        std::tuple{disk_, 18'000'000'000'000'000'000ULL, "refused"}}) {
    request.set_name(name);
    request.set_diskseq(diskseq);
    auto process = start_health(request, {}, steady_clock::now() + 10s);
    ASSERT_TRUE(process.has_value());
    const auto answer = receive_datagram(process->answer.get(), 10s);
    ASSERT_TRUE(answer.has_value());
    v1::HelperResponse response;
    ASSERT_TRUE(response.ParseFromString(*answer));
    EXPECT_EQ(response.problem().code(), code) << response.problem().message();
    ::waitpid(process->pid, nullptr, 0);
  }
}

}  // namespace
}  // namespace joist::helper
