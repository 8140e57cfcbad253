#include "collectors/network/socket_queues.h"

#include "collectors/fields.h"
#include "collectors/network/hexadecimal.h"

namespace joist::collectors {

std::optional<SocketLine> parse_socket_line(std::string_view line) {
  Fields fields(line);
  const std::string_view slot = fields.next();
  fields.next();  // local address
  fields.next();  // remote address
  const auto state = parse_hexadecimal(fields.next());
  const std::string_view queues = fields.next();
  const auto colon = queues.find(':');
  if (!slot.ends_with(':') || !state || colon == std::string_view::npos) return std::nullopt;
  const auto transmit = parse_hexadecimal(queues.substr(0, colon));
  const auto receive = parse_hexadecimal(queues.substr(colon + 1));
  if (!transmit || !receive) return std::nullopt;
  return SocketLine{*state, *transmit, *receive};
}

}  // namespace joist::collectors
