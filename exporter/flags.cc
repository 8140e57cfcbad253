#include "exporter/flags.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/closest_word.h"
#include "collectors/collector_list.h"

namespace joist::exporter {
namespace {

constexpr std::string_view kCollector = "collector.";

enum class Kind { Text, Switch };

struct Flag {
  std::string_view name;
  Kind kind;
  std::string_view standard;
  std::string_view help;
};

constexpr Flag kFlags[] = {
    {"help", Kind::Switch, "", "Show this."},
    {"version", Kind::Switch, "", "Show the version."},
    {"path.procfs", Kind::Text, "/proc", "Where procfs is."},
    {"path.sysfs", Kind::Text, "/sys", "Where sysfs is."},
    {"path.rootfs", Kind::Text, "/", "Where the host's root is."},
    {"path.udev.data", Kind::Text, "/run/udev/data", "Where udev keeps what it knows."},
    {"web.listen-address", Kind::Text, ":9100",
     "Where to serve; several times for several addresses."},
    {"web.systemd-socket", Kind::Switch, "", "Serve on systemd's sockets instead."},
    {"web.config.file", Kind::Text, "", "TLS and users, as exporter-toolkit writes them."},
    {"web.telemetry-path", Kind::Text, "/metrics", "The page of the metrics."},
    {"web.disable-exporter-metrics", Kind::Switch, "", "Leave out promhttp_* and process_*."},
    {"web.max-requests", Kind::Text, "40", "Scrapes at once; one more is answered 503. 0: any."},
    {"collector.disable-defaults", Kind::Switch, "", "Only the collectors that are named."},
    {"log.level", Kind::Text, "info", "debug, info, warn or error."},
    {"log.format", Kind::Text, "logfmt", "logfmt or json; read and without effect."},
    {"runtime.gomaxprocs", Kind::Text, "1", "Read and without effect."},
};

// What node_exporter called it before: a name, and what it became.
constexpr std::pair<std::string_view, std::string_view> kOldNames[] = {
    {"collector.diskstats.ignored-devices", "collector.diskstats.device-exclude"},
    {"collector.filesystem.ignored-fs-types", "collector.filesystem.fs-types-exclude"},
    {"collector.filesystem.ignored-mount-points", "collector.filesystem.mount-points-exclude"},
    {"collector.netdev.device-blacklist", "collector.netdev.device-exclude"},
    {"collector.netdev.device-whitelist", "collector.netdev.device-include"},
    {"collector.qdisk.device-exclude", "collector.qdisc.device-exclude"},
    {"collector.qdisk.device-include", "collector.qdisc.device-include"},
    {"collector.systemd.unit-blacklist", "collector.systemd.unit-exclude"},
    {"collector.systemd.unit-whitelist", "collector.systemd.unit-include"},
    {"help-long", "help"},
    {"web.config", "web.config.file"},
};

// Of collectors that are not here, and of how node_exporter works inside: taken, so that what
// starts it starts this.
struct IdleFlag {
  std::string_view name;
  Kind kind;
};
constexpr IdleFlag kIdleFlags[] = {
    {"collector.filesystem.stat-workers", Kind::Text},
    {"collector.netclass_rtnl.with-stats", Kind::Switch},
    {"collector.ntp.ip-ttl", Kind::Text},
    {"collector.ntp.local-offset-tolerance", Kind::Text},
    {"collector.ntp.max-distance", Kind::Text},
    {"collector.ntp.protocol-version", Kind::Text},
    {"collector.ntp.server", Kind::Text},
    {"collector.ntp.server-is-local", Kind::Switch},
    {"collector.ntp.server-port", Kind::Text},
    {"collector.qdisc.fixtures", Kind::Text},
    {"collector.runit.servicedir", Kind::Text},
    {"collector.supervisord.url", Kind::Text},
    {"collector.systemd.private", Kind::Switch},
    {"collector.wifi.fixtures", Kind::Text},
};

// Collectors of some node_exporter; switching off what is not there is done.
constexpr std::string_view kTheirCollectors[] = {
    "arp",
    "bcache",
    "bcachefs",
    "bonding",
    "btrfs",
    "buddyinfo",
    "cgroups",
    "conntrack",
    "cpu",
    "cpu_vulnerabilities",
    "cpufreq",
    "diskstats",
    "dmi",
    "dmmultipath",
    "drbd",
    "drm",
    "edac",
    "entropy",
    "ethtool",
    "fibrechannel",
    "filefd",
    "filesystem",
    "hwmon",
    "infiniband",
    "interrupts",
    "ipvs",
    "kernel_hung",
    "ksmd",
    "lnstat",
    "loadavg",
    "logind",
    "mdadm",
    "meminfo",
    "meminfo_numa",
    "mountstats",
    "netclass",
    "netdev",
    "netstat",
    "network_route",
    "nfs",
    "nfsd",
    "ntp",
    "nvme",
    "nvmesubsystem",
    "os",
    "pcidevice",
    "perf",
    "powersupplyclass",
    "pressure",
    "processes",
    "qdisc",
    "rapl",
    "runit",
    "schedstat",
    "selinux",
    "slabinfo",
    "sockstat",
    "softirqs",
    "softnet",
    "stat",
    "supervisord",
    "swap",
    "sysctl",
    "systemd",
    "tapestats",
    "tcpstat",
    "textfile",
    "thermal_zone",
    "time",
    "timex",
    "udp_queues",
    "uname",
    "vmstat",
    "watchdog",
    "wifi",
    "xfrm",
    "xfs",
    "zfs",
    "zoneinfo",
};

tl::unexpected<Error> malformed(std::string message) {
  return fail(ErrorCode::Malformed, std::move(message));
}

std::string dashed(std::string_view name) { return "--" + std::string(name); }

bool is_collector(std::string_view name) {
  return std::ranges::binary_search(collectors::collector_names(), name);
}

bool is_setting(std::string_view name) {
  return std::ranges::binary_search(collectors::settings(), name, {}, &collectors::Setting::name);
}

const Flag* find_flag(std::string_view name) {
  const auto* const found = std::ranges::find(kFlags, name, &Flag::name);
  return found == std::end(kFlags) ? nullptr : found;
}

std::optional<unsigned> to_number(std::string_view text) {
  unsigned value = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

std::optional<Priority> to_priority(std::string_view word) {
  if (word == "debug") return Priority::Debug;
  if (word == "info") return Priority::Info;
  if (word == "warn") return Priority::Warning;
  if (word == "error") return Priority::Error;
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::span<const std::string> arguments) : arguments_(arguments) {}

  Result<Flags> parse() {
    while (!arguments_.empty()) {
      const std::string argument = arguments_.front();
      arguments_ = arguments_.subspan(1);
      if (auto taken = take(argument); !taken) return tl::unexpected<Error>(taken.error());
      if (flags_.ask != Flags::Ask::Serve) return std::move(flags_);
    }
    for (const auto& [name, on] : collectors_) {
      (on ? flags_.options.enabled : flags_.options.disabled).push_back(name);
    }
    if (flags_.listen.empty()) flags_.listen.emplace_back("*:9100");
    flags_.options.process = flags_.exporter_metrics;
    return std::move(flags_);
  }

 private:
  Result<void> take(std::string_view argument) {
    if (argument == "-h") argument = "--help";
    if (!argument.starts_with("--")) {
      return malformed("what is \"" + std::string(argument) + "\"? There are flags only");
    }
    argument.remove_prefix(2);
    const auto equals = argument.find('=');
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = std::string(argument.substr(equals + 1));
    std::string name(argument.substr(0, equals));

    bool on = true;
    if (name.starts_with("no-") && !value) {
      on = false;
      name.erase(0, 3);
    }
    const auto* const old =
        std::ranges::find(kOldNames, name, [](const auto& one) { return one.first; });
    if (old != std::end(kOldNames)) {
      flags_.warnings.push_back(dashed(name) + " is now called " + dashed(old->second));
      name = old->second;
    }
    if (const Flag* const flag = find_flag(name)) return take_flag(*flag, on, std::move(value));
    if (is_setting(name)) return take_setting(name, on, std::move(value));
    const auto* const idle = std::ranges::find(kIdleFlags, name, &IdleFlag::name);
    if (idle != std::end(kIdleFlags)) return take_idle(*idle, on, std::move(value));
    if (name.starts_with(kCollector) && !value) {
      return take_collector(name.substr(kCollector.size()), on);
    }
    return unknown(name);
  }

  // The value of a flag that has one, from the next argument if need be.
  Result<std::string> value_of(std::string_view name, bool on, std::optional<std::string> value) {
    if (!on)
      return malformed(dashed(name) + " is no switch: there is no --no-" + std::string(name));
    if (value) return std::move(*value);
    if (arguments_.empty()) return malformed(dashed(name) + " needs a value");
    std::string next = arguments_.front();
    arguments_ = arguments_.subspan(1);
    return next;
  }

  Result<void> take_flag(const Flag& flag, bool on, std::optional<std::string> value) {
    if (flag.kind == Kind::Switch) {
      if (value && *value != "true" && *value != "false") {
        return malformed(dashed(flag.name) + ": \"" + *value + "\", expected true or false");
      }
      take_switch(flag.name, value ? *value == "true" : on);
      return {};
    }
    auto text = value_of(flag.name, on, std::move(value));
    if (!text) return tl::unexpected<Error>(text.error());
    return take_text(flag.name, std::move(*text));
  }

  Result<void> take_idle(const IdleFlag& flag, bool on, std::optional<std::string> value) {
    if (flag.kind == Kind::Text) {
      if (auto text = value_of(flag.name, on, std::move(value)); !text) {
        return tl::unexpected<Error>(text.error());
      }
    }
    flags_.warnings.push_back(dashed(flag.name) + " has no effect");
    return {};
  }

  void take_switch(std::string_view name, bool on) {
    if (name == "help" && on) flags_.ask = Flags::Ask::Help;
    if (name == "version" && on) flags_.ask = Flags::Ask::Version;
    if (name == "web.systemd-socket") flags_.systemd_socket = on;
    if (name == "web.disable-exporter-metrics") flags_.exporter_metrics = !on;
    if (name == "collector.disable-defaults") flags_.options.defaults = !on;
  }

  Result<void> take_text(std::string_view name, std::string text) {
    const auto refuse = [&](std::string_view expected) {
      return malformed(dashed(name) + ": \"" + text + "\", expected " + std::string(expected));
    };
    if (name == "path.procfs") {
      flags_.roots.procfs = text;
    } else if (name == "path.sysfs") {
      flags_.roots.sysfs = text;
    } else if (name == "path.rootfs") {
      flags_.roots.rootfs = text;
    } else if (name == "path.udev.data") {
      flags_.roots.udev_data = text;
    } else if (name == "web.listen-address") {
      // Go's ":9100" is our "*:9100".
      flags_.listen.push_back(text.starts_with(':') ? "*" + text : text);
    } else if (name == "web.config.file") {
      flags_.web_config = text;
    } else if (name == "web.telemetry-path") {
      if (!text.starts_with('/')) return refuse("a path that begins with /");
      flags_.telemetry_path = text;
    } else if (name == "web.max-requests") {
      const auto number = to_number(text);
      if (!number) return refuse("a number");
      flags_.max_requests = *number;
    } else if (name == "log.level") {
      const auto priority = to_priority(text);
      if (!priority) return refuse("debug, info, warn or error");
      flags_.log_threshold = *priority;
    } else if (name == "log.format") {
      if (text != "logfmt" && text != "json") return refuse("logfmt or json");
    } else if (name == "runtime.gomaxprocs") {
      if (!to_number(text)) return refuse("a number");
    }
    return {};
  }

  Result<void> take_setting(const std::string& name, bool on, std::optional<std::string> value) {
    if (collectors::is_switch(name) && !value) {
      return checked(flags_.options.settings.set(name, on ? "true" : "false"));
    }
    auto text = value_of(name, on, std::move(value));
    if (!text) return tl::unexpected<Error>(text.error());
    return checked(flags_.options.settings.set(name, *text));
  }

  static Result<void> checked(Result<void> outcome) {
    if (!outcome) return malformed("--" + outcome.error().message);
    return outcome;
  }

  Result<void> take_collector(const std::string& name, bool on) {
    if (is_collector(name)) {
      collectors_[name] = on;
      return {};
    }
    const bool theirs = std::ranges::find(kTheirCollectors, name) != std::end(kTheirCollectors);
    if (!theirs) return unknown(std::string(kCollector) + name);
    if (on) {
      return malformed("--collector." + name + ": Joist has no such collector; leave the flag out");
    }
    flags_.warnings.push_back("--no-collector." + name + " has no effect: there is none");
    return {};
  }

  static Result<void> unknown(const std::string& name) {
    std::vector<std::string> names;
    for (const Flag& flag : kFlags) names.emplace_back(flag.name);
    for (const auto& setting : collectors::settings()) names.emplace_back(setting.name);
    for (const auto collector : collectors::collector_names()) {
      names.push_back(std::string(kCollector).append(collector));
    }
    std::string message = "there is no flag " + dashed(name);
    if (const auto near = closest_word(name, names))
      message += "; did you mean " + dashed(*near) + "?";
    return malformed(message + " See --help");
  }

  std::span<const std::string> arguments_;
  Flags flags_;
  std::map<std::string, bool> collectors_;
};

void add_line(std::string& text, const std::string& flag, std::string_view standard,
              std::string_view help) {
  text += "  " + flag;
  if (!standard.empty()) text.append(" [").append(standard).append("]");
  text.append("\n      ").append(help).append("\n");
}

}  // namespace

Result<Flags> parse_flags(std::span<const std::string> arguments) {
  return Parser(arguments).parse();
}

std::string help_text() {
  std::string text =
      "Usage: joist-exporter [FLAG]...\n"
      "Serves this host's metrics to Prometheus under node_exporter's names, and takes\n"
      "node_exporter's flags. See joist-exporter(8).\n\n";
  for (const Flag& flag : kFlags) {
    const std::string value = flag.kind == Kind::Text ? "=VALUE" : "";
    add_line(text, dashed(flag.name) + value, flag.standard, flag.help);
  }
  text += "\nCollectors, on unless it says off; --no-collector.NAME switches one off:\n";
  for (const collectors::Source& source : collectors::sources()) {
    const bool off = source.standard == collectors::Source::Standard::Off;
    text += "  --collector." + std::string(source.name) + (off ? " [off]\n" : "\n");
  }
  text += "\nTheir settings:\n";
  for (const collectors::Setting& setting : collectors::settings()) {
    const bool alone = collectors::is_switch(setting.name);
    add_line(text, dashed(setting.name) + (alone ? "" : "=VALUE"), setting.standard, setting.help);
  }
  return text;
}

}  // namespace joist::exporter
