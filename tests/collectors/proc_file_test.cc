#include "collectors/proc_file.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

TEST(ProcFile, GrowsItsBufferToTheFile) {
  const support::TempRoot root;
  const std::string text(100'000, 'x');
  root.write("/large", text);
  for (const auto shape :
       {ProcFile::Shape::Whole, ProcFile::Shape::Records, ProcFile::Shape::ShortRecords}) {
    ProcFile file(root.sys_root(), "/large", shape, 64);
    const auto first = file.read();
    ASSERT_TRUE(first.has_value()) << first.error().message;
    EXPECT_EQ(*first, text);
    EXPECT_EQ(file.read().value_or(""), text);
  }
}

// A record for each socket, so that every length of a piece is met, and the seam between two.
TEST(ProcFile, MissesNoShortRecordOfTheKernel) {
  const SysRoot root;
  ProcFile file(root, "/proc/net/udp", ProcFile::Shape::ShortRecords, 16384);
  std::vector<UniqueFd> sockets;
  std::vector<std::string> ports;  // as the table writes them
  while (sockets.size() < 100) {
    UniqueFd one(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(::bind(one.get(), plain, size), 0);
    ASSERT_EQ(::getsockname(one.get(), plain, &size), 0);
    char port[16];
    std::snprintf(port, sizeof port, "0100007F:%04X ", ntohs(address.sin_port));
    ports.emplace_back(port);
    sockets.push_back(std::move(one));
    const auto text = file.read();
    ASSERT_TRUE(text.has_value()) << text.error().message;
    for (const std::string& wanted : ports) {
      ASSERT_NE(text->find(wanted), std::string_view::npos) << sockets.size() << " sockets";
    }
  }
}

TEST(ProcFile, ReadsWhatTheFileHoldsNow) {
  const support::TempRoot root;
  root.write("/attribute", "12345\n");
  ProcFile file(root.sys_root(), "/attribute", ProcFile::Shape::Whole);
  EXPECT_EQ(file.read().value_or(""), "12345\n");
  root.write("/attribute", "7\n");  // the same file, rewritten
  EXPECT_EQ(file.read().value_or(""), "7\n");
}

TEST(ProcFile, SaysThatThereIsNoFileUntilThereIs) {
  const support::TempRoot root;
  ProcFile file(root.sys_root(), "/late", ProcFile::Shape::Whole);
  const auto missing = file.read();
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_NE(missing.error().message.find("/late"), std::string::npos);
  root.write("/late", "here");
  EXPECT_EQ(file.read().value_or(""), "here");
}

TEST(ProcFile, RefusesMoreThanTheLimit) {
  const support::TempRoot root;
  root.write("/huge", std::string(ProcFile::kBytesMax + 1, 'x'));
  ProcFile file(root.sys_root(), "/huge", ProcFile::Shape::Whole);
  const auto text = file.read();
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, ErrorCode::Malformed);
}

class Child {
 public:
  Child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  ~Child() { end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  std::string stat_path() const { return "/proc/" + std::to_string(pid_) + "/stat"; }

 private:
  pid_t pid_;
};

// The kernel says ESRCH for a process that is gone, as it says ENODEV for a device.
TEST(ProcFile, OpensAnewWhatWasReplaced) {
  const support::TempRoot root;
  const auto link = root.path() / "stat";
  Child first;
  Child second;
  std::filesystem::create_symlink(first.stat_path(), link);
  ProcFile file(root.sys_root(), "/stat", ProcFile::Shape::Whole);
  const std::string before(file.read().value_or(""));
  ASSERT_NE(before, "");

  std::filesystem::remove(link);
  std::filesystem::create_symlink(second.stat_path(), link);
  first.end();
  const auto after = file.read();
  ASSERT_TRUE(after.has_value()) << after.error().message;
  EXPECT_NE(after->substr(0, after->find(' ')), before.substr(0, before.find(' ')));

  second.end();
  const auto gone = file.read();
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::collectors
