#include "agent/config.h"

#include <gtest/gtest.h>

#include "tests/support/temp_root.h"

namespace joist::agent {
namespace {

using namespace std::chrono_literals;

TEST(Config, IsMadeComplete) {
  const auto spec = with_defaults({});
  EXPECT_EQ(spec.metrics().listen(), "*:7444");
  EXPECT_EQ(spec.metrics().connections_max(), 64U);
  EXPECT_EQ(spec.installer().heartbeat().seconds(), 10);
  EXPECT_EQ(spec.time().error_max().nanos(), 500'000'000);
}

TEST(Config, KeepsWhatIsSaid) {
  support::TempRoot files;
  files.write("/agent.yaml", "name: n1\nmetrics: {listen: \"127.0.0.1:9\"}\n");
  const auto spec = Config((files.path() / "agent.yaml").string()).read();
  ASSERT_TRUE(spec.has_value()) << spec.error().message;
  EXPECT_EQ(spec->name(), "n1");
  EXPECT_EQ(spec->metrics().listen(), "127.0.0.1:9");
  EXPECT_EQ(spec->metrics().connections_max(), 64U);
}

TEST(Config, StaysInForceWhenTheNextIsRefused) {
  support::TempRoot files;
  files.write("/agent.yaml", "name: n1\n");
  Config config((files.path() / "agent.yaml").string());
  config.adopt(*config.read(), WallTime(100s));
  files.write("/agent.yaml", "nmae: n2\n");
  const auto bad = config.read();
  ASSERT_FALSE(bad.has_value());
  config.refuse(bad.error(), WallTime(200s));
  EXPECT_EQ(config.spec().name(), "n1");
  EXPECT_FALSE(config.last_reload_successful());
  EXPECT_EQ(config.status().load_time().seconds(), 100);
  EXPECT_EQ(config.status().error_time().seconds(), 200);
  EXPECT_NE(config.status().error().find("agent.yaml:1:1"), std::string::npos);

  files.write("/agent.yaml", "name: n3\n");
  config.adopt(*config.read(), WallTime(300s));
  EXPECT_TRUE(config.last_reload_successful());
  EXPECT_EQ(config.status().load_time().seconds(), 300);
  EXPECT_FALSE(config.status().has_error_time());
}

}  // namespace
}  // namespace joist::agent
