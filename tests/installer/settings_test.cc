#include "installer/settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/support/temp_root.h"

namespace joist::installer {
namespace {

class SettingsTest : public testing::Test {
 protected:
  Result<Settings> load(const std::string& text) {
    root_.write("/installer.yaml", text);
    ::chmod((root_.path() / "installer.yaml").c_str(), 0644);
    return load_settings((root_.path() / "installer.yaml").string());
  }
  support::TempRoot root_;
};

TEST_F(SettingsTest, HaveTheDefaultsTheSchemaStates) {
  const auto settings = load("");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->name, "joist");
  EXPECT_EQ(settings->listen, "*:7443");
  EXPECT_EQ(settings->metrics_listen, "127.0.0.1:7445");
  EXPECT_EQ(settings->certificate_life, std::chrono::hours{720});
  EXPECT_EQ(settings->silence_max, std::chrono::seconds{40});
  EXPECT_EQ(settings->sessions_max, 10'000U);
}

TEST_F(SettingsTest, TakeWhatTheFileSays) {
  const auto settings = load(
      "listen: \"192.0.2.1:7\"\ncertificate_names: [a.example, 192.0.2.1, \"2001:db8::1\"]\n"
      "silence_max: 2500ms\ncertificate_life: 1h\nsessions_max: 3\n");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->listen, "192.0.2.1:7");
  EXPECT_EQ(settings->certificate_names.size(), 3U);
  EXPECT_EQ(settings->silence_max, std::chrono::milliseconds{2500});
  EXPECT_EQ(settings->certificate_life, std::chrono::hours{1});
  EXPECT_EQ(settings->sessions_max, 3U);
}

TEST_F(SettingsTest, RefuseWhatNoCertificateCanName) {
  for (const std::string name : {"\"\"", "a b", "http://x", "\"*.example\""}) {
    const auto settings = load("certificate_names: [" + name + "]\n");
    ASSERT_FALSE(settings.has_value()) << name;
    EXPECT_NE(settings.error().message.find("certificate_names[0]"), std::string::npos)
        << settings.error().message;
  }
}

TEST_F(SettingsTest, RefuseAnUnknownKeyWithItsPlace) {
  const auto settings = load("listn: \"*:7443\"\n");
  ASSERT_FALSE(settings.has_value());
  EXPECT_NE(settings.error().message.find("installer.yaml:1:1"), std::string::npos)
      << settings.error().message;
}

TEST(Settings, RefuseAMissingFile) {
  EXPECT_EQ(load_settings("/nowhere/installer.yaml").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace joist::installer
