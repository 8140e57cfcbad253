// joist-installer [--config FILE] [--state-dir DIR] [--run-dir DIR]
#include <getopt.h>
#include <google/protobuf/stubs/logging.h>
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <string>

#include "wire/asio.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/clock.h"
#include "base/log.h"
#include "base/service_manager.h"
#include "base/version.h"
#include "installer/installer.h"
#include "installer/settings.h"

namespace {

namespace asio = joist::wire::asio;
using joist::ErrorCode;
using joist::Priority;
using joist::ServiceManager;
using joist::installer::Installer;

struct Options {
  std::string config = "/etc/joist/installer.yaml";
  joist::installer::Places places{"/var/lib/joist-installer", "/run/joist-installer"};
};

constexpr char kUsage[] =
    "joist-installer [--config FILE] [--state-dir DIR] [--run-dir DIR] [--version]\n"
    "  --config FILE     /etc/joist/installer.yaml\n"
    "  --state-dir DIR   authority and store, /var/lib/joist-installer\n"
    "  --run-dir DIR     where installer.sock is made, /run/joist-installer\n";

// What is read later must not depend on where the program was started.
std::string absolute(const char* path) { return std::filesystem::absolute(path).string(); }

// The exit status if the program is to end here; -1: go on with `options`.
int read_options(int argc, char** argv, Options& options) {
  const option known[] = {
      {"config", required_argument, nullptr, 'c'},  {"state-dir", required_argument, nullptr, 's'},
      {"run-dir", required_argument, nullptr, 'r'}, {"version", no_argument, nullptr, 'v'},
      {"help", no_argument, nullptr, 'h'},          {}};
  for (;;) {
    switch (::getopt_long(argc, argv, "", known, nullptr)) {  // NOLINT(concurrency-mt-unsafe)
      case 'c':
        options.config = absolute(optarg);
        break;
      case 's':
        options.places.state_directory = absolute(optarg);
        break;
      case 'r':
        options.places.run_directory = absolute(optarg);
        break;
      case 'v':
        std::printf("joist-installer %s\n", std::string(joist::version()).c_str());
        return 0;
      case 'h':
        std::fputs(kUsage, stdout);
        return 0;
      case -1:
        if (optind == argc) return -1;
        std::fprintf(stderr, "joist-installer: unexpected argument '%s'\n", argv[optind]);
        [[fallthrough]];
      default:
        std::fputs(kUsage, stderr);
        return 2;
    }
  }
}

void reload(Installer& installer, ServiceManager& manager, const std::string& config) {
  manager.reloading();
  auto settings = joist::installer::load_settings(config);
  if (settings) {
    installer.reconfigure(std::move(*settings));
    joist::log(Priority::Notice, "config loaded", {{"file", config}});
  } else {
    installer.note_bad_config();
    joist::log(Priority::Error, "config refused; the one before it stays in force",
               settings.error());
  }
  manager.ready();
}

// What beat() waits by.
struct Pulse {
  asio::steady_timer timer;
  bool stopped = false;

  void stop() {
    stopped = true;
    timer.cancel();
  }
};

joist::wire::Task<void> obey_signals(asio::signal_set& signals, Installer& installer,
                                     ServiceManager& manager, const std::string& config,
                                     Pulse& pulse) {
  for (;;) {
    const int number = co_await signals.async_wait(asio::use_awaitable);
    if (number == SIGHUP) {
      reload(installer, manager, config);
      continue;
    }
    joist::log(Priority::Notice, "stopping");
    manager.stopping();
    pulse.stop();
    co_await installer.leave();
    installer.stop();
    co_return;
  }
}

// The watchdog is fed by rounds through both loops, this one and the store's.
joist::wire::Task<void> beat(Installer& installer, ServiceManager& manager, Pulse& pulse) {
  const auto period = ServiceManager::watchdog_period();
  const auto pause = period ? *period / 3 : std::chrono::microseconds(std::chrono::seconds{10});
  while (!pulse.stopped) {
    const bool moved = co_await installer.beat();
    if (pulse.stopped) co_return;  // since the round began
    if (moved) manager.alive();
    manager.status(installer.status());
    boost::system::error_code cancelled;
    pulse.timer.expires_after(pause);
    co_await pulse.timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

int run(const Options& options) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a limit on file size is a full disk, no reason to die
  // What a peer sends wrong is told by our own errors, once; not by protobuf, in
  // lines of its own, as often as a stranger likes.
  google::protobuf::SetLogHandler(nullptr);
  if (::geteuid() == 0) {
    joist::log(Priority::Warning,
               "running as root, which joist-installer never needs: use its own user");
  }
  auto settings = joist::installer::load_settings(options.config);
  if (!settings) {
    joist::log(Priority::Error, "cannot start", settings.error());
    return 1;
  }
  asio::io_context io(1);
  // From here on, so that a reload right after READY finds somebody to obey it.
  asio::signal_set signals(io, SIGTERM, SIGINT, SIGHUP);
  const joist::SystemClock clock;
  const auto installer = Installer::start(io, std::move(*settings), options.places, clock);
  if (!installer) {
    joist::log(Priority::Error, "cannot start", installer.error());
    return 1;
  }
  ServiceManager manager;
  Pulse pulse{asio::steady_timer(io)};
  asio::co_spawn(io, obey_signals(signals, **installer, manager, options.config, pulse),
                 joist::wire::rethrow);
  asio::co_spawn(io, beat(**installer, manager, pulse), joist::wire::rethrow);
  joist::log(Priority::Notice, "listening",
             {{"agents", (*installer)->address()}, {"metrics", (*installer)->metrics_address()}});
  manager.ready();
  try {
    io.run();
  } catch (const std::exception& error) {
    // Sessions that are still suspended refer to what unwinding would take away;
    // the store is safe against ending at any point.
    joist::log(Priority::Error, "stopped by an exception", {{"error", error.what()}});
    std::_Exit(1);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const int status = read_options(argc, argv, options); status >= 0) return status;
  // What a crowd of connections took goes back when it is gone.
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  return run(options);
}
