#include "base/config_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "joist/v1/cluster.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::base {
namespace {

class ConfigFile : public testing::Test {
 protected:
  ConfigFile() {
    std::string pattern = testing::TempDir() + "joist-config-XXXXXX";
    directory_ = ::mkdtemp(pattern.data());
    path_ = directory_ / "agent.yaml";
  }
  ~ConfigFile() override { std::filesystem::remove_all(directory_); }

  void write(const std::string& text) { std::ofstream(path_) << text; }

  Error error() {
    v1::NodeSpec spec;
    const auto loaded = load_config(path_, spec);
    EXPECT_FALSE(loaded.has_value());
    return loaded ? Error{} : loaded.error();
  }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

TEST_F(ConfigFile, IsLoaded) {
  write("name: host1\n");
  v1::NodeSpec spec;
  const auto loaded = load_config(path_, spec);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(spec.name(), "host1");
}

TEST_F(ConfigFile, NamesThePlaceOfAnError) {
  write("name: host1\nrols: []\n");
  EXPECT_EQ(error().code, ErrorCode::Malformed);
  EXPECT_EQ(error().message, path_.string() + ":2:1: unknown key \"rols\", did you mean roles?");
}

TEST_F(ConfigFile, IsNotThere) {
  EXPECT_EQ(error().code, ErrorCode::NotFound);
  EXPECT_EQ(error().message, "open " + path_.string() + ": No such file or directory");
}

TEST_F(ConfigFile, IsNoFile) {
  std::filesystem::create_directory(path_);
  EXPECT_EQ(error().message, path_.string() + ": not a regular file, expected a configuration");
  std::filesystem::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);  // and does not wait for a writer
  EXPECT_EQ(error().code, ErrorCode::Refused);
}

TEST_F(ConfigFile, IsNotBelievedWhenAnybodyMayWriteIt) {
  write("name: host1\n");
  ASSERT_EQ(::chmod(path_.c_str(), 0666), 0);
  EXPECT_EQ(error().code, ErrorCode::Refused);
  EXPECT_NE(error().message.find("chmod o-w"), std::string::npos);
}

TEST_F(ConfigFile, IsNotBelievedWhenItIsAStrangers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  write("name: host1\n");
  ASSERT_EQ(::chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_EQ(error().code, ErrorCode::Refused);
}

TEST_F(ConfigFile, IsTooLarge) {
  write(std::string((1 << 20) + 100'000, '#'));
  EXPECT_EQ(error().message, path_.string() + ":1:1: larger than 1 MiB, expected a configuration");
}

}  // namespace
}  // namespace joist::base
