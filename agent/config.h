// The agent's configuration: read, made complete, and replaced only by one that
// is good. A config with errors leaves the running one in force and is told of
// in the journal, in Status.config and in metrics.
// Threads: the control thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::agent {

// What the schema's comments promise where nothing is said.
v1::NodeSpec with_defaults(v1::NodeSpec spec);

class Config {
 public:
  explicit Config(std::string path) : path_(std::move(path)) {}

  // The file as it is now, made complete. Changes nothing.
  Result<v1::NodeSpec> read() const;

  // `spec` is in force from now on, or was refused.
  void adopt(v1::NodeSpec spec, WallTime now);
  void refuse(const Error& error, WallTime now);

  const v1::NodeSpec& spec() const { return spec_; }
  const v1::ConfigStatus& status() const { return status_; }
  bool last_reload_successful() const { return status_.error().empty(); }

 private:
  std::string path_;
  v1::NodeSpec spec_;
  v1::ConfigStatus status_;
};

}  // namespace joist::agent
