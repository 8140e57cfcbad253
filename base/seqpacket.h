// One message per datagram on a unix socket of type SOCK_SEQPACKET (unix(7)):
// the kernel keeps the bounds, so there is no framing to get wrong.
//
// Every call is bounded in bytes and in time. Threads: any, one per descriptor.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist {

// Largest datagram sent or taken.
inline constexpr std::size_t kDatagramBytesMax = std::size_t{64} << 10;

// Who is at the other end, as the kernel recorded it when the connection was
// made (SO_PEERCRED).
struct PeerCredentials {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

// Binds and listens at `path`, non-blocking, with file mode `mode`. A socket
// file that nobody listens on is replaced; Refused if somebody does, or if
// something that is no socket is in the way. The caller removes the file.
Result<UniqueFd> listen_seqpacket(const std::string& path, mode_t mode, int backlog);

// Unavailable if nobody listens, or the backlog stays full for `timeout`.
Result<UniqueFd> connect_seqpacket(const std::string& path, std::chrono::milliseconds timeout);

// The next connection of a listening socket, non-blocking. Unavailable if none
// waits.
Result<UniqueFd> accept_seqpacket(int listening_fd);

// Malformed if `datagram` is empty or too large; Unavailable if the peer is
// gone, or takes nothing for `timeout`.
Result<void> send_datagram(int fd, std::string_view datagram, std::chrono::milliseconds timeout);

// What the peer sent before it closed comes first. Malformed if the datagram
// was larger than kDatagramBytesMax (it is lost); Unavailable if the peer
// closed, or nothing came for `timeout`.
Result<std::string> receive_datagram(int fd, std::chrono::milliseconds timeout);

Result<PeerCredentials> peer_credentials(int fd);

}  // namespace joist
