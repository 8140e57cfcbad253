#include "collectors/network/ip_address.h"

#include <gtest/gtest.h>

#include <string>

namespace joist::collectors {
namespace {

using namespace std::string_view_literals;

std::string v6(std::string_view start, std::string_view end) {
  std::string bytes(16, '\0');
  bytes.replace(0, start.size(), start);
  bytes.replace(16 - end.size(), end.size(), end);
  return bytes;
}

TEST(IpAddress, IsWrittenShort) {
  EXPECT_EQ(format_ip_address("\xC0\x00\x02\x07"sv), "192.0.2.7");
  EXPECT_EQ(format_ip_address(v6("", "")), "::");
  EXPECT_EQ(format_ip_address(v6("", "\x01")), "::1");
  EXPECT_EQ(format_ip_address(v6("\x20\x01\x0d\xb8", "\x01"sv)), "2001:db8::1");
  EXPECT_EQ(format_ip_address(v6("\x20\x01\x0d\xb8", "")), "2001:db8::");
  // One group of zeros is not worth it; of two runs as long the first is.
  EXPECT_EQ(format_ip_address("\x20\x01\0\0\0\1\0\1\0\1\0\1\0\1\0\1"sv), "2001:0:1:1:1:1:1:1");
  EXPECT_EQ(format_ip_address("\x20\x01\0\0\0\0\0\1\0\0\0\0\0\1\0\1"sv), "2001::1:0:0:1:1");
  EXPECT_EQ(format_ip_address(v6("", "\xff\xff\xC0\x00\x02\x07"sv)), "192.0.2.7");
}

TEST(IpAddress, OfAnotherLengthIsNone) {
  EXPECT_EQ(format_ip_address(""), "");
  EXPECT_EQ(format_ip_address("abc"), "");
  EXPECT_EQ(address_scope("abc"), "");
}

TEST(AddressScope, IsHowFarItReaches) {
  EXPECT_EQ(address_scope("\xC0\x00\x02\x07"sv), "global");
  EXPECT_EQ(address_scope("\x0a\x00\x00\x01"sv), "global");
  EXPECT_EQ(address_scope("\x7f\x00\x00\x01"sv), "link-local");
  EXPECT_EQ(address_scope("\xa9\xfe\x01\x01"sv), "link-local");
  EXPECT_EQ(address_scope("\xe0\x00\x00\x05"sv), "link-local");
  EXPECT_EQ(address_scope("\xef\x00\x00\x05"sv), "");
  EXPECT_EQ(address_scope("\0\0\0\0"sv), "");
  EXPECT_EQ(address_scope(v6("", "\x01")), "link-local");
  EXPECT_EQ(address_scope(v6("\xfe\x80", "\x01")), "link-local");
  EXPECT_EQ(address_scope(v6("\xfd", "\x01")), "global");
  EXPECT_EQ(address_scope(v6("\xff\x01", "\x01")), "interface-local");
  EXPECT_EQ(address_scope(v6("\xff\x02", "\x01")), "link-local");
  EXPECT_EQ(address_scope(v6("\xff\x05", "\x01")), "");
  EXPECT_EQ(address_scope(v6("", "")), "");
}

}  // namespace
}  // namespace joist::collectors
