// joist-helper: root's hands. Listens on one unix socket, which systemd or
// --listen gives it, and serves nobody but the agent's user and root.
#include <getopt.h>
#include <google/protobuf/stubs/common.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

#include "base/log.h"
#include "base/version.h"
#include "helper/capabilities.h"
#include "helper/server.h"
#include "helper/startup.h"

namespace {

using joist::ErrorCode;
using joist::Result;
using joist::UniqueFd;

constexpr const char* kUsage =
    "Usage: joist-helper [--listen PATH] [--agent-user NAME|UID] [--idle-seconds N]\n"
    "                    [--deadline-seconds N] [--quiet-seconds N]\n"
    "\n"
    "Reads disks for joist-agent, and asks them for their health. Started by systemd through "
    "joist-helper.socket.\n"
    "\n"
    "  --listen PATH         make the socket at PATH instead of taking systemd's;\n"
    "                        it is removed at the end\n"
    "  --agent-user USER     who is served besides root (default joist)\n"
    "  --idle-seconds N      end after N seconds without a client; 0: never (default 30)\n"
    "  --deadline-seconds N  give up on a disk that does not answer (default 15)\n"
    "  --quiet-seconds N     a client that asks nothing for so long loses its place when others "
    "wait (default 10)\n"
    "  --version             show the version\n";

struct Options {
  std::string listen;
  std::string agent_user = "joist";
  joist::helper::ServerLimits limits;
  bool help = false;
  bool version = false;
};

Result<Options> parse_options(int argc, char** argv) {
  const option known[] = {{"listen", required_argument, nullptr, 'l'},
                          {"agent-user", required_argument, nullptr, 'u'},
                          {"idle-seconds", required_argument, nullptr, 'i'},
                          {"deadline-seconds", required_argument, nullptr, 'd'},
                          {"quiet-seconds", required_argument, nullptr, 'q'},
                          {"version", no_argument, nullptr, 'v'},
                          {"help", no_argument, nullptr, 'h'},
                          {nullptr, 0, nullptr, 0}};
  Options options;
  for (;;) {
    const int letter = ::getopt_long(argc, argv, "h", known, nullptr);
    if (letter == -1) break;
    if (letter == 'h') {
      options.help = true;
    } else if (letter == 'v') {
      options.version = true;
    } else if (letter == 'l') {
      options.listen = optarg;
    } else if (letter == 'u') {
      options.agent_user = optarg;
    } else if (letter == 'i') {
      const auto seconds = joist::helper::parse_number("--idle-seconds", optarg, 0, 86'400);
      if (!seconds) return joist::fail(seconds.error(), "options");
      options.limits.idle = std::chrono::seconds(*seconds);
    } else if (letter == 'd') {
      const auto seconds = joist::helper::parse_number("--deadline-seconds", optarg, 1, 600);
      if (!seconds) return joist::fail(seconds.error(), "options");
      options.limits.deadline = std::chrono::seconds(*seconds);
    } else if (letter == 'q') {
      const auto seconds = joist::helper::parse_number("--quiet-seconds", optarg, 1, 60);
      if (!seconds) return joist::fail(seconds.error(), "options");
      options.limits.quiet = std::chrono::seconds(*seconds);
    } else {
      return joist::fail(ErrorCode::Malformed, "unknown option; try --help");
    }
  }
  if (optind < argc) {
    return joist::fail(ErrorCode::Malformed,
                       std::string("\"") + argv[optind] + "\" is not an option; try --help");
  }
  return options;
}

Result<void> serve(const Options& options) {
  const auto agent_uid = joist::helper::find_user(options.agent_user);
  if (!agent_uid) return joist::fail(agent_uid.error(), "joist-helper");
  auto listener = joist::helper::take_listener(options.listen, *agent_uid, "joist-helper.socket");
  if (!listener) return joist::fail(listener.error(), "joist-helper");

  // What this process parses comes from others: its power is for what it starts.
  if (auto rested = joist::helper::rest_capabilities(); !rested) {
    return joist::fail(rested.error(), "joist-helper");
  }
  auto limits = options.limits;
  limits.agent_uid = *agent_uid;
  auto server = joist::helper::Server::make(std::move(*listener), limits);
  if (!server) return joist::fail(server.error(), "joist-helper");
  ::sd_notify(0, "READY=1\nSTATUS=Reads disks when asked");
  auto served = server->run();
  ::sd_notify(0, "STOPPING=1");
  if (!options.listen.empty()) ::unlink(options.listen.c_str());
  return served;
}

}  // namespace

int main(int argc, char** argv) {
  // libprotobuf writes a line for every string that is no UTF-8: peers do not get to write the log.
  google::protobuf::SetLogHandler(nullptr);
  try {
    const auto options = parse_options(argc, argv);
    if (!options) {
      std::cerr << "joist-helper: " << options.error().message << '\n';
      return 2;
    }
    if (options->help) {
      std::cout << kUsage;
      return 0;
    }
    if (options->version) {
      std::cout << "joist-helper " << joist::version() << '\n';
      return 0;
    }
    if (const auto served = serve(*options); !served) {
      joist::log(joist::Priority::Error, "joist-helper cannot serve", served.error());
      return 1;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "joist-helper: " << error.what() << '\n';
    return 1;
  }
}
