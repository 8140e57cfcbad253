// Which of the two configurations a file is. Pure.
#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace joist::ctl {

enum class ConfigKind { Agent, Installer };

// As `said` ("agent", "installer") or, unsaid, as the file's name has it.
ConfigKind config_kind(const std::string& path, const std::optional<std::string>& said);

// An empty joist.v1.NodeSpec or joist.v1.ClusterSpec.
std::unique_ptr<google::protobuf::Message> make_config(ConfigKind kind);

// "the agent's configuration".
std::string_view config_words(ConfigKind kind);

}  // namespace joist::ctl
