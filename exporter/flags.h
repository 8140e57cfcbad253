// node_exporter's flags, as kingpin reads them: --flag=value, --flag value, --flag and --no-flag
// for switches; what is said twice counts as said last. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "collectors/options.h"
#include "collectors/roots.h"

namespace joist::exporter {

struct Flags {
  enum class Ask { Serve, Help, Version };
  Ask ask = Ask::Serve;

  collectors::Roots roots;
  collectors::Options options;

  std::vector<std::string> listen;  // as FORMAT_LISTEN or with a name for a host
  bool systemd_socket = false;      // systemd's sockets instead of `listen`
  std::string web_config;           // empty: none
  std::string telemetry_path = "/metrics";
  unsigned max_requests = 40;  // 0: any number
  bool exporter_metrics = true;
  Priority log_threshold = Priority::Info;

  // What is taken and has no effect here, for people.
  std::vector<std::string> warnings;
};

// Malformed, naming the flag and what it could have been.
Result<Flags> parse_flags(std::span<const std::string> arguments);

// What --help prints.
std::string help_text();

}  // namespace joist::exporter
