#include "collectors/shared_file.h"

#include <gtest/gtest.h>

#include "collectors/roots.h"
#include "tests/support/temp_root.h"

namespace joist::collectors {
namespace {

class SharedFileTest : public testing::Test {
 protected:
  Roots roots() const {
    return {.procfs = tree_.path(), .devices = devices_, .files = std::make_shared<SharedFiles>()};
  }

  support::TempRoot tree_;
  std::shared_ptr<DeviceChanges> devices_ = std::make_shared<DeviceChanges>();
};

TEST_F(SharedFileTest, IsReadOnceForAPage) {
  tree_.write("stat", "first");
  const auto host = roots();
  const auto file = host.shared_proc_file("stat");
  EXPECT_EQ(file, host.shared_proc_file("stat"));
  devices_->poll();
  const auto first = file->read();
  ASSERT_TRUE(first.has_value());
  tree_.write("stat", "second");
  EXPECT_EQ(**file->read(), "first");
  devices_->poll();
  EXPECT_EQ(**file->read(), "second");
  EXPECT_EQ(**first, "first") << "somebody has it still";
}

TEST_F(SharedFileTest, IsReadEachTimeWhereNobodyCountsPages) {
  tree_.write("stat", "first");
  const Roots alone{.procfs = tree_.path()};
  const auto file = alone.shared_proc_file("stat");
  EXPECT_EQ(**file->read(), "first");
  tree_.write("stat", "second");
  EXPECT_EQ(**file->read(), "second");
}

TEST_F(SharedFileTest, SaysThatItIsMissingAndComesBack) {
  const auto file = roots().shared_proc_file("net/sockstat");
  devices_->poll();
  ASSERT_FALSE(file->read().has_value());
  EXPECT_EQ(file->read().error().code, ErrorCode::NotFound);
  tree_.write("net/sockstat", "UDP: inuse 1\n");
  devices_->poll();
  EXPECT_EQ(**file->read(), "UDP: inuse 1\n");
}

}  // namespace
}  // namespace joist::collectors
