// joist-apply: the only program of Joist's that changes disks. Listens on one unix socket, which
// systemd or --listen gives it, and serves nobody but the agent's user and root.
#include <getopt.h>
#include <google/protobuf/stubs/common.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <string>

#include "base/log.h"
#include "base/version.h"
#include "helper/apply/server.h"
#include "helper/startup.h"

namespace {

using joist::ErrorCode;
using joist::Result;
using joist::helper::parse_number;

constexpr const char* kUsage =
    "Usage: joist-apply [--listen PATH] [--agent-user NAME|UID] [--state-directory PATH]\n"
    "                   [--policy PATH] [--idle-seconds N] [--deadline-seconds N]\n"
    "\n"
    "Prepares disks as a plan says that somebody consented to. Started by systemd through\n"
    "joist-apply.socket, and at boot for what a crash interrupted.\n"
    "\n"
    "  --listen PATH           make the socket at PATH instead of taking systemd's;\n"
    "                          it is removed at the end\n"
    "  --agent-user USER       who is served besides root (default joist)\n"
    "  --state-directory PATH  journals and consents (default /var/lib/joist-apply)\n"
    "  --policy PATH           what needs no person (default /etc/joist/apply.yaml)\n"
    "  --idle-seconds N        end after N seconds without a client or a job; 0: never\n"
    "                          (default 30)\n"
    "  --deadline-seconds N    give up on a disk that cannot be read (default 15)\n"
    "  --version               show the version\n";

struct Options {
  std::string listen;
  std::string agent_user = "joist";
  joist::apply::ServerFiles files;
  joist::apply::ServerLimits limits;
  bool help = false;
  bool version = false;
};

Result<void> take_option(int letter, Options& options) {
  const auto number = [](const char* option, long max, std::chrono::seconds& out) -> Result<void> {
    const auto parsed = parse_number(option, optarg, max == 600 ? 1 : 0, max);
    if (!parsed) return joist::fail(parsed.error(), "options");
    out = std::chrono::seconds(*parsed);
    return {};
  };
  switch (letter) {
    case 'h':
      options.help = true;
      return {};
    case 'v':
      options.version = true;
      return {};
    case 'l':
      options.listen = optarg;
      return {};
    case 'u':
      options.agent_user = optarg;
      return {};
    case 's':
      options.files.state_directory = optarg;
      return {};
    case 'p':
      options.files.policy = optarg;
      return {};
    case 'i':
      return number("--idle-seconds", 86'400, options.limits.idle);
    case 'd':
      return number("--deadline-seconds", 600, options.limits.probe_deadline);
    default:
      return joist::fail(ErrorCode::Malformed, "unknown option; try --help");
  }
}

Result<Options> parse_options(int argc, char** argv) {
  const option known[] = {{"listen", required_argument, nullptr, 'l'},
                          {"agent-user", required_argument, nullptr, 'u'},
                          {"state-directory", required_argument, nullptr, 's'},
                          {"policy", required_argument, nullptr, 'p'},
                          {"idle-seconds", required_argument, nullptr, 'i'},
                          {"deadline-seconds", required_argument, nullptr, 'd'},
                          {"version", no_argument, nullptr, 'v'},
                          {"help", no_argument, nullptr, 'h'},
                          {nullptr, 0, nullptr, 0}};
  Options options;
  for (;;) {
    const int letter = ::getopt_long(argc, argv, "h", known, nullptr);
    if (letter == -1) break;
    if (auto taken = take_option(letter, options); !taken) {
      return tl::unexpected<joist::Error>(taken.error());
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
  if (!agent_uid) return joist::fail(agent_uid.error(), "joist-apply");
  auto listener = joist::helper::take_listener(options.listen, *agent_uid, "joist-apply.socket");
  if (!listener) return joist::fail(listener.error(), "joist-apply");
  auto limits = options.limits;
  limits.agent_uid = *agent_uid;
  auto server = joist::apply::Server::make(std::move(*listener), options.files, limits);
  if (!server) return joist::fail(server.error(), "joist-apply");
  ::sd_notify(0, "READY=1\nSTATUS=Prepares disks as somebody consented to");
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
      std::cerr << "joist-apply: " << options.error().message << '\n';
      return 2;
    }
    if (options->help) {
      std::cout << kUsage;
      return 0;
    }
    if (options->version) {
      std::cout << "joist-apply " << joist::version() << '\n';
      return 0;
    }
    if (const auto served = serve(*options); !served) {
      joist::log(joist::Priority::Error, "joist-apply cannot serve", served.error());
      return 1;
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "joist-apply: " << error.what() << '\n';
    return 1;
  }
}
