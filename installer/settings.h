// The installer's configuration with its defaults filled in.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "joist/v1/cluster.pb.h"

namespace joist::installer {

struct Settings {
  std::string name;
  std::string listen;
  std::string metrics_listen;
  std::vector<std::string> certificate_names;
  std::chrono::seconds certificate_life;
  std::chrono::milliseconds silence_max;
  std::size_t sessions_max;
};

// Malformed, naming the field, for a certificate name that is neither a DNS name
// nor an IP address; the schema's own rules are held to by the decoder.
Result<Settings> settings_of(const v1::ClusterSpec& spec);

// The file at `path`, as base/config_file.h reads it.
Result<Settings> load_settings(const std::string& path);

}  // namespace joist::installer
