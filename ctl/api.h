// The two services that joistctl calls, each on its unix socket.
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "base/result.h"

namespace joist::ctl {

enum class Service { Agent, Fleet };

struct Sockets {
  std::string agent;
  std::string installer;
};

// One call, answered within 15 s or Unavailable. Errors say which program was
// meant and what to do about it.
Result<void> call(const Sockets& sockets, Service service, const std::string& method,
                  const google::protobuf::Message& request, google::protobuf::Message& response);

}  // namespace joist::ctl
