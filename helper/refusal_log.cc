#include "helper/refusal_log.h"

#include <algorithm>
#include <string>

#include "base/log.h"

namespace joist::helper {

bool RefusalLog::refused(const Error& why, uid_t uid, pid_t pid, Time now) {
  const auto earned = (now - refilled_) / kInterval;
  if (earned > 0) {
    tokens_ = static_cast<int>(std::min<long>(kBurst, tokens_ + std::min<long>(earned, kBurst)));
    refilled_ = now;
  }
  if (tokens_ == 0) {
    ++left_out_;
    return false;
  }
  --tokens_;
  log(Priority::Warning, "refused a request", why,
      {{"peer_uid", std::to_string(uid)},
       {"peer_pid", std::to_string(pid)},
       {"not_logged", std::to_string(left_out_)}});
  left_out_ = 0;
  return true;
}

}  // namespace joist::helper
