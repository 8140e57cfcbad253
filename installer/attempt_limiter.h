// Bounds what failing costs: a key (an address, a node) may fail so often at
// once, and so often a minute after that. Memory is bounded too: of the keys
// that no longer fit, the one longest unheard of is forgotten. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace joist::installer {

class AttemptLimiter {
 public:
  struct Limits {
    double burst = 10;
    double per_second = 0.1;
    std::size_t keys_max = 4096;
  };

  explicit AttemptLimiter(Limits limits) : limits_(limits) {}

  // How long `key` has to wait; 0: it may try now.
  std::chrono::seconds wait(const std::string& key, BootTime now) const;

  // Counts one attempt against `key`.
  void charge(const std::string& key, BootTime now);

  std::size_t keys() const { return buckets_.size(); }

 private:
  struct Bucket {
    double left;
    BootTime at;
  };
  double left(const Bucket& bucket, BootTime now) const;
  void make_room(BootTime now);

  Limits limits_;
  std::map<std::string, Bucket> buckets_;
};

// What to count a peer's attempts under: its IPv4 address, or the /64 of its
// IPv6 address, which is what one host gets. `peer` as in wire::Peer::address.
std::string address_key(std::string_view peer);

// The address without its port: "192.0.2.7", "2001:db8::1".
std::string address_only(std::string_view peer);

}  // namespace joist::installer
