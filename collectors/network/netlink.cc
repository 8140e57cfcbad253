#include "collectors/network/netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <string>

namespace joist::collectors {
namespace {

// The kernel fills up to 32 KiB of a dump at a time if the reader has room.
constexpr std::size_t kBufferBytes = 32768;
constexpr std::size_t kRequestBytesMax = 256;
// Less than a collector is waited for, so that the error names who hung.
constexpr timeval kPatience{.tv_sec = 0, .tv_usec = 800'000};

struct Cut {
  std::string_view data;
  std::string_view rest;
};

// Length-prefixed records, each aligned to 4 bytes.
Cut cut(std::string_view bytes, std::size_t header_bytes, std::size_t length_bytes) {
  const std::size_t aligned = std::min((length_bytes + 3) & ~std::size_t{3}, bytes.size());
  return {bytes.substr(header_bytes, length_bytes - header_bytes), bytes.substr(aligned)};
}

}  // namespace

NetlinkAttributes::NetlinkAttributes(std::string_view payload, std::size_t structure_bytes)
    : rest_(payload.substr(std::min(std::size_t{NLMSG_ALIGN(structure_bytes)}, payload.size()))) {}

bool NetlinkAttributes::next(NetlinkAttribute& attribute) {
  if (rest_.size() < sizeof(nlattr)) return false;
  const auto header = read_packed<nlattr>(rest_);
  if (header.nla_len < sizeof header || header.nla_len > rest_.size()) return false;
  const Cut record = cut(rest_, sizeof header, header.nla_len);
  attribute.type = header.nla_type & NLA_TYPE_MASK;
  attribute.data = record.data;
  rest_ = record.rest;
  return true;
}

bool NetlinkMessages::next(NetlinkMessage& message) {
  if (rest_.size() < sizeof(nlmsghdr)) return false;
  const auto header = read_packed<nlmsghdr>(rest_);
  if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest_.size()) return false;
  const Cut record = cut(rest_, sizeof header, header.nlmsg_len);
  message = {header.nlmsg_type, header.nlmsg_flags, header.nlmsg_seq, record.data};
  rest_ = record.rest;
  return true;
}

Result<void> NetlinkSocket::open() {
  socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol_));
  if (!socket_) return fail_errno(errno, "netlink socket");
  // The kernel's lock on its interfaces can be held for long by others.
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    if (::setsockopt(socket_.get(), SOL_SOCKET, option, &kPatience, sizeof kPatience) != 0) {
      return fail_errno(errno, "netlink socket timeout");
    }
  }
  buffer_.resize(std::max(buffer_.size(), kBufferBytes));
  return {};
}

Result<void> NetlinkSocket::send(std::uint16_t type, std::string_view body) {
  std::array<char, kRequestBytesMax> request{};
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + body.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  header.nlmsg_seq = ++sequence_;
  if (header.nlmsg_len > request.size()) {
    return fail(ErrorCode::Malformed, "netlink: the request is too large");
  }
  std::ranges::copy(bytes_of(header), request.begin());
  std::ranges::copy(body, request.begin() + sizeof header);
  if (::send(socket_.get(), request.data(), header.nlmsg_len, 0) < 0) {
    return fail_errno(errno, "netlink: ask for " + std::string(what_));
  }
  return {};
}

Result<NetlinkSocket::Dump> NetlinkSocket::receive(const Each& each) {
  Dump dump = Dump::Complete;
  for (;;) {
    sockaddr_nl from{};
    socklen_t from_size = sizeof from;
    const ssize_t got = ::recvfrom(socket_.get(), buffer_.data(), buffer_.size(), MSG_TRUNC,
                                   reinterpret_cast<sockaddr*>(&from), &from_size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "netlink: read " + std::string(what_));
    if (from.nl_pid != 0) continue;  // not the kernel
    const auto size = static_cast<std::size_t>(got);
    if (size > buffer_.size()) {  // one entry larger than the buffer: room for the next time
      buffer_.resize(size * 2);
      return fail(ErrorCode::Io, "netlink: a message was larger than expected");
    }

    NetlinkMessages messages({buffer_.data(), size});
    for (NetlinkMessage message; messages.next(message);) {
      if (message.sequence != sequence_) continue;  // of a request given up
      if ((message.flags & NLM_F_DUMP_INTR) != 0) dump = Dump::Interrupted;
      if (message.type == NLMSG_DONE || message.type == NLMSG_ERROR) {
        const int error = -read_packed<int>(message.payload);
        if (error == 0) return dump;
        return fail_errno(error, "netlink: the kernel refused to list " + std::string(what_));
      }
      each(message);
    }
  }
}

Result<NetlinkSocket::Dump> NetlinkSocket::dump(std::uint16_t type, std::string_view body,
                                                const Each& each) {
  if (!socket_) {
    if (auto opened = open(); !opened) return tl::unexpected<Error>(opened.error());
  }
  auto sent = send(type, body);
  auto outcome = sent ? receive(each) : Result<Dump>(tl::unexpected<Error>(sent.error()));
  if (!outcome) socket_ = UniqueFd();  // what is left of the answer goes with it
  return outcome;
}

}  // namespace joist::collectors
