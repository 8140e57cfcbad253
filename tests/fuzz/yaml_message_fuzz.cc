// Any text for a configuration: refused with a place, or a message that keeps the
// schema's rules and comes back the same from its own text.
#include <google/protobuf/util/message_differencer.h>

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/message_rules.h"
#include "base/message_text.h"
#include "base/yaml_message.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"
#include "joist/v1/report.pb.h"
#include "joist/v1/spec.pb.h"

namespace {

template <typename Message>
void decode(std::string_view text) {
  Message message;
  const auto decoded = joist::from_json(text, "text", message);
  if (!decoded) {
    // "text:LINE:COLUMN: what", and nothing was changed.
    if (!decoded.error().message.starts_with("text:")) std::abort();
    if (message.ByteSizeLong() != 0) std::abort();
    return;
  }
  if (!joist::check_rules(message)) std::abort();
  for (const auto& again : {joist::to_yaml(message), joist::to_json(message)}) {
    Message back;
    // More than 1 MiB may come out of aliases that fit going in.
    if (again.size() > (1U << 20)) continue;
    if (!joist::decode_yaml(again, "text", back)) std::abort();
    if (!google::protobuf::util::MessageDifferencer::Equals(message, back)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  decode<joist::v1::NodeSpec>(text);
  decode<joist::v1::ClusterSpec>(text);
  decode<joist::v1::JoinRequest>(text);
  decode<joist::v1::ReportItem>(text);
  return 0;
}
