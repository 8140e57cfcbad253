// joist-agent: watches the host, judges what it is ready for, tells the installer.
#include <getopt.h>
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "agent/agent.h"
#include "base/log.h"
#include "base/version.h"

namespace {

using joist::Priority;

constexpr const char* kUsage =
    "Usage: joist-agent [OPTION]...\n"
    "Watches this host, serves its metrics, judges what it is ready for, and tells\n"
    "the installer it has joined.\n"
    "\n"
    "  --config FILE         what this host is wanted to be [/etc/joist/agent.yaml]\n"
    "  --state-dir DIR       where its identity is kept [/var/lib/joist]\n"
    "  --run-dir DIR         where agent.sock is made [/run/joist]\n"
    "  --helper-socket PATH  where joist-helper listens [RUN_DIR/helper.sock]\n"
    "  --help                show this\n"
    "  --version             show the version\n"
    "\n"
    "SIGHUP reads the config again; SIGTERM ends the agent. See joist-agent(8).\n";

struct Arguments {
  joist::agent::Places places;
  std::optional<int> exit_status;  // set: nothing to run
};

// What is read later must not depend on where the program was started.
std::string absolute(const char* path) { return std::filesystem::absolute(path).string(); }

Arguments parse(int argc, char** argv) {
  static constexpr option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                        {"state-dir", required_argument, nullptr, 's'},
                                        {"run-dir", required_argument, nullptr, 'r'},
                                        {"helper-socket", required_argument, nullptr, 'k'},
                                        {"help", no_argument, nullptr, 'h'},
                                        {"version", no_argument, nullptr, 'v'},
                                        {nullptr, 0, nullptr, 0}};
  Arguments arguments;
  for (;;) {
    const int letter = ::getopt_long(argc, argv, "", kOptions, nullptr);
    if (letter == -1) break;
    if (letter == 'c') {
      arguments.places.config = absolute(optarg);
    } else if (letter == 's') {
      arguments.places.state_dir = absolute(optarg);
    } else if (letter == 'r') {
      arguments.places.run_dir = absolute(optarg);
    } else if (letter == 'k') {
      arguments.places.helper_socket = absolute(optarg);
    } else if (letter == 'h') {
      std::fputs(kUsage, stdout);
      arguments.exit_status = EXIT_SUCCESS;
    } else if (letter == 'v') {
      std::printf("joist-agent %s\n", std::string(joist::version()).c_str());
      arguments.exit_status = EXIT_SUCCESS;
    } else {
      arguments.exit_status = 2;
    }
  }
  if (optind < argc) {
    std::fprintf(stderr, "joist-agent: what is \"%s\"? It takes options only\n", argv[optind]);
    arguments.exit_status = 2;
  }
  return arguments;
}

// An error of many lines (a config has as many as it has mistakes) is as many events.
int give_up(const joist::Error& error) {
  std::string_view rest = error.message;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    joist::log(Priority::Error, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return EXIT_FAILURE;
}

int run(const joist::agent::Places& places) {
  auto facts = joist::host::observe_facts(joist::SysRoot());
  if (!facts) return give_up(facts.error());
  const auto epoch = joist::SysRoot().read_line("/proc/sys/kernel/random/uuid");
  if (!epoch) return give_up(epoch.error());
  if (::geteuid() == 0) {
    joist::log(Priority::Warning, "running as root: the agent needs no power, give it a user");
  }
  joist::agent::Agent agent(places, std::move(*facts), *epoch);
  if (const auto started = agent.start(); !started) return give_up(started.error());
  // Nothing is taken down at the end: coroutines that are still suspended refer to the agent, a
  // thread may hang in the kernel, and the resolver's may wait for a name server. What must
  // outlive the process was made durable when it was written.
  agent.run([](const std::string& failure) {
    if (!failure.empty()) joist::log(Priority::Error, "the agent ends", {{"error", failure}});
    std::_Exit(failure.empty() ? EXIT_SUCCESS : EXIT_FAILURE);
  });
  std::abort();  // the process has ended
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.exit_status) return *arguments.exit_status;
  // A few threads that allocate little: one arena, and large blocks go back at once.
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(arguments.places);
  } catch (const std::exception& error) {
    joist::log(Priority::Error, "the agent ends", {{"error", error.what()}});
    return EXIT_FAILURE;
  }
}
