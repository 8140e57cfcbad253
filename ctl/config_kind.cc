#include "ctl/config_kind.h"

#include "joist/v1/cluster.pb.h"
#include "joist/v1/spec.pb.h"

namespace joist::ctl {

ConfigKind config_kind(const std::string& path, const std::optional<std::string>& said) {
  if (said) return *said == "installer" ? ConfigKind::Installer : ConfigKind::Agent;
  const auto name = path.substr(path.rfind('/') + 1);
  return name.find("installer") == std::string::npos ? ConfigKind::Agent : ConfigKind::Installer;
}

std::unique_ptr<google::protobuf::Message> make_config(ConfigKind kind) {
  if (kind == ConfigKind::Installer) return std::make_unique<v1::ClusterSpec>();
  return std::make_unique<v1::NodeSpec>();
}

std::string_view config_words(ConfigKind kind) {
  return kind == ConfigKind::Installer ? "the installer's configuration"
                                       : "the agent's configuration";
}

}  // namespace joist::ctl
