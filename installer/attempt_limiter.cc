#include "installer/attempt_limiter.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace joist::installer {

double AttemptLimiter::left(const Bucket& bucket, BootTime now) const {
  const std::chrono::duration<double> passed = now - bucket.at;
  return std::min(limits_.burst, bucket.left + std::max(passed.count(), 0.0) * limits_.per_second);
}

std::chrono::seconds AttemptLimiter::wait(const std::string& key, BootTime now) const {
  const auto bucket = buckets_.find(key);
  if (bucket == buckets_.end()) return {};
  const double missing = 1 - left(bucket->second, now);
  if (missing <= 0) return {};
  return std::chrono::seconds(static_cast<long>(std::ceil(missing / limits_.per_second)));
}

void AttemptLimiter::charge(const std::string& key, BootTime now) {
  const auto found = buckets_.find(key);
  if (found != buckets_.end()) {
    found->second = {std::max(left(found->second, now) - 1, 0.0), now};
    return;
  }
  if (buckets_.size() >= limits_.keys_max) make_room(now);
  buckets_.emplace(key, Bucket{limits_.burst - 1, now});
}

void AttemptLimiter::make_room(BootTime now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    return left(entry.second, now) >= limits_.burst;  // as good as unknown
  });
  if (buckets_.size() < limits_.keys_max) return;
  buckets_.erase(
      std::ranges::min_element(buckets_, {}, [](const auto& entry) { return entry.second.at; }));
}

std::string address_only(std::string_view peer) {
  const auto colon = peer.rfind(':');
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  constexpr std::string_view kMapped = "::ffff:";  // IPv4 on a socket for both
  if (host.starts_with(kMapped) && host.find('.') != std::string_view::npos) {
    host.remove_prefix(kMapped.size());
  }
  return std::string(host);
}

std::string address_key(std::string_view peer) {
  std::string host = address_only(peer);
  in6_addr bytes{};
  if (::inet_pton(AF_INET6, host.c_str(), &bytes) != 1) return host;
  std::memset(bytes.s6_addr + 8, 0, 8);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &bytes, text, sizeof text);
  return std::string(text) + "/64";
}

}  // namespace joist::installer
