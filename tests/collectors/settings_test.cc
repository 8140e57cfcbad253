// Goal: what node_exporter's flags say about collectors is said in the same words here.
#include "collectors/settings.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collectors/collector_list.h"
#include "joist/v1/rule.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kExclude = "collector.netdev.device-exclude";
constexpr std::string_view kInclude = "collector.netdev.device-include";
constexpr std::string_view kTimeout = "collector.filesystem.mount-timeout";

// `joistctl config check` and the agent hold a file to the schema, which has no collectors.
TEST(Schema, KnowsTheCollectors) {
  const auto& rule = v1::MetricsSpec::descriptor()
                         ->FindFieldByName("disabled_collectors")
                         ->options()
                         .GetExtension(v1::rule);
  const std::vector<std::string> known(rule.known().begin(), rule.known().end());
  const std::vector<std::string> there(collector_names().begin(), collector_names().end());
  EXPECT_EQ(known, there) << "make them the same: `known` of MetricsSpec.disabled_collectors in "
                             "proto/joist/v1/spec.proto, in the alphabet's order";
}

TEST(Schema, KnowsTheSettings) {
  const auto& rule =
      v1::CollectorSetting::descriptor()->FindFieldByName("name")->options().GetExtension(v1::rule);
  const std::vector<std::string> known(rule.known().begin(), rule.known().end());
  std::vector<std::string> there;
  for (const Setting& setting : settings()) {
    if (setting.name != "collector.textfile.directory") there.emplace_back(setting.name);
  }
  EXPECT_EQ(known, there) << "make them the same: `known` of CollectorSetting.name in "
                             "proto/joist/v1/spec.proto, in the alphabet's order";
}

TEST(Settings, HoldTheirStandardUntilSet) {
  Settings settings;
  EXPECT_EQ(settings.text(kExclude), "^lo$");
  ASSERT_TRUE(settings.set(kExclude, "^eth"));
  EXPECT_EQ(settings.text(kExclude), "^eth");
  ASSERT_TRUE(settings.set(kTimeout, "1.5s"));
  EXPECT_EQ(settings.duration(kTimeout), 1500ms);
}

TEST(Settings, RefuseWhatIsNoneNamingIt) {
  Settings settings;
  const auto unknown = settings.set("collector.netdev.device-exlude", "x");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("did you mean collector.netdev.device-exclude?"),
            std::string::npos)
      << unknown.error().message;
  for (const auto& [name, value] :
       {std::pair{kExclude, "("}, {kTimeout, "soon"}, {kTimeout, "0s"}}) {
    const auto refused = settings.set(name, value);
    ASSERT_FALSE(refused) << name << "=" << value;
    EXPECT_EQ(refused.error().code, ErrorCode::Malformed);
    EXPECT_NE(refused.error().message.find(name), std::string::npos) << refused.error().message;
  }
  EXPECT_EQ(settings.text(kExclude), "^lo$");
}

TEST(Settings, IncludeReplacesTheStandardExclude) {
  Settings settings;
  ASSERT_TRUE(settings.set(kInclude, "^(lo|eth.*)$"));
  const auto filter = settings.devices("collector.netdev.device");
  ASSERT_TRUE(filter);
  EXPECT_FALSE(filter->leaves_out("lo"));
  EXPECT_FALSE(filter->leaves_out("eth0"));
  EXPECT_TRUE(filter->leaves_out("veth0"));

  ASSERT_TRUE(settings.set(kExclude, "^lo$"));
  EXPECT_FALSE(settings.devices("collector.netdev.device"));
}

// A row with a bad standard would end the program of whoever asks for it.
TEST(Settings, HaveStandardsOfTheirKind) {
  EXPECT_TRUE(std::ranges::is_sorted(settings(), {}, &Setting::name));
  for (const Setting& setting : settings()) {
    if (setting.kind == Setting::Kind::List) continue;
    Settings all;
    const auto set = all.set(setting.name, setting.standard);
    EXPECT_TRUE(set) << setting.name << ": " << set.error().message;
    EXPECT_TRUE(setting.name.starts_with("collector.")) << setting.name;
    EXPECT_FALSE(setting.help.empty()) << setting.name;
  }
}

TEST(CollectorList, EveryCollectorIsMadeUnderItsName) {
  EXPECT_TRUE(std::ranges::is_sorted(collector_names()));
  Options all;
  for (const Source& source : sources()) {
    all.enabled.emplace_back(source.name);
    const auto made = source.make({}, all.settings);
    ASSERT_TRUE(made) << source.name;
    EXPECT_EQ((*made)->name(), source.name);
  }
  const auto made = make_collectors({}, all);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->size(), sources().size());
}

}  // namespace
}  // namespace joist::collectors
