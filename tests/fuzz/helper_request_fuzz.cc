// Any datagram for the helper: refused, or a request for a name that stays in /sys/block.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "helper/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = joist::helper::parse_request({reinterpret_cast<const char*>(data), size});
  if (request && request->probe().name().find('/') != std::string::npos) std::abort();
  return 0;
}
