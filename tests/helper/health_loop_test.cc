// Goal: the real smartctl, run by the real helper for an unprivileged client, answers for a real
// device. Method: a loop device, which has no health to tell. Root; skips otherwise.
#include <gtest/gtest.h>

#include "disk/health.h"
#include "tests/helper/helper_program.h"
#include "tests/support/loop_device.h"

namespace joist::helper {
namespace {

constexpr uid_t kAgent = 61234;  // no such user needs to exist

// Asks as the agent's user; the answer comes back through the wire's own message.
v1::HelperResponse health_as(uid_t uid, const HelperProgram& helper, const std::string& name,
                             std::uint64_t diskseq) {
  v1::HelperResponse response;
  response.ParseFromString(as_user(uid, [&] {
    v1::HelperResponse answer;
    const auto result = helper.client().health(name, diskseq);
    if (result) {
      *answer.mutable_health() = *result;
    } else {
      answer.mutable_problem()->set_message(result.error().message);
    }
    return answer.SerializeAsString();
  }));
  return response;
}

TEST(HealthLoop, ALoopDeviceHasNoneToTell) {
  if (!support::can_make_loop_devices()) GTEST_SKIP() << "needs root and loop devices";
  ASSERT_EQ(::access("/usr/sbin/smartctl", X_OK), 0) << "install smartmontools";
  const support::LoopDevice device(std::uint64_t{16} << 20);
  HelperProgram helper(kAgent);
  helper.start();
  const auto response = health_as(kAgent, helper, device.name(), 0);
  ASSERT_TRUE(response.has_health()) << response.problem().message();
  const disk::HealthHeard heard = disk::hear(response.health());
  EXPECT_EQ(heard.answer, disk::HealthAnswer::NotOffered) << response.DebugString();
  EXPECT_EQ(heard.why, device.path() + ": Unable to detect device type");
  EXPECT_GE(response.health().report().smartctl().version(0), 7U);

  // Another disk has the name by now.
  const auto other = health_as(kAgent, helper, device.name(), 1);
  EXPECT_NE(other.problem().message().find("another disk"), std::string::npos)
      << other.problem().message();
  EXPECT_TRUE(helper.runs());
}

}  // namespace
}  // namespace joist::helper
