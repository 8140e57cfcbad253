#include "collectors/kernel/selinux.h"

#include "collectors/fields.h"
#include "collectors/number_file.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kEnforce = "fs/selinux/enforce";
constexpr std::string_view kSetting = "SELINUX=";

}  // namespace

int parse_selinux_config(std::string_view text) {
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const std::string_view word = Fields(line).next();
    if (!word.starts_with(kSetting)) continue;
    const std::string_view mode = word.substr(kSetting.size());
    if (mode == "enforcing") return 1;
    if (mode == "permissive") return 0;
    return -1;
  }
  return -1;
}

SelinuxCollector::SelinuxCollector(const Roots& roots)
    : sys_(roots.sys()),
      root_(roots.rootfs),
      devices_(roots.devices),
      enforce_(roots.sys(), kEnforce, ProcFile::Shape::Whole, 64),
      enabled_family_("node_selinux_enabled", "SELinux is enabled, 1 is true, 0 is false",
                      MetricType::Gauge),
      config_mode_family_("node_selinux_config_mode", "Configured SELinux enforcement mode",
                          MetricType::Gauge),
      current_mode_family_("node_selinux_current_mode", "Current SELinux enforcement mode",
                           MetricType::Gauge) {}

void SelinuxCollector::look() {
  if (devices_ && seen_ == devices_->generation()) return;
  if (devices_) seen_ = devices_->generation();
  enabled_ = sys_.exists(kEnforce);
  const auto config = enabled_ ? root_.read("/etc/selinux/config") : Result<std::string>();
  config_mode_ = config ? parse_selinux_config(*config) : -1;
}

Result<void> SelinuxCollector::collect(Exposition& page) {
  look();
  page.begin(enabled_family_);
  page.sample(enabled_ ? 1U : 0U);
  if (!enabled_) return {};

  const auto current = read_number<int>(enforce_);
  if (!current) return tl::unexpected<Error>(current.error());
  page.begin(config_mode_family_);
  page.sample(config_mode_);
  page.begin(current_mode_family_);
  page.sample(*current);
  return {};
}

}  // namespace joist::collectors
