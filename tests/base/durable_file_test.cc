#include "base/durable_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "base/sys_root.h"

namespace joist {
namespace {

class DurableFile : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "joist-durable-XXXXXX";
    ASSERT_NE(::mkdtemp(directory_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string path() const { return directory_ + "/key"; }

  mode_t mode() const {
    struct stat status {};
    return ::stat(path().c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  std::string directory_;
};

TEST_F(DurableFile, HoldsWhatWasWrittenLast) {
  ASSERT_TRUE(write_durably(path(), "one", 0600).has_value());
  EXPECT_EQ(mode(), 0600U);
  ASSERT_TRUE(write_durably(path(), "two and more", 0644).has_value());
  EXPECT_EQ(mode(), 0644U);
  EXPECT_EQ(SysRoot(directory_).read("/key").value(), "two and more");
  EXPECT_EQ(SysRoot(directory_).list("/").value(), std::vector<std::string>{"key"});
}

TEST_F(DurableFile, GetsItsModeWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  const auto written = write_durably(path(), "x", 0640);
  ::umask(before);
  ASSERT_TRUE(written.has_value()) << written.error().message;
  EXPECT_EQ(mode(), 0640U);
}

TEST_F(DurableFile, DoesNotFollowALinkLeftBeside) {
  ASSERT_EQ(::symlink("/dev/full", (directory_ + "/.key.new").c_str()), 0);
  ASSERT_TRUE(write_durably(path(), "x", 0600).has_value());
  EXPECT_TRUE(std::filesystem::is_regular_file(std::filesystem::symlink_status(path())));
}

TEST_F(DurableFile, LeavesTheOldOneWhenItCannotWrite) {
  EXPECT_EQ(write_durably(directory_ + "/none/key", "x", 0600).error().code, ErrorCode::NotFound);
  ASSERT_TRUE(std::filesystem::create_directory(path()));
  ASSERT_FALSE(write_durably(path(), "x", 0600).has_value());
  EXPECT_TRUE(std::filesystem::is_directory(path()));
  EXPECT_EQ(SysRoot(directory_).list("/").value(), std::vector<std::string>{"key"});
}

}  // namespace
}  // namespace joist
