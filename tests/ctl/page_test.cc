#include "ctl/page.h"

#include <gtest/gtest.h>

#include "ctl/humane.h"
#include "ctl/screen_text.h"
#include "ctl/watch.h"

namespace joist::ctl {
namespace {

TEST(HumaneSize, HasThreeDigitsAndAUnit) {
  const std::vector<std::pair<std::uint64_t, std::string>> cases{{0, "0 B"},
                                                                 {1023, "1023 B"},
                                                                 {1024, "1 KiB"},
                                                                 {1536, "1.5 KiB"},
                                                                 {1'000'204'886'016, "932 GiB"},
                                                                 {2'000'398'934'016, "1.8 TiB"},
                                                                 {16'000'900'661'248, "14.6 TiB"},
                                                                 {1'048'575, "1 MiB"},
                                                                 {1'073'741'823, "1 GiB"},
                                                                 {64ULL << 20, "64 MiB"},
                                                                 {~0ULL, "16 EiB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(humane_size(bytes), text) << bytes;
}

TEST(HumaneDuration, HasOneUnitOrTwo) {
  const std::vector<std::pair<int, std::string>> cases{
      {-5, "0s"},        {0, "0s"},        {59, "59s"},          {60, "1m"},
      {90, "1m30s"},     {599, "9m59s"},   {600, "10m"},         {3'599, "59m"},
      {3'600, "1h"},     {5'400, "1h30m"}, {36'000, "10h"},      {86'400, "1d"},
      {100'000, "1d3h"}, {864'000, "10d"}, {31'536'000, "365d"}, {63'072'000, "2y"},
      {94'608'000, "3y"}};
  for (const auto& [seconds, text] : cases) {
    EXPECT_EQ(humane_duration(std::chrono::seconds(seconds)), text) << seconds;
  }
}

TEST(HumaneWhen, LooksBothWays) {
  const WallTime now{std::chrono::seconds(1'000'000)};
  google::protobuf::Timestamp time;
  EXPECT_EQ(humane_when(time, now), "-");
  EXPECT_EQ(humane_age(time, now), "-");
  time.set_seconds(1'000'000 - 180);
  EXPECT_EQ(humane_when(time, now), "3m ago");
  EXPECT_EQ(humane_age(time, now), "3m");
  time.set_seconds(1'000'000 + 180);
  EXPECT_EQ(humane_when(time, now), "in 3m");
  EXPECT_EQ(humane_age(time, now), "0s");
  time.set_seconds(std::numeric_limits<std::int64_t>::min());
  EXPECT_NE(humane_age(time, now), "");  // and does not overflow
}

TEST(ScreenText, CommandsNoTerminal) {
  EXPECT_EQ(screen_text("plain n\xc3\xa9"), "plain n\xc3\xa9");
  EXPECT_EQ(screen_text("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(screen_text("a\nb\tc\x7f"), "a\\x0ab\\x09c\\x7f");
  EXPECT_EQ(screen_text("\xc2\x9b"
                        "2J"),
            "\\x9b2J");  // C1: CSI in one byte
  EXPECT_EQ(screen_text("\xe2\x80\xae"
                        "evil"),
            "\\u202eevil");  // right-to-left override
  EXPECT_EQ(screen_text("a\xe2\x80\x8b"
                        "b"),
            "a\\u200bb");  // zero width space
  EXPECT_EQ(screen_text("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(screen_text("n\xc3\xa9", false), "n?");
}

TEST(ScreenText, CountsColumns) {
  EXPECT_EQ(screen_columns("abc"), 3);
  EXPECT_EQ(screen_columns("e\xcc\x81"), 1);                 // combining accent
  EXPECT_EQ(screen_columns("\xe6\x97\xa5\xe6\x9c\xac"), 4);  // wide
  EXPECT_EQ(cut_to_columns("abcdef", 4), "abc\xe2\x80\xa6");
  EXPECT_EQ(cut_to_columns("abcdef", 4, false), "abc~");
  EXPECT_EQ(cut_to_columns("abcdef", 6), "abcdef");
  EXPECT_EQ(cut_to_columns("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 4), "\xe6\x97\xa5\xe2\x80\xa6");
}

TEST(ScreenText, WrapsAtBlanks) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrap_to_columns("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrap_to_columns("abcdefgh ij", 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(wrap_to_columns("", 3), Lines{""});
  EXPECT_EQ(wrap_to_columns("  a  ", 3), Lines{"a"});
}

Page disk_page() {
  Table table;
  table.columns = {{"DISK"}, {"SIZE", Fit::Whole, true}, {"MODEL", Fit::Drop}, {"WHY", Fit::Wrap}};
  table.rows = {{{"sda"},
                 {"1.8 TiB"},
                 {"Rotating Thing 3000"},
                 {"carries / and swap through LVM", Tone::Bad}},
                {{"nvme0n1"}, {"932 GiB"}, {"\x1b[2Jx"}, {""}}};
  return {{{"", table}}};
}

TEST(Render, ShowsAllWhereThereIsNoTerminal) {
  EXPECT_EQ(render(disk_page(), {}),
            "DISK        SIZE  MODEL                WHY\n"
            "sda      1.8 TiB  Rotating Thing 3000  carries / and swap through LVM\n"
            "nvme0n1  932 GiB  \\x1b[2Jx\n");
}

TEST(Render, LeavesColumnsOutUntilTheLastIsGoodToRead) {
  EXPECT_EQ(render(disk_page(), {.columns = 64}),
            "DISK        SIZE  WHY\n"
            "sda      1.8 TiB  carries / and swap through LVM\n"
            "nvme0n1  932 GiB\n");
}

TEST(Render, ThenWrapsTheLastColumn) {
  EXPECT_EQ(render(disk_page(), {.columns = 44}),
            "DISK        SIZE  WHY\n"
            "sda      1.8 TiB  carries / and swap through\n"
            "                  LVM\n"
            "nvme0n1  932 GiB\n");
}

TEST(Render, ThenCutsTheWidest) {
  Table table;
  table.columns = {{"NODE", Fit::Cut}, {"STATE"}};
  table.rows = {{{std::string(60, 'n')}, {"connected"}}};
  EXPECT_EQ(render({{{"", table}}}, {.columns = 40}), "NODE                           STATE\n" +
                                                          std::string(28, 'n') +
                                                          "\xe2\x80\xa6  connected\n");
}

// Goal: whatever the width, no line is wider, down to what cannot be cut.
TEST(Render, KeepsToTheTerminal) {
  for (int columns = 44; columns < 120; ++columns) {
    const std::string text = render(disk_page(), {.columns = columns});
    for (std::size_t begin = 0; begin < text.size();) {
      const auto end = text.find('\n', begin);
      EXPECT_LE(screen_columns(text.substr(begin, end - begin)), columns) << text;
      begin = end + 1;
    }
  }
}

TEST(Render, ColoursOnlyWhenAsked) {
  EXPECT_EQ(render(disk_page(), {}).find('\x1b'), std::string::npos);
  const std::string coloured = render(disk_page(), {.colour = true});
  EXPECT_NE(coloured.find("\x1b[31mcarries / and swap through LVM\x1b[0m\n"), std::string::npos);
  EXPECT_EQ(coloured.find("\x1b[2J"), std::string::npos);  // the disk's own is still text
}

TEST(Render, AlignsFactsAndSaysWhatIsEmpty) {
  const Page page{{{"", Facts{{{"Node", {"host1"}}, {"Installer", {"connected"}}, {"", {"more"}}}}},
                   {"Disks", Table{{{"DISK"}}, {}, "No disks."}}}};
  EXPECT_EQ(render(page, {}),
            "Node       host1\n"
            "Installer  connected\n"
            "           more\n"
            "\n"
            "Disks\n"
            "No disks.\n");
}

TEST(Watch, RedrawsWhatFits) {
  EXPECT_EQ(redraw_text("T", "a\nb\n", 24), "\x1b[HT\x1b[K\n\x1b[K\na\x1b[K\nb\x1b[K\x1b[J");
  EXPECT_EQ(redraw_text("T", "1\n2\n3\n4\n", 4),
            "\x1b[HT\x1b[K\n\x1b[K\n1\x1b[K\n... the rest does not fit\x1b[K\x1b[J");
}

}  // namespace
}  // namespace joist::ctl
