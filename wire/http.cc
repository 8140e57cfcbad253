#include "wire/http.h"

#include <strings.h>

namespace joist::wire {

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

Response text_response(unsigned status, std::string text) {
  if (!text.ends_with('\n')) text += '\n';
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

std::optional<HostPort> split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return {};
  const std::string_view port = text.substr(colon + 1);
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos) return {};
  if (std::stoi(std::string(port)) > 65535) return {};

  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return {};  // an IPv6 address must stand in brackets
  }
  return HostPort{host == "*" ? std::string() : std::string(host), std::string(port)};
}

}  // namespace joist::wire
