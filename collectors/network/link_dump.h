// Every network interface with its counters, asked from the kernel.
//
// Source: rtnetlink(7): RTM_GETLINK dump, IFLA_IFNAME and IFLA_STATS64
//         (struct rtnl_link_stats64, Linux 2.6.35+). Of the network namespace
//         this process is in. Needs no privilege.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include <linux/if_link.h>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::collectors {

class LinkDump {
 public:
  LinkDump();

  // Calls `each` for every interface; `name` is valid during the call only. May
  // call it again for interfaces already given when the kernel's list changed
  // meanwhile: `restart` is called before. Waits for the kernel 2 s at most.
  Result<void> read(
      const std::function<void()>& restart,
      const std::function<void(std::string_view name, const rtnl_link_stats64& counters)>& each);

 private:
  enum class Pass { Complete, Interrupted };

  Result<void> open();
  Result<void> send_request();
  Result<Pass> receive(const std::function<void(std::string_view, const rtnl_link_stats64&)>& each);

  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace joist::collectors
