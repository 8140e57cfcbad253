// Goal: nobody believes a file that is not whole, as it was written, and of its kind. Method: write
// one, break it in every way there is a place for, and read it.
#include "base/checked_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "tests/support/temp_root.h"

namespace joist {
namespace {

constexpr std::string_view kKind = "joist-test-1";
constexpr std::size_t kBytesMax = 256;

class CheckedFile : public testing::Test {
 protected:
  std::string path() const { return root_.path() / "file"; }

  std::string text() const { return root_.sys_root().read("/file").value(); }

  void write_text(std::string_view text) const { root_.write("/file", text); }

  std::string written(std::string_view bytes) const {
    EXPECT_TRUE(write_checked(path(), kKind, bytes, 0600).has_value());
    return text();
  }

  // What reading it brings; nothing: it was read.
  std::optional<ErrorCode> error(std::string_view kind = kKind,
                                 std::size_t bytes_max = kBytesMax) const {
    const auto read = read_checked(path(), kind, bytes_max);
    if (read) return std::nullopt;
    EXPECT_NE(read.error().message.find(path()), std::string::npos) << read.error().message;
    return read.error().code;
  }

  support::TempRoot root_;
};

TEST_F(CheckedFile, ComesBackAsItWasWritten) {
  std::string all(256, '\0');
  for (std::size_t at = 0; at < all.size(); ++at) all[at] = static_cast<char>(at);
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(3, '\0'),
                                   std::string("joist-test-1\n"), all}) {
    written(bytes);
    const auto read = read_checked(path(), kKind, kBytesMax);
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, bytes);
  }
}

TEST_F(CheckedFile, IsReplacedWholeWithItsMode) {
  written("one and more");
  ASSERT_TRUE(write_checked(path(), kKind, "two", 0640).has_value());
  EXPECT_EQ(read_checked(path(), kKind, kBytesMax).value(), "two");
  struct stat status {};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(CheckedFile, IsMalformedAtEveryLengthThatIsNotItsOwn) {
  const std::string whole = written("what it holds");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_text(whole.substr(0, length));
    EXPECT_EQ(error(), ErrorCode::Malformed) << length;
  }
  write_text(whole + '\0');
  EXPECT_EQ(error(), ErrorCode::Malformed);
  write_text(whole + whole);
  EXPECT_EQ(error(), ErrorCode::Malformed);
  write_text(whole);
  EXPECT_EQ(error(), std::nullopt);
}

TEST_F(CheckedFile, IsMalformedWithABitFlippedAnywhere) {
  const std::string whole = written("what it holds");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      write_text(changed);
      EXPECT_EQ(error(), ErrorCode::Malformed) << "bit " << bit << " of byte " << at;
    }
  }
}

TEST_F(CheckedFile, IsMalformedAsAnotherKind) {
  written("x");
  for (const std::string_view kind : {"joist-test-2", "joist-test-", "joist-test-11", "", "x"}) {
    EXPECT_EQ(error(kind), ErrorCode::Malformed) << kind;
  }
  EXPECT_EQ(error(), std::nullopt);
}

TEST_F(CheckedFile, IsMalformedWhereItIsTooLarge) {
  written(std::string(kBytesMax, 'x'));
  EXPECT_EQ(error(), std::nullopt);
  written(std::string(kBytesMax + 1, 'x'));
  EXPECT_EQ(error(), ErrorCode::Malformed);
  EXPECT_EQ(error(kKind, kBytesMax + 1), std::nullopt);
  written("");
  EXPECT_EQ(error(kKind, 0), std::nullopt);
}

TEST_F(CheckedFile, IsMalformedWhereItIsNoFile) {
  written("x");
  std::filesystem::rename(path(), path() + ".real");
  std::filesystem::create_symlink(path() + ".real", path());
  EXPECT_EQ(error(), ErrorCode::Malformed);
  std::filesystem::remove(path());
  std::filesystem::create_symlink(path() + ".none", path());
  EXPECT_EQ(error(), ErrorCode::Malformed);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_EQ(error(), ErrorCode::Malformed);
  std::filesystem::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);  // without waiting for who writes to it
  EXPECT_EQ(error(), ErrorCode::Malformed);
}

TEST_F(CheckedFile, IsNotFoundWhereThereIsNone) {
  EXPECT_EQ(error(), ErrorCode::NotFound);
  EXPECT_EQ(read_checked(path() + "/below", kKind, kBytesMax).error().code, ErrorCode::NotFound);
  written("x");
  // No file, but a file in the way: neither.
  EXPECT_EQ(read_checked(path() + "/below", kKind, kBytesMax).error().code, ErrorCode::Io);
}

TEST_F(CheckedFile, IsNotMadeWhereThereIsNoDirectory) {
  EXPECT_EQ(write_checked(path() + "/below", kKind, "x", 0600).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist
