// joist-exporter: this host's metrics for Prometheus, under node_exporter's names and flags.
#include <malloc.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "wire/asio.h"

#include <boost/asio/signal_set.hpp>

#include "base/log.h"
#include "base/log_threshold.h"
#include "base/service_manager.h"
#include "base/startup_pages.h"
#include "base/version.h"
#include "exporter/exporter.h"
#include "exporter/flags.h"

namespace {

using joist::Priority;

int give_up(const joist::Error& error) {
  joist::log(Priority::Error, "cannot start", error);
  return EXIT_FAILURE;
}

joist::wire::Task<void> wait_for_end(joist::wire::asio::io_context& io) {
  // SIGHUP, which node_exporter ignores too: what changes is read again without it.
  joist::wire::asio::signal_set ends(io, SIGTERM, SIGINT);
  co_await ends.async_wait(joist::wire::asio::use_awaitable);
  io.stop();
}

int run(joist::exporter::Flags flags) {
  joist::set_log_threshold(flags.log_threshold);
  for (const std::string& warning : flags.warnings) joist::log(Priority::Warning, warning);
  if (::geteuid() == 0) {
    joist::log(Priority::Warning, "running as root: the exporter needs no power, give it a user");
  }
  joist::wire::asio::io_context io(1);
  joist::wire::Loop loop(io);
  joist::exporter::Exporter exporter(loop, std::move(flags));
  if (const auto started = exporter.start(); !started) return give_up(started.error());
  joist::wire::asio::co_spawn(io, wait_for_end(io), joist::wire::rethrow);
  joist::ServiceManager manager;
  manager.ready();
  joist::log(Priority::Info, "serving",
             {{"version", std::string(joist::version())}, {"address", exporter.address()}});
  joist::give_back_startup_pages();
  loop.run([&](const std::string& failure) {
    manager.stopping();
    if (failure.empty()) {
      joist::log(Priority::Info, "stopping");
    } else {
      joist::log(Priority::Error, "the exporter ends", {{"error", failure}});
    }
    exporter.close();
    // A scrape may be suspended in the middle, and a thread may hang in the kernel: both
    // refer to what would be taken down.
    std::_Exit(failure.empty() ? EXIT_SUCCESS : EXIT_FAILURE);
  });
  std::abort();  // the process has ended
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto flags = joist::exporter::parse_flags(arguments);
  if (!flags) {
    std::fprintf(stderr, "joist-exporter: error: %s\n", flags.error().message.c_str());
    return EXIT_FAILURE;
  }
  if (flags->ask == joist::exporter::Flags::Ask::Help) {
    std::fputs(joist::exporter::help_text().c_str(), stdout);
    return EXIT_SUCCESS;
  }
  if (flags->ask == joist::exporter::Flags::Ask::Version) {
    std::printf("joist-exporter %s\n", std::string(joist::version()).c_str());
    return EXIT_SUCCESS;
  }
  // Few threads that allocate little: one arena.
  ::mallopt(M_ARENA_MAX, 1);
  ::mallopt(M_TRIM_THRESHOLD, 128 * 1024);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  try {
    return run(std::move(*flags));
  } catch (const std::exception& error) {
    joist::log(Priority::Error, "the exporter ends", {{"error", error.what()}});
    return EXIT_FAILURE;
  }
}
