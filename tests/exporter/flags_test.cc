#include "exporter/flags.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "collectors/collector_list.h"

namespace joist::exporter {
namespace {

using Strings = std::vector<std::string>;

std::string error_of(const Strings& arguments) {
  const auto flags = parse_flags(arguments);
  return flags ? "" : flags.error().message;
}

TEST(Flags, HaveNodeExportersStandards) {
  const auto flags = parse_flags({});
  ASSERT_TRUE(flags.has_value());
  EXPECT_EQ(flags->listen, Strings{"*:9100"});
  EXPECT_EQ(flags->telemetry_path, "/metrics");
  EXPECT_EQ(flags->max_requests, 40U);
  EXPECT_TRUE(flags->options.process);
  EXPECT_TRUE(flags->options.defaults);
  EXPECT_EQ(flags->roots.procfs, "/proc");
  EXPECT_TRUE(flags->warnings.empty());
}

TEST(Flags, AreReadAsKingpinDoes) {
  const Strings arguments{"--path.procfs=/host/proc",
                          "--path.rootfs",
                          "/host",
                          "--web.listen-address=:9100",
                          "--web.listen-address",
                          "127.0.0.1:9200",
                          "--web.max-requests=0",
                          "--web.disable-exporter-metrics",
                          "--web.systemd-socket",
                          "--no-web.systemd-socket",
                          "--collector.disable-defaults",
                          "--log.level=warn",
                          "--log.format=json",
                          "--runtime.gomaxprocs=4",
                          "--web.config.file=/etc/web.yml"};
  const auto flags = parse_flags(arguments);
  ASSERT_TRUE(flags.has_value()) << flags.error().message;
  EXPECT_EQ(flags->roots.procfs, "/host/proc");
  EXPECT_EQ(flags->roots.rootfs, "/host");
  EXPECT_EQ(flags->listen, (Strings{"*:9100", "127.0.0.1:9200"}));
  EXPECT_EQ(flags->max_requests, 0U);
  EXPECT_FALSE(flags->exporter_metrics);
  EXPECT_FALSE(flags->options.process);
  EXPECT_FALSE(flags->systemd_socket);
  EXPECT_FALSE(flags->options.defaults);
  EXPECT_EQ(flags->log_threshold, Priority::Warning);
  EXPECT_EQ(flags->web_config, "/etc/web.yml");
}

TEST(Flags, NameCollectorsAndTheirSettings) {
  const Strings arguments{"--no-collector.cpu",
                          "--collector.cpu",
                          "--collector.stat",
                          "--no-collector.stat",
                          "--collector.netdev.device-exclude=^(lo|veth.*)$",
                          "--collector.filesystem.mount-timeout",
                          "2s"};
  const auto flags = parse_flags(arguments);
  ASSERT_TRUE(flags.has_value()) << flags.error().message;
  EXPECT_EQ(flags->options.enabled, Strings{"cpu"});
  EXPECT_EQ(flags->options.disabled, Strings{"stat"});
  EXPECT_EQ(flags->options.settings.text("collector.netdev.device-exclude"), "^(lo|veth.*)$");
  EXPECT_EQ(flags->options.settings.duration("collector.filesystem.mount-timeout").count(), 2000);
}

TEST(Flags, MayHaveTheirOldNames) {
  const Strings arguments{"--collector.filesystem.ignored-mount-points=^/a",
                          "--collector.diskstats.ignored-devices=^b",
                          "--collector.netdev.device-blacklist=c"};
  const auto flags = parse_flags(arguments);
  ASSERT_TRUE(flags.has_value()) << flags.error().message;
  EXPECT_EQ(flags->options.settings.text("collector.filesystem.mount-points-exclude"), "^/a");
  EXPECT_EQ(flags->options.settings.text("collector.diskstats.device-exclude"), "^b");
  EXPECT_EQ(flags->options.settings.text("collector.netdev.device-exclude"), "c");
  EXPECT_EQ(flags->warnings.size(), 3U);
}

TEST(Flags, SwitchOffWhatIsNotThere) {
  const Strings off{"--no-collector.supervisord"};
  const auto flags = parse_flags(off);
  ASSERT_TRUE(flags.has_value());
  EXPECT_TRUE(flags->options.disabled.empty());
  EXPECT_EQ(flags->warnings.size(), 1U);
  EXPECT_NE(error_of({"--collector.supervisord"}).find("Joist has no such collector"),
            std::string::npos);
}

// As `prometheus-node-exporter --help-long` of Debian 12 lists those with a value or a switch of
// their own, and 1.12's hidden one.
TEST(Flags, TakesAllThatNodeExporterHas) {
  for (const char* flag : {"--collector.arp.device-include=x",
                           "--collector.bcache.priorityStats",
                           "--collector.cpu.guest",
                           "--collector.cpu.info",
                           "--collector.cpu.info.flags-include=x",
                           "--collector.cpu.info.bugs-include=x",
                           "--collector.diskstats.device-exclude=x",
                           "--collector.ethtool.metrics-include=x",
                           "--collector.filesystem.mount-points-exclude=x",
                           "--collector.filesystem.fs-types-exclude=x",
                           "--collector.filesystem.stat-workers=4",
                           "--collector.ipvs.backend-labels=x",
                           "--collector.netclass.ignored-devices=x",
                           "--collector.netclass.ignore-invalid-speed",
                           "--collector.netclass.netlink",
                           "--collector.netclass_rtnl.with-stats",
                           "--collector.netdev.address-info",
                           "--collector.netdev.enable-detailed-metrics",
                           "--collector.netdev.netlink",
                           "--collector.netstat.fields=x",
                           "--collector.ntp.server=127.0.0.1",
                           "--collector.ntp.server-port=123",
                           "--collector.ntp.protocol-version=4",
                           "--collector.ntp.server-is-local",
                           "--collector.ntp.ip-ttl=1",
                           "--collector.ntp.max-distance=3s",
                           "--collector.ntp.local-offset-tolerance=1ms",
                           "--collector.perf.cpus=0-3",
                           "--collector.perf.tracepoint=sched:sched_switch",
                           "--collector.powersupply.ignored-supplies=x",
                           "--collector.qdisc.fixtures=x",
                           "--collector.qdisk.device-include=x",
                           "--collector.qdisk.device-exclude=x",
                           "--collector.rapl.enable-zone-label",
                           "--collector.runit.servicedir=/etc/service",
                           "--collector.stat.softirq",
                           "--collector.supervisord.url=http://localhost:9001/RPC2",
                           "--collector.sysctl.include=kernel.pid_max",
                           "--collector.sysctl.include-info=x",
                           "--collector.systemd.unit-include=x",
                           "--collector.systemd.enable-task-metrics",
                           "--collector.systemd.enable-restarts-metrics",
                           "--collector.systemd.enable-start-time-metrics",
                           "--collector.tapestats.ignored-devices=x",
                           "--collector.textfile.directory=/x",
                           "--collector.vmstat.fields=x",
                           "--collector.wifi.fixtures=x",
                           "--web.disable-exporter-metrics",
                           "--help-long"}) {
    const std::vector<std::string> arguments{flag};
    const auto flags = parse_flags(arguments);
    EXPECT_TRUE(flags) << flags.error().message;
  }
}

TEST(Flags, SaysWhatIsWrong) {
  EXPECT_EQ(error_of({"--web.listen-adress=:1"}),
            "there is no flag --web.listen-adress; did you mean --web.listen-address? See --help");
  EXPECT_EQ(error_of({"metrics"}), "what is \"metrics\"? There are flags only");
  EXPECT_EQ(error_of({"--path.procfs"}), "--path.procfs needs a value");
  EXPECT_EQ(error_of({"--no-path.procfs"}),
            "--path.procfs is no switch: there is no --no-path.procfs");
  EXPECT_EQ(error_of({"--web.max-requests=many"}),
            "--web.max-requests: \"many\", expected a number");
  EXPECT_EQ(error_of({"--log.level=loud"}),
            "--log.level: \"loud\", expected debug, info, warn or error");
  EXPECT_EQ(error_of({"--web.telemetry-path=metrics"}),
            "--web.telemetry-path: \"metrics\", expected a path that begins with /");
  EXPECT_NE(error_of({"--collector.netdev.device-exclude=("}).find("--collector.netdev.device-"),
            std::string::npos);
  EXPECT_NE(error_of({"--no-collector.nonsense"}).find("there is no flag"), std::string::npos);
}

TEST(Help, NamesEveryCollectorAndSetting) {
  const std::string text = help_text();
  for (const auto name : collectors::collector_names()) {
    EXPECT_NE(text.find("--collector." + std::string(name)), std::string::npos) << name;
  }
  for (const auto& setting : collectors::settings()) {
    EXPECT_NE(text.find("--" + std::string(setting.name)), std::string::npos) << setting.name;
  }
}

}  // namespace
}  // namespace joist::exporter
