#include "helper/request.h"

#include <gtest/gtest.h>

namespace joist::helper {
namespace {

std::string probe_of(const std::string& name, std::uint64_t diskseq = 0) {
  v1::HelperRequest request;
  request.mutable_probe()->set_name(name);
  request.mutable_probe()->set_diskseq(diskseq);
  return request.SerializeAsString();
}

TEST(ParseRequest, TakesAProbe) {
  const auto request = parse_request(probe_of("nvme0n1", 7));
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(request->probe().name(), "nvme0n1");
  EXPECT_EQ(request->probe().diskseq(), 7U);
}

TEST(ParseRequest, TakesAQuestionForHealth) {
  v1::HelperRequest health;
  health.mutable_health()->set_name("sda");
  const auto request = parse_request(health.SerializeAsString());
  ASSERT_TRUE(request.has_value()) << request.error().message;
  EXPECT_EQ(disk_of(*request), "sda");
  health.mutable_health()->set_name("../sda");
  const auto refused = parse_request(health.SerializeAsString());
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("health.name: \"../sda\""), std::string::npos);
}

TEST(ParseRequest, RefusesWhatIsNoRequest) {
  for (const std::string& datagram :
       {std::string(), std::string("\xff"), std::string("\x0a\x7f"), std::string(65536, 'A'),
        std::string("\x12\x00", 2), std::string("\x0a\x00", 2)}) {
    const auto request = parse_request(datagram);
    ASSERT_FALSE(request.has_value());
    EXPECT_EQ(request.error().code, ErrorCode::Malformed);
  }
}

TEST(ParseRequest, RefusesNamesThatAreNone) {
  for (const char* name : {"", ".", "..", "../sda", "sda/../sdb", "/dev/sda", "sd a", "sda\n",
                           "!etc", "a!..!b", "a!.", "sda\x01"}) {
    EXPECT_FALSE(is_disk_name(name)) << name;
    EXPECT_FALSE(parse_request(probe_of(name)).has_value()) << name;
  }
  EXPECT_FALSE(is_disk_name(std::string("sda\0x", 5)));
  EXPECT_FALSE(is_disk_name(std::string(65, 'a')));
}

TEST(IsDiskName, TakesWhatTheKernelGives) {
  for (const char* name : {"sda", "nvme0n1", "dm-0", "md_home", "cciss!c0d0", "xvda", "mmcblk0"}) {
    EXPECT_TRUE(is_disk_name(name)) << name;
  }
}

}  // namespace
}  // namespace joist::helper
