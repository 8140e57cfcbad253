// Every network interface with its properties and counters, as the kernel tells them.
// A page asks for the counters alone (tens of times less than everything); what else
// changed, the kernel said itself meanwhile. Everything is listed anew each minute, and
// when something was missed.
//
// Source: rtnetlink(7): RTM_GETSTATS with IFLA_STATS_LINK_64 (Linux 4.7+), the group
//         RTNLGRP_LINK, and an RTM_GETLINK dump, of the network namespace this process
//         is in. Needs no privilege.
// Threads: shared by collectors; Reading holds the lock.
#pragma once

#include <linux/if_link.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "collectors/device_changes.h"
#include "collectors/network/netlink.h"
#include "collectors/roots.h"

namespace joist::collectors {

// What RTM_NEWLINK says of an interface; in the kernel's units, absent where it says nothing.
struct LinkFacts {
  int index = 0;
  std::uint16_t hardware_type = 0;  // ARPHRD_*
  std::uint32_t flags = 0;          // IFF_*, as /sys/class/net/NAME/flags has them
  bool running = false;             // opened: IFF_UP
  bool dormant = false;
  std::string name;
  std::string alias;
  std::string address;                 // "02:fc:00:00:00:01"
  std::string broadcast;               // the same
  std::uint8_t operational_state = 0;  // IF_OPER_*
  std::uint8_t link_mode = 0;
  std::optional<bool> carrier;
  std::optional<std::uint32_t> lower_index;  // IFLA_LINK; absent: itself
  std::optional<std::uint32_t> mtu_bytes;
  std::optional<std::uint32_t> group;
  std::optional<std::uint32_t> transmit_queue_length;
  std::optional<std::uint32_t> carrier_changes;
  std::optional<std::uint32_t> carrier_ups;
  std::optional<std::uint32_t> carrier_downs;
  std::vector<std::string> alternative_names;

  bool operator==(const LinkFacts&) const = default;
};

struct Link {
  LinkFacts facts;
  rtnl_link_stats64 counters{};
  std::uint64_t said_at = 0;  // LinkTable's generation when the kernel last spoke of it
};

// Nothing if `payload` is no whole description of an interface: bridges and wireless
// drivers say little pieces under the same type. Counters are 0 where it has none.
std::optional<Link> parse_link(std::string_view payload);

// One interface's counters.
struct LinkCounters {
  int index = 0;
  rtnl_link_stats64 counters{};
};
std::optional<LinkCounters> parse_link_counters(std::string_view payload);

// "02:fc:00:00:00:01"
std::string format_hardware_address(std::string_view bytes);

class LinkTable {
 public:
  // Without `changes` every read() asks the kernel, else the first of each page.
  explicit LinkTable(std::shared_ptr<const DeviceChanges> changes);

  // The table, locked while this lives.
  class Reading {
   public:
    // In the kernel's order.
    const std::vector<Link>& links() const { return table_->links_; }

    // Grows whenever the kernel said something.
    std::uint64_t generation() const { return table_->generation_; }

    // Grows with every list, each minute.
    std::uint64_t lists() const { return table_->lists_; }

   private:
    friend class LinkTable;
    Reading(const LinkTable& table, std::unique_lock<std::timed_mutex> lock)
        : table_(&table), lock_(std::move(lock)) {}

    const LinkTable* table_;
    std::unique_lock<std::timed_mutex> lock_;
  };

  // Waits for the kernel, less than a collector's patience, or for who else reads, 100 ms: one
  // that long with the kernel will be waited for no longer.
  Result<Reading> read();

 private:
  Result<void> refresh();
  Result<void> hear();
  Result<void> list();
  Result<void> count();
  void take(Link link);
  void forget(int index);
  Link* find(int index, std::size_t hint);

  const std::shared_ptr<const DeviceChanges> changes_;
  std::timed_mutex mutex_;
  std::optional<std::uint64_t> page_;
  Result<void> outcome_;  // of this page's refresh()

  NetlinkSocket requests_;
  UniqueFd events_;
  std::vector<char> event_buffer_;
  bool missed_ = true;
  std::chrono::steady_clock::time_point list_again_;

  std::vector<Link> links_;
  std::uint64_t generation_ = 0;
  std::uint64_t lists_ = 0;
};

// The names of the interfaces, copied: who waits for the kernel about something else keeps nobody
// from the table.
class LinkNames {
 public:
  // Copies what changed since last time; as LinkTable::read().
  Result<void> update(LinkTable& table);

  // Empty if there is no interface of this index.
  std::string_view of(int index) const;

 private:
  struct Name {
    int index;
    std::string text;
  };
  std::vector<Name> by_index_;
  std::uint64_t generation_ = 0;
  std::uint64_t lists_ = 0;
};

// The table of `roots`, or one of the caller's own.
std::shared_ptr<LinkTable> shared_links(const Roots& roots);

}  // namespace joist::collectors
