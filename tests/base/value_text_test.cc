#include "base/value_text.h"

#include <gtest/gtest.h>

#include "base/closest_word.h"
#include "base/utf8.h"
#include "base/value_format.h"
#include "joist/v1/disk.pb.h"

namespace joist::base {
namespace {

TEST(Duration, IsReadAndWritten) {
  const std::vector<std::pair<std::string, std::string>> cases{{"30s", "30s"},
                                                               {"1h30m", "5400s"},
                                                               {"500ms", "0.5s"},
                                                               {"1.5s", "1.5s"},
                                                               {"30d", "2592000s"},
                                                               {"0s", "0s"},
                                                               {"-1.25s", "-1.25s"},
                                                               {"1ns", "0.000000001s"},
                                                               {"1500ms", "1.5s"},
                                                               {"0.5h", "1800s"},
                                                               {"1us", "0.000001s"},
                                                               {"-1ms", "-0.001s"},
                                                               {"999999999999ms", "999999999.999s"},
                                                               {"315576000000s", "315576000000s"}};
  for (const auto& [text, written] : cases) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration.has_value()) << text;
    EXPECT_EQ(duration_text(*duration), written) << text;
  }
}

TEST(Duration, IsRefused) {
  for (const std::string_view text :
       {"", "-", "10", "s", "1 s", "1s ", "1x", "1.s", ".5s", "1e3s", "--1s", "1h-1m",
        "315576000001s", "999999999999999d", "9999999999999999s", "1.0000000001s", "1S"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

TEST(Timestamp, IsReadAndWritten) {
  for (const auto& [text, written] : std::vector<std::pair<std::string, std::string>>{
           {"2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"},
           {"2026-05-01T10:00:00.5Z", "2026-05-01T10:00:00.500Z"},
           {"2026-05-01T10:00:00+02:00", "2026-05-01T08:00:00Z"}}) {
    const auto time = parse_timestamp(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(timestamp_text(*time), written);
  }
  for (const std::string_view text : {"", "2026-05-01", "2026-13-01T00:00:00Z", "yesterday",
                                      "2026-02-30T00:00:00Z", "2026-05-01T10:00:00"}) {
    EXPECT_FALSE(parse_timestamp(text).has_value()) << text;
  }
  google::protobuf::Timestamp beyond;
  beyond.set_seconds(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(timestamp_text(beyond), "out-of-range");
}

TEST(SizeBytes, IsRead) {
  const std::vector<std::pair<std::string, std::uint64_t>> cases{{"0", 0},
                                                                 {"4096", 4096},
                                                                 {"10GiB", 10ULL << 30},
                                                                 {"500MB", 500'000'000},
                                                                 {"1.5 TiB", 3ULL << 39},
                                                                 {"1kB", 1000},
                                                                 {"4Ki", 4096},
                                                                 {"16383PiB", 16383ULL << 50},
                                                                 {"0.5KiB", 512},
                                                                 {"18446744073.709551615 GB", 0}};
  for (const auto& [text, bytes] : cases) {
    const auto size_bytes = parse_size_bytes(text);
    if (bytes == 0 && text != "0") continue;
    ASSERT_TRUE(size_bytes.has_value()) << text;
    EXPECT_EQ(*size_bytes, bytes) << text;
  }
  for (const std::string_view text : {"", "GiB", "-1", "1G", "10 gib", "1.5B", "0.3KiB", "16384PiB",
                                      "1  GB", "1 ", "0x10", "99999999999999999999"}) {
    EXPECT_FALSE(parse_size_bytes(text).has_value()) << text;
  }
}

TEST(Base64, GoesBothWays) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("ab"),
                                   std::string("abc"), std::string("\0\xff\0", 3)}) {
    EXPECT_EQ(parse_base64(base64_text(bytes)).value(), bytes);
  }
  for (const std::string_view text : {"a", "aGk", "aGk=\n", "a=k=", "====", "aG k", "a-_="}) {
    EXPECT_FALSE(parse_base64(text).has_value()) << text;
  }
}

TEST(EnumWord, LeavesThePrefixOut) {
  const auto& type = *v1::DiskClass_descriptor();
  EXPECT_EQ(enum_word(type, v1::DISK_CLASS_IN_USE), "in-use");
  EXPECT_EQ(enum_word(type, 99), "99");
  EXPECT_EQ(find_enum_word(type, "in_use")->number(), v1::DISK_CLASS_IN_USE);
  EXPECT_EQ(find_enum_word(type, "in-use")->number(), v1::DISK_CLASS_IN_USE);
  EXPECT_EQ(find_enum_word(type, "unspecified"), nullptr);
  EXPECT_EQ(find_enum_word(type, "IN_USE"), nullptr);
  EXPECT_EQ(enum_words(type), "system, in-use, foreign, blank, unusable");
}

TEST(Quoted, IsOneShortLine) {
  EXPECT_EQ(in_quotes("a\x1b[0m\n\xff"), "\"a\\x1b[0m\\x0a\xef\xbf\xbd\"");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "\"" + std::string(40, 'x') + "...\"");
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const std::string_view text : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  for (const std::string_view text : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80", "\xff", "\xf0\x9f\x98"}) {
    EXPECT_FALSE(is_utf8(text));
  }
  EXPECT_EQ(count_code_points("n\xc3\xa9\xff"), 3U);
}

TEST(ClosestWord, ForgivesTypingErrorsAlone) {
  const std::vector<std::string> known{"name", "roles", "labels", "connections_max"};
  EXPECT_EQ(closest_word("rloes", known), "roles");
  EXPECT_EQ(closest_word("role", known), "roles");
  EXPECT_EQ(closest_word("connection_mx", known), "connections_max");
  EXPECT_EQ(closest_word("x", known), std::nullopt);
  EXPECT_EQ(closest_word("zebra", known), std::nullopt);
  EXPECT_EQ(closest_word(std::string(100'000, 'n'), known), std::nullopt);
}

struct Shape {
  v1::Format format;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

TEST(Format, AcceptsAndRefuses) {
  const std::vector<Shape> shapes{
      {v1::FORMAT_DNS_LABEL,
       {"a", "a-1", std::string(63, 'a')},
       {"", "-a", "a-", "A", "a.b", "a_b", std::string(64, 'a')}},
      {v1::FORMAT_DNS_NAME,
       {"a", "a.b-c.d"},
       {"", ".", "a.", "a..b", "A.b", std::string(254, 'a')}},
      {v1::FORMAT_LISTEN,
       {"*:7444", "127.0.0.1:0", "[::1]:0", "[::]:65535"},
       {"", "*:0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "7444", ":7444", "*:", "*:65536", "*:-1",
        "*:+1", "::1:80", "host:80", "[127.0.0.1]:1", "*:000080"}},
      {v1::FORMAT_ENDPOINT,
       {"a.example:7443", "192.0.2.1:1", "[2001:db8::1]:7443"},
       {"", "a.example", "a:0", "*:1", "::1:7443", "192.0.2.999:1", "https://a:1", "a b:1"}},
      {v1::FORMAT_ABSOLUTE_PATH, {"/", "/a b"}, {"", "a", std::string("/a\0b", 4)}},
      {v1::FORMAT_LABEL_KEY,
       {"a", "A_b.c", "example.com/row"},
       {"", "/", "a/", "/a", "a/b/c", "-a"}},
      {v1::FORMAT_LABEL_VALUE, {"", "a", "A_b.c-1"}, {"-", "a-", "a b", std::string(64, 'a')}},
      {v1::FORMAT_ADDRESS, {"192.0.2.1", "::1"}, {"", "192.0.2.1/24", "[::1]", "a"}},
      {v1::FORMAT_HOST_ADDRESS,
       {"192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1"},
       {"", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "169.254.1.1", "::", "::1",
        "ff02::1", "fe80::1", "::ffff:192.0.2.1", "a"}},
      {v1::FORMAT_HOST, {"192.0.2.1", "::1", "a.example"}, {"", "192.0.2", "a b", "*"}}};
  for (const Shape& shape : shapes) {
    for (const auto& text : shape.good) EXPECT_TRUE(has_format(text, shape.format)) << text;
    for (const auto& text : shape.bad) {
      EXPECT_FALSE(has_format(text, shape.format)) << v1::Format_Name(shape.format) << text;
    }
  }
}

}  // namespace
}  // namespace joist::base
