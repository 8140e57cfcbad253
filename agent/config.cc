#include "agent/config.h"

#include <utility>

#include "base/config_file.h"
#include "base/wall_time.h"

namespace joist::agent {
namespace {

constexpr unsigned kConnectionsMax = 64;
constexpr int kHeartbeatSeconds = 10;
constexpr int kErrorMaxNanos = 500'000'000;

}  // namespace

v1::NodeSpec with_defaults(v1::NodeSpec spec) {
  v1::MetricsSpec& metrics = *spec.mutable_metrics();
  if (metrics.listen().empty()) metrics.set_listen("*:7444");
  if (metrics.connections_max() == 0) metrics.set_connections_max(kConnectionsMax);
  v1::InstallerSpec& installer = *spec.mutable_installer();
  if (!installer.has_heartbeat()) installer.mutable_heartbeat()->set_seconds(kHeartbeatSeconds);
  v1::TimeSpec& time = *spec.mutable_time();
  if (!time.has_error_max()) time.mutable_error_max()->set_nanos(kErrorMaxNanos);
  return spec;
}

Result<v1::NodeSpec> Config::read() const {
  v1::NodeSpec spec;
  if (auto loaded = load_config(path_, spec); !loaded) {
    return tl::unexpected<Error>(loaded.error());
  }
  return with_defaults(std::move(spec));
}

void Config::adopt(v1::NodeSpec spec, WallTime now) {
  spec_ = std::move(spec);
  status_.Clear();
  status_.set_path(path_);
  *status_.mutable_load_time() = to_timestamp(now);
}

void Config::refuse(const Error& error, WallTime now) {
  status_.set_path(path_);
  status_.set_error(error.message);
  *status_.mutable_error_time() = to_timestamp(now);
}

}  // namespace joist::agent
