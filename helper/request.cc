#include "helper/request.h"

#include <algorithm>

#include "base/message_rules.h"
#include "base/printable.h"

namespace joist::helper {

bool is_disk_name(std::string_view name) {
  const auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') ||
           std::string_view("!._-:").find(letter) != std::string_view::npos;
  };
  // '!' stands for '/' in device paths: a component made of dots would go up there.
  if (name.empty() || name.size() > 64 || name.front() == '.' || name.front() == '!') return false;
  if (name.find("!.") != std::string_view::npos) return false;
  return std::ranges::all_of(name, allowed);
}

const std::string& disk_of(const v1::HelperRequest& request) {
  return request.has_health() ? request.health().name() : request.probe().name();
}

Result<v1::HelperRequest> parse_request(std::string_view datagram) {
  v1::HelperRequest request;
  if (!request.ParseFromArray(datagram.data(), static_cast<int>(datagram.size()))) {
    return fail(ErrorCode::Malformed, "not a joist.v1.HelperRequest");
  }
  if (request.request_case() == v1::HelperRequest::REQUEST_NOT_SET) {
    return fail(ErrorCode::Malformed, "no request that this helper knows; it may be too old");
  }
  if (auto kept = check_rules(request); !kept) return fail(kept.error(), "request");
  const std::string& name = disk_of(request);
  if (!is_disk_name(name)) {
    return fail(ErrorCode::Malformed,
                std::string("request: ") + (request.has_health() ? "health" : "probe") +
                    ".name: \"" + printable(name, 80) + "\" is not the kernel name of a disk");
  }
  return request;
}

}  // namespace joist::helper
