// Goal: what this kernel says of its devices is heard.
// Method: a synthetic uevent (Documentation/ABI/testing/sysfs-uevent), which needs root.
#include "collectors/device_changes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace joist::collectors {
namespace {

constexpr const char* kUevent = "/sys/class/mem/null/uevent";

TEST(DeviceChanges, AreHeardFromTheKernel) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  DeviceChanges changes;
  changes.poll();
  auto before = changes.generation();
  bool told = true;  // of another device, by a test beside this one
  for (int tries = 0; told && tries < 50; ++tries) {
    before = changes.generation();
    std::ofstream(kUevent) << "change";
    changes.poll();
    told = changes.generation() != before;
  }
  EXPECT_FALSE(told) << "a change is no other device";
  std::ofstream(kUevent) << "add";  // sent before write(2) returns
  changes.poll();
  EXPECT_GT(changes.generation(), before);
}

TEST(DeviceChanges, OfATreeOfFilesNobodyTells) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  DeviceChanges changes("/usr");
  std::ofstream(kUevent) << "add";
  changes.poll();
  EXPECT_EQ(changes.generation(), 1U);
}

}  // namespace
}  // namespace joist::collectors
