#include "collectors/network/link_dump.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

namespace joist::collectors {
namespace {

// The kernel fills up to 32 KiB of a dump at a time if the reader has room.
constexpr std::size_t kBufferBytes = 32768;
constexpr int kPassesMax = 3;
constexpr timeval kPatience{.tv_sec = 2, .tv_usec = 0};

struct Link {
  std::string_view name;
  std::optional<rtnl_link_stats64> counters;
};

// Reads one RTM_NEWLINK payload. Attributes that do not fit their message end it.
Link parse_link(const char* payload, std::size_t size) {
  Link link;
  std::size_t at = NLMSG_ALIGN(sizeof(ifinfomsg));
  while (at + sizeof(rtattr) <= size) {
    rtattr attribute{};
    std::memcpy(&attribute, payload + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || attribute.rta_len > size - at) break;
    const char* const data = payload + at + RTA_LENGTH(0);
    const std::size_t length = attribute.rta_len - RTA_LENGTH(0);
    if (attribute.rta_type == IFLA_IFNAME) {
      link.name = std::string_view(data, strnlen(data, length));
    } else if (attribute.rta_type == IFLA_STATS64) {
      link.counters.emplace();
      std::memcpy(&*link.counters, data, std::min(length, sizeof *link.counters));
    }
    at += RTA_ALIGN(attribute.rta_len);
  }
  return link;
}

}  // namespace

LinkDump::LinkDump() : buffer_(kBufferBytes) {}

Result<void> LinkDump::open() {
  socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket_) return fail_errno(errno, "netlink socket");
  // The kernel's lock on its interfaces can be held for long by others.
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(socket_.get(), SOL_SOCKET, option, &kPatience, sizeof kPatience) != 0) {
      return fail_errno(errno, "netlink socket timeout");
    }
  }
  return {};
}

Result<void> LinkDump::send_request() {
  struct {
    nlmsghdr header{};
    ifinfomsg link{};
  } request;
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.header.nlmsg_seq = ++sequence_;
  request.link.ifi_family = AF_UNSPEC;
  if (::send(socket_.get(), &request, sizeof request, 0) < 0) {
    return fail_errno(errno, "netlink: ask for the interfaces");
  }
  return {};
}

Result<LinkDump::Pass> LinkDump::receive(
    const std::function<void(std::string_view, const rtnl_link_stats64&)>& each) {
  Pass pass = Pass::Complete;
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "netlink: read the interfaces");
    if (from.nl_pid != 0) continue;  // not the kernel
    const auto size = static_cast<std::size_t>(got);
    if (size > buffer_.size()) {  // one interface larger than the buffer: try again with room
      buffer_.resize(size * 2);
      return fail(ErrorCode::Io, "netlink: a message was larger than expected");
    }

    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= size;) {
      nlmsghdr header{};
      std::memcpy(&header, buffer_.data() + at, sizeof header);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - at) break;
      const char* const payload = buffer_.data() + at + NLMSG_HDRLEN;
      const std::size_t payload_size = header.nlmsg_len - NLMSG_HDRLEN;
      at += NLMSG_ALIGN(header.nlmsg_len);
      if (header.nlmsg_seq != sequence_) continue;  // of a request given up
      if ((header.nlmsg_flags & NLM_F_DUMP_INTR) != 0) pass = Pass::Interrupted;
      if (header.nlmsg_type == NLMSG_DONE) return pass;
      if (header.nlmsg_type == NLMSG_ERROR) {
        nlmsgerr error{};
        std::memcpy(&error, payload, std::min(payload_size, sizeof error));
        return fail_errno(-error.error, "netlink: the kernel refused to list interfaces");
      }
      if (header.nlmsg_type != RTM_NEWLINK) continue;
      const Link link = parse_link(payload, payload_size);
      if (!link.name.empty() && link.counters) each(link.name, *link.counters);
    }
  }
}

Result<void> LinkDump::read(
    const std::function<void()>& restart,
    const std::function<void(std::string_view, const rtnl_link_stats64&)>& each) {
  if (!socket_) {
    if (auto opened = open(); !opened) return opened;
  }
  // After the last pass an interface may be missing that was just made or removed.
  for (int passes = 0; passes < kPassesMax; ++passes) {
    restart();
    auto pass = send_request().has_value() ? receive(each)
                                           : Result<Pass>(fail_errno(errno, "netlink: ask"));
    if (!pass) {
      socket_ = UniqueFd();  // what is left of the answer goes with it
      return tl::unexpected<Error>(pass.error());
    }
    if (*pass == Pass::Complete) break;
  }
  return {};
}

}  // namespace joist::collectors
