#include "collectors/network/link_table.h"

#include <linux/if.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;

constexpr auto kListAgain = 60s;
constexpr auto kPatience = 100ms;
constexpr int kPassesMax = 3;
constexpr std::size_t kEventBytesMax = 16384;  // one interface with everything it has

// Derived from the state, not from the settings: sysfs leaves them out.
constexpr std::uint32_t kDerivedFlags = IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT;

UniqueFd open_events() {
  UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK;
  if (!socket ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  return socket;
}

void read_properties(std::string_view list, std::vector<std::string>& names) {
  NetlinkAttributes properties(list);
  for (NetlinkAttribute property; properties.next(property);) {
    if (property.type == IFLA_ALT_IFNAME) names.emplace_back(read_text(property.data));
  }
}

// Drivers and tcpdump make an interface promiscuous without setting the flag that
// rtnetlink shows; sysfs shows whether it is.
void set_flag(std::uint32_t& flags, std::uint32_t flag, std::uint32_t count) {
  flags = count > 0 ? flags | flag : flags & ~flag;
}

void drop_repeated(std::vector<Link>& links) {
  std::ranges::stable_sort(links, {}, [](const Link& link) { return link.facts.index; });
  // Not std::ranges::unique: clang 14 cannot read libstdc++'s subrange.
  const auto same = [](const Link& a, const Link& b) { return a.facts.index == b.facts.index; };
  links.erase(std::unique(links.begin(), links.end(), same), links.end());
}

}  // namespace

std::string format_hardware_address(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    if (!text.empty()) text += ':';
    text += kDigits[value >> 4U];
    text += kDigits[value & 0xFU];
  }
  return text;
}

std::optional<Link> parse_link(std::string_view payload) {
  if (payload.size() < sizeof(ifinfomsg)) return std::nullopt;
  const auto header = read_packed<ifinfomsg>(payload);
  if (header.ifi_family != AF_UNSPEC) return std::nullopt;  // a bridge, of its port

  Link link;
  LinkFacts& facts = link.facts;
  facts.index = header.ifi_index;
  facts.hardware_type = header.ifi_type;
  facts.running = (header.ifi_flags & IFF_UP) != 0;
  facts.dormant = (header.ifi_flags & IFF_DORMANT) != 0;
  facts.flags = header.ifi_flags & ~kDerivedFlags;
  NetlinkAttributes attributes(payload, sizeof header);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    const auto number = read_packed<std::uint32_t>(attribute.data);
    const auto byte = read_packed<std::uint8_t>(attribute.data);
    switch (attribute.type) {
      case IFLA_IFNAME:
        facts.name = read_text(attribute.data);
        break;
      case IFLA_IFALIAS:
        facts.alias = read_text(attribute.data);
        break;
      case IFLA_ADDRESS:
        facts.address = format_hardware_address(attribute.data);
        break;
      case IFLA_BROADCAST:
        facts.broadcast = format_hardware_address(attribute.data);
        break;
      case IFLA_OPERSTATE:
        facts.operational_state = byte;
        break;
      case IFLA_LINKMODE:
        facts.link_mode = byte;
        break;
      case IFLA_CARRIER:
        facts.carrier = byte != 0;
        break;
      case IFLA_LINK:
        facts.lower_index = number;
        break;
      case IFLA_MTU:
        facts.mtu_bytes = number;
        break;
      case IFLA_GROUP:
        facts.group = number;
        break;
      case IFLA_TXQLEN:
        facts.transmit_queue_length = number;
        break;
      case IFLA_PROMISCUITY:
        set_flag(facts.flags, IFF_PROMISC, number);
        break;
      case IFLA_ALLMULTI:
        set_flag(facts.flags, IFF_ALLMULTI, number);
        break;
      case IFLA_CARRIER_CHANGES:
        facts.carrier_changes = number;
        break;
      case IFLA_CARRIER_UP_COUNT:
        facts.carrier_ups = number;
        break;
      case IFLA_CARRIER_DOWN_COUNT:
        facts.carrier_downs = number;
        break;
      case IFLA_PROP_LIST:
        read_properties(attribute.data, facts.alternative_names);
        break;
      case IFLA_STATS64:
        link.counters = read_packed<rtnl_link_stats64>(attribute.data);
        break;
      default:
        break;
    }
  }
  if (facts.name.empty() || !facts.mtu_bytes) return std::nullopt;
  return link;
}

std::optional<LinkCounters> parse_link_counters(std::string_view payload) {
  if (payload.size() < sizeof(if_stats_msg)) return std::nullopt;
  const auto header = read_packed<if_stats_msg>(payload);
  NetlinkAttributes attributes(payload, sizeof header);
  for (NetlinkAttribute attribute; attributes.next(attribute);) {
    if (attribute.type != IFLA_STATS_LINK_64) continue;
    return LinkCounters{static_cast<int>(header.ifindex),
                        read_packed<rtnl_link_stats64>(attribute.data)};
  }
  return std::nullopt;
}

LinkTable::LinkTable(std::shared_ptr<const DeviceChanges> changes)
    : changes_(std::move(changes)), requests_(NETLINK_ROUTE, "the interfaces") {}

Result<LinkTable::Reading> LinkTable::read() {
  std::unique_lock<std::timed_mutex> lock(mutex_, kPatience);
  if (!lock) return fail(ErrorCode::Io, "netlink: another collector waits for the interfaces");
  const bool read_already = changes_ && page_ == changes_->page();
  if (!read_already) {
    if (changes_) page_ = changes_->page();
    outcome_ = refresh();
  }
  if (!outcome_) return tl::unexpected<Error>(outcome_.error());
  return Reading(*this, std::move(lock));
}

Result<void> LinkTable::refresh() {
  if (auto heard = hear(); !heard) return heard;
  if (missed_ || std::chrono::steady_clock::now() >= list_again_) return list();
  return count();
}

Result<void> LinkTable::hear() {
  if (!events_) {
    events_ = open_events();
    if (!events_) return fail_errno(errno, "netlink: listen for changes of the interfaces");
    event_buffer_.resize(kEventBytesMax);
    missed_ = true;
  }
  for (;;) {
    const ssize_t got =
        ::recv(events_.get(), event_buffer_.data(), event_buffer_.size(), MSG_TRUNC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return {};
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    if (got < 0 || size > event_buffer_.size()) {  // ENOBUFS: more than the socket holds
      missed_ = true;
      if (got < 0 && errno != ENOBUFS) return fail_errno(errno, "netlink: hear of interfaces");
      continue;
    }
    NetlinkMessages messages({event_buffer_.data(), size});
    for (NetlinkMessage message; messages.next(message);) {
      auto link = parse_link(message.payload);
      if (!link) continue;
      ++generation_;
      if (message.type == RTM_NEWLINK) take(std::move(*link));
      if (message.type == RTM_DELLINK) forget(link->facts.index);
    }
  }
}

void LinkTable::take(Link link) {
  link.said_at = generation_;
  Link* const known = find(link.facts.index, 0);
  if (known == nullptr) {
    links_.push_back(std::move(link));
  } else {
    *known = std::move(link);
  }
}

void LinkTable::forget(int index) {
  std::erase_if(links_, [&](const Link& link) { return link.facts.index == index; });
}

Link* LinkTable::find(int index, std::size_t hint) {
  const auto is_it = [&](const Link& link) { return link.facts.index == index; };
  if (hint < links_.size() && is_it(links_[hint])) return &links_[hint];
  const auto found = std::ranges::find_if(links_, is_it);
  return found == links_.end() ? nullptr : &*found;
}

Result<void> LinkTable::list() {
  std::vector<Link> listed;
  const auto each = [&](const NetlinkMessage& message) {
    if (message.type != RTM_NEWLINK) return;
    auto link = parse_link(message.payload);
    if (!link) return;
    const Link* const known = find(link->facts.index, listed.size());
    const bool same = known != nullptr && known->facts == link->facts;
    link->said_at = same ? known->said_at : generation_;
    listed.push_back(std::move(*link));
  };
  ++generation_;
  ++lists_;
  ifinfomsg request{};
  request.ifi_family = AF_UNSPEC;
  auto dump = NetlinkSocket::Dump::Interrupted;
  for (int passes = 0; dump == NetlinkSocket::Dump::Interrupted; ++passes) {
    if (passes == kPassesMax) {  // what is missing now is told of by events
      drop_repeated(listed);
      break;
    }
    listed.clear();
    auto passed = requests_.dump(RTM_GETLINK, bytes_of(request), each);
    if (!passed) return tl::unexpected<Error>(passed.error());
    dump = *passed;
  }
  links_ = std::move(listed);
  missed_ = false;
  list_again_ = std::chrono::steady_clock::now() + kListAgain;
  return {};
}

Result<void> LinkTable::count() {
  struct State {
    LinkTable* table;
    std::size_t next = 0;
    bool unknown = false;
  } state{this};
  const auto each = [&state](const NetlinkMessage& message) {
    if (message.type != RTM_NEWSTATS) return;
    const auto counted = parse_link_counters(message.payload);
    if (!counted) return;
    Link* const link = state.table->find(counted->index, state.next++);
    if (link == nullptr) {
      state.unknown = true;
    } else {
      link->counters = counted->counters;
    }
  };
  if_stats_msg request{};
  request.filter_mask = IFLA_STATS_FILTER_BIT(IFLA_STATS_LINK_64);
  auto dump = requests_.dump(RTM_GETSTATS, bytes_of(request), each);
  if (!dump) {
    missed_ = true;
    return tl::unexpected<Error>(dump.error());
  }
  return state.unknown ? list() : Result<void>();
}

Result<void> LinkNames::update(LinkTable& table) {
  const auto reading = table.read();
  if (!reading) return tl::unexpected<Error>(reading.error());
  if (generation_ == reading->generation() && lists_ == reading->lists()) return {};
  generation_ = reading->generation();
  lists_ = reading->lists();
  by_index_.clear();
  for (const Link& link : reading->links()) {
    by_index_.push_back({link.facts.index, link.facts.name});
  }
  std::ranges::sort(by_index_, {}, &Name::index);
  return {};
}

std::string_view LinkNames::of(int index) const {
  const auto found = std::ranges::lower_bound(by_index_, index, {}, &Name::index);
  const bool known = found != by_index_.end() && found->index == index;
  return known ? std::string_view(found->text) : std::string_view();
}

std::shared_ptr<LinkTable> shared_links(const Roots& roots) {
  return roots.links ? roots.links : std::make_shared<LinkTable>(roots.devices);
}

}  // namespace joist::collectors
