// Builds what the kernel would say through netlink.
#pragma once

#include <linux/netlink.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/network/netlink.h"

namespace joist::support {

class NetlinkPayload {
 public:
  NetlinkPayload() = default;

  template <typename Header>
  explicit NetlinkPayload(const Header& header) : bytes_(collectors::bytes_of(header)) {
    pad();
  }

  NetlinkPayload& add(std::uint16_t type, std::string_view data) {
    nlattr header{};
    header.nla_len = static_cast<std::uint16_t>(sizeof header + data.size());
    header.nla_type = type;
    bytes_.append(collectors::bytes_of(header)).append(data);
    pad();
    return *this;
  }

  template <typename Number>
  NetlinkPayload& add_number(std::uint16_t type, Number value) {
    return add(type, collectors::bytes_of(value));
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void pad() { bytes_.resize(NLA_ALIGN(bytes_.size()), '\0'); }

  std::string bytes_;
};

}  // namespace joist::support
