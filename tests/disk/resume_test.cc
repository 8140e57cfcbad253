// Goal: every resume= of a command line is found, and nothing else. Method: a table.
#include "disk/resume.h"

#include <gtest/gtest.h>

namespace joist::disk {
namespace {

using Texts = std::vector<std::string>;

Texts specs(std::string_view command_line) {
  Texts texts;
  for (const ResumeDevice& device : parse_resume(command_line)) texts.push_back(device.spec);
  return texts;
}

TEST(ParseResume, FindsEveryOneOnce) {
  struct Row {
    const char* command_line;
    Texts expected;
  };
  const std::vector<Row> rows{
      {"", {}},
      {"BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro quiet\n", {}},
      {"root=/dev/sda1 resume=UUID=6f1c ro\n", {"UUID=6f1c"}},
      {"resume=/dev/sda2\n", {"/dev/sda2"}},
      {"resume=/dev/sda2 resume=8:2", {"/dev/sda2", "8:2"}},
      {"resume=/dev/sda2 noresume\tresume=/dev/sda2", {"/dev/sda2"}},
      {"resume=\"LABEL=my swap\" ro", {"LABEL=my swap"}},
      {"\"resume=LABEL=my swap\" ro", {"LABEL=my swap"}},
      {"resume= resume_offset=34816 noresume resumewait x.resume=1 RESUME=2", {}},
      {"resume=\"unclosed ro", {"unclosed ro"}},
  };
  for (const Row& row : rows) EXPECT_EQ(specs(row.command_line), row.expected) << row.command_line;
}

}  // namespace
}  // namespace joist::disk
