// joist-collect: prints this host's metrics once, as a scrape would get them.
//
//   joist-collect [--path.procfs=DIR] [--path.sysfs=DIR] [--path.rootfs=DIR]
//                 [--path.udev.data=DIR] [--collector.NAME]... [--no-collector.NAME]...
//                 [--collector.NAME.SETTING=VALUE]... [--[no-]collector.NAME.SWITCH]...
//                 [--collector.disable-defaults]
//                 [--pages=N]
//
// With --pages=N it collects N times and prints the last page: what a long-lived
// process shows, and how its cost per page is measured. Exit status: 0, or 2 for
// an argument it does not know.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/fields.h"
#include "collectors/scrape.h"

namespace joist::collectors {
namespace {

struct Arguments {
  Roots roots;
  Options options;
  unsigned pages = 1;
};

std::optional<std::string> value_of(std::string_view argument, std::string_view flag) {
  if (!argument.starts_with(flag)) return std::nullopt;
  return std::string(argument.substr(flag.size()));
}

// "--collector.stat.softirq" and "--no-collector.stat.softirq".
bool take_switch(std::string_view argument, Settings& settings) {
  const bool off = argument.starts_with("--no-");
  const std::string_view name = argument.substr(std::min(off ? sizeof "--no" : 2, argument.size()));
  return is_switch(name) && settings.set(name, off ? "false" : "true").has_value();
}

// False if there is no such argument.
bool take(std::string_view argument, Arguments& arguments) {
  if (auto procfs = value_of(argument, "--path.procfs=")) {
    arguments.roots.procfs = *procfs;
  } else if (auto sysfs = value_of(argument, "--path.sysfs=")) {
    arguments.roots.sysfs = *sysfs;
  } else if (auto rootfs = value_of(argument, "--path.rootfs=")) {
    arguments.roots.rootfs = *rootfs;
  } else if (auto udev = value_of(argument, "--path.udev.data=")) {
    arguments.roots.udev_data = *udev;
  } else if (argument == "--collector.disable-defaults") {
    arguments.options.defaults = false;
  } else if (take_switch(argument, arguments.options.settings)) {
    return true;
  } else if (auto off = value_of(argument, "--no-collector.")) {
    arguments.options.disabled.push_back(*off);
  } else if (argument.starts_with("--collector.") && argument.find('=') != argument.npos) {
    const auto equals = argument.find('=');
    const std::string_view name = argument.substr(2, equals - 2);
    if (auto set = arguments.options.settings.set(name, argument.substr(equals + 1)); !set) {
      std::fprintf(stderr, "joist-collect: %s\n", set.error().message.c_str());
      return false;
    }
  } else if (auto on = value_of(argument, "--collector.")) {
    arguments.options.enabled.push_back(*on);
  } else if (auto pages = value_of(argument, "--pages=")) {
    const auto number = parse_number<unsigned>(*pages);
    if (!number || *number == 0) return false;
    arguments.pages = *number;
  } else {
    return false;
  }
  return true;
}

bool print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(STDOUT_FILENO, text.data(), text.size());
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

int run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    if (take(argv[i], arguments)) continue;
    std::fprintf(stderr, "joist-collect: unknown argument %s\n", argv[i]);
    return 2;
  }
  auto scrape = Scrape::make(arguments.roots, arguments.options);
  if (!scrape) {
    std::fprintf(stderr, "joist-collect: %s\n", scrape.error().message.c_str());
    return 2;
  }
  std::string_view page;
  for (unsigned i = 0; i < arguments.pages; ++i) page = (*scrape)->page();
  const int status = print(page) ? 0 : 1;
  // A collector that hangs never ends: there is no tidying up under its feet.
  if ((*scrape)->stuck() > 0) std::_Exit(status);
  return status;
}

}  // namespace
}  // namespace joist::collectors

int main(int argc, char** argv) { return joist::collectors::run(argc, argv); }
