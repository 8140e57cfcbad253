#include "installer/settings.h"

#include "base/config_file.h"
#include "base/printable.h"
#include "base/value_format.h"
#include "base/wall_time.h"

namespace joist::installer {
namespace {

template <typename Duration>
Duration or_default(bool is_set, const google::protobuf::Duration& set, Duration otherwise) {
  return is_set ? std::chrono::duration_cast<Duration>(from_duration(set)) : otherwise;
}

std::string or_default(const std::string& set, const char* otherwise) {
  return set.empty() ? otherwise : set;
}

}  // namespace

Result<Settings> settings_of(const v1::ClusterSpec& spec) {
  for (int index = 0; index < spec.certificate_names_size(); ++index) {
    const std::string& name = spec.certificate_names(index);
    if (name.empty() ||
        (!has_format(name, v1::FORMAT_ADDRESS) && !has_format(name, v1::FORMAT_DNS_NAME))) {
      return fail(ErrorCode::Malformed, "certificate_names[" + std::to_string(index) + "]: \"" +
                                            printable(name, 64) +
                                            "\" is neither a DNS name nor an IP address");
    }
  }
  return Settings{
      .name = or_default(spec.name(), "joist"),
      .listen = or_default(spec.listen(), "*:7443"),
      .metrics_listen = or_default(spec.metrics_listen(), "127.0.0.1:7445"),
      .certificate_names = {spec.certificate_names().begin(), spec.certificate_names().end()},
      .certificate_life = or_default<std::chrono::seconds>(
          spec.has_certificate_life(), spec.certificate_life(), std::chrono::hours{30 * 24}),
      .silence_max = or_default<std::chrono::milliseconds>(
          spec.has_silence_max(), spec.silence_max(), std::chrono::seconds{40}),
      .sessions_max = spec.sessions_max() != 0 ? spec.sessions_max() : 10'000};
}

Result<Settings> load_settings(const std::string& path) {
  v1::ClusterSpec spec;
  if (auto loaded = load_config(path, spec); !loaded) return fail(loaded.error(), "config");
  auto settings = settings_of(spec);
  if (!settings) return fail(settings.error(), path);
  return settings;
}

}  // namespace joist::installer
