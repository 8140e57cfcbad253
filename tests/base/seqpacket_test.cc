#include "base/seqpacket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/support/temp_root.h"

namespace joist {
namespace {

using std::chrono::milliseconds;

class Seqpacket : public ::testing::Test {
 protected:
  std::string path() const { return (directory_.path() / "s").string(); }

  // Two connected ends.
  void connect() {
    auto listener = listen_seqpacket(path(), 0600, 4);
    ASSERT_TRUE(listener.has_value()) << listener.error().message;
    auto client = connect_seqpacket(path(), milliseconds(1000));
    ASSERT_TRUE(client.has_value()) << client.error().message;
    auto server = accept_seqpacket(listener->get());
    ASSERT_TRUE(server.has_value()) << server.error().message;
    client_ = std::move(*client);
    server_ = std::move(*server);
    listener_ = std::move(*listener);
  }

  support::TempRoot directory_;
  UniqueFd listener_;
  UniqueFd client_;
  UniqueFd server_;
};

TEST_F(Seqpacket, KeepsTheBoundsOfMessages) {
  connect();
  const std::string large(kDatagramBytesMax, 'x');
  ASSERT_TRUE(send_datagram(client_.get(), "one", milliseconds(0)).has_value());
  ASSERT_TRUE(send_datagram(client_.get(), large, milliseconds(0)).has_value());
  EXPECT_EQ(receive_datagram(server_.get(), milliseconds(0)).value(), "one");
  EXPECT_EQ(receive_datagram(server_.get(), milliseconds(0)).value(), large);
}

TEST_F(Seqpacket, RefusesWhatIsTooLarge) {
  connect();
  const std::string large(kDatagramBytesMax + 1, 'x');
  EXPECT_EQ(send_datagram(client_.get(), large, milliseconds(0)).error().code,
            ErrorCode::Malformed);
  ASSERT_EQ(::send(client_.get(), large.data(), large.size(), 0),
            static_cast<ssize_t>(large.size()));
  EXPECT_EQ(receive_datagram(server_.get(), milliseconds(0)).error().code, ErrorCode::Malformed);
  // The next one is whole again.
  ASSERT_TRUE(send_datagram(client_.get(), "two", milliseconds(0)).has_value());
  EXPECT_EQ(receive_datagram(server_.get(), milliseconds(0)).value(), "two");
}

TEST_F(Seqpacket, GivesUpInTime) {
  connect();
  EXPECT_EQ(receive_datagram(server_.get(), milliseconds(20)).error().code, ErrorCode::Unavailable);
  const std::string large(kDatagramBytesMax, 'x');
  Result<void> sent;
  for (int count = 0; count < 100 && sent; ++count) {
    sent = send_datagram(client_.get(), large, milliseconds(20));
  }
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().code, ErrorCode::Unavailable);
}

TEST_F(Seqpacket, NoticesThatThePeerIsGone) {
  connect();
  server_ = UniqueFd();
  EXPECT_EQ(receive_datagram(client_.get(), milliseconds(100)).error().code,
            ErrorCode::Unavailable);
  EXPECT_EQ(send_datagram(client_.get(), "x", milliseconds(0)).error().code,
            ErrorCode::Unavailable);
}

// A server that refuses closes with the request unread.
TEST_F(Seqpacket, GivesTheLastWordOfAPeerThatClosed) {
  connect();
  ASSERT_TRUE(send_datagram(client_.get(), "unread", milliseconds(0)).has_value());
  ASSERT_TRUE(send_datagram(server_.get(), "no", milliseconds(0)).has_value());
  server_ = UniqueFd();
  EXPECT_EQ(receive_datagram(client_.get(), milliseconds(100)).value_or("lost"), "no");
  EXPECT_EQ(receive_datagram(client_.get(), milliseconds(100)).error().code,
            ErrorCode::Unavailable);
}

TEST_F(Seqpacket, KnowsItsPeer) {
  connect();
  const auto peer = peer_credentials(server_.get());
  ASSERT_TRUE(peer.has_value());
  EXPECT_EQ(peer->uid, ::geteuid());
  EXPECT_EQ(peer->pid, ::getpid());
}

TEST_F(Seqpacket, ReplacesASocketThatNobodyListensOn) {
  { const auto first = listen_seqpacket(path(), 0600, 4); }
  const auto second = listen_seqpacket(path(), 0620, 4);
  ASSERT_TRUE(second.has_value()) << second.error().message;
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0620U);
  EXPECT_EQ(listen_seqpacket(path(), 0600, 4).error().code, ErrorCode::Refused);
}

TEST_F(Seqpacket, LeavesAFileInTheWayAlone) {
  directory_.write("/s", "mine");
  EXPECT_EQ(listen_seqpacket(path(), 0600, 4).error().code, ErrorCode::Refused);
  EXPECT_EQ(directory_.sys_root().read("/s").value(), "mine");
}

TEST_F(Seqpacket, SaysThatNobodyListens) {
  EXPECT_EQ(connect_seqpacket(path(), milliseconds(100)).error().code, ErrorCode::Unavailable);
  EXPECT_EQ(connect_seqpacket(std::string(200, 'x'), milliseconds(100)).error().code,
            ErrorCode::Malformed);
}

}  // namespace
}  // namespace joist
