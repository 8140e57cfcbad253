#include "base/seqpacket.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace joist {
namespace {

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::Malformed, "socket path \"" + path + "\" must have 1 to " +
                                          std::to_string(sizeof address.sun_path - 1) +
                                          " characters");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

Result<UniqueFd> make_socket(int flags) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
  if (!fd) return fail_errno(errno, "make a unix socket");
  return fd;
}

// A socket that a killed program left behind is in nobody's way.
Result<void> clear_stale_socket(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return fail_errno(errno, "stat " + path);
  }
  if (!S_ISSOCK(status.st_mode)) {
    return fail(ErrorCode::Refused, path + " is in the way and is no socket; move it");
  }
  const auto trial = make_socket(SOCK_NONBLOCK);
  if (!trial) return fail(trial.error(), path);
  if (::connect(trial->get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return fail(ErrorCode::Refused, path + " is in use by another program; end that first");
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "remove " + path);
  return {};
}

// Until `events`, or Unavailable after `timeout`.
Result<void> wait_for(int fd, short events, std::chrono::milliseconds timeout,
                      std::string_view what) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd waiting{.fd = fd, .events = events, .revents = 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max(left.count(), 0L)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail_errno(errno, what);
    if (ready == 0) {
      return fail(ErrorCode::Unavailable,
                  std::string(what) + ": no answer for " + std::to_string(timeout.count()) + " ms");
    }
  }
}

bool peer_is_gone(int error_number) {
  return error_number == EPIPE || error_number == ECONNRESET || error_number == ENOTCONN;
}

}  // namespace

Result<UniqueFd> listen_seqpacket(const std::string& path, mode_t mode, int backlog) {
  const auto address = address_of(path);
  if (!address) return fail(address.error(), "listen");
  if (auto cleared = clear_stale_socket(path, *address); !cleared) {
    return fail(cleared.error(), "listen");
  }
  auto fd = make_socket(SOCK_NONBLOCK);
  if (!fd) return fail(fd.error(), "listen at " + path);
  // The mode of a socket that is not bound yet is the one its file gets.
  if (::fchmod(fd->get(), mode) != 0 ||
      ::bind(fd->get(), generic(*address), sizeof *address) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd->get(), backlog) != 0) {
    return fail_errno(errno, "listen at " + path);
  }
  return fd;
}

Result<UniqueFd> connect_seqpacket(const std::string& path, std::chrono::milliseconds timeout) {
  const auto address = address_of(path);
  if (!address) return fail(address.error(), "connect");
  auto fd = make_socket(0);
  if (!fd) return fail(fd.error(), "connect to " + path);
  // unix(7) waits for room in the backlog as long as a send may wait.
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
  const auto rest = std::chrono::duration_cast<std::chrono::microseconds>(timeout - seconds);
  const timeval wait{.tv_sec = seconds.count(), .tv_usec = rest.count()};
  if (::setsockopt(fd->get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0) {
    return fail_errno(errno, "connect to " + path);
  }
  while (::connect(fd->get(), generic(*address), sizeof *address) != 0) {
    if (errno == EINTR) continue;
    if (errno == EACCES || errno == EPERM) return fail_errno(errno, "connect to " + path);
    return fail(ErrorCode::Unavailable, "connect to " + path + ": " + std::strerror(errno));
  }
  return fd;
}

Result<UniqueFd> accept_seqpacket(int listening_fd) {
  UniqueFd fd(::accept4(listening_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) return fd;
  if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR) {
    return fail(ErrorCode::Unavailable, "accept: no connection waits");
  }
  return fail_errno(errno, "accept");
}

Result<void> send_datagram(int fd, std::string_view datagram, std::chrono::milliseconds timeout) {
  if (datagram.empty() || datagram.size() > kDatagramBytesMax) {
    return fail(ErrorCode::Malformed, "a datagram has 1 to " + std::to_string(kDatagramBytesMax) +
                                          " bytes, not " + std::to_string(datagram.size()));
  }
  for (;;) {
    const ssize_t sent = ::send(fd, datagram.data(), datagram.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {};  // all of it: datagrams are not split
    if (errno == EAGAIN) {
      if (auto room = wait_for(fd, POLLOUT, timeout, "send"); !room) return room;
    } else if (peer_is_gone(errno)) {
      return fail(ErrorCode::Unavailable, "send: the other side has closed");
    } else if (errno != EINTR) {
      return fail_errno(errno, "send");
    }
  }
}

Result<std::string> receive_datagram(int fd, std::chrono::milliseconds timeout) {
  std::string datagram(kDatagramBytesMax, '\0');
  bool reset = false;
  for (;;) {
    iovec part{.iov_base = datagram.data(), .iov_len = datagram.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    // Descriptors that a peer sends along are closed by the kernel: there is no room for them.
    const ssize_t got = ::recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got > 0 && (header.msg_flags & MSG_TRUNC) != 0) {
      return fail(ErrorCode::Malformed,
                  "a datagram larger than " + std::to_string(kDatagramBytesMax) + " bytes");
    }
    if (got > 0) {
      datagram.resize(static_cast<std::size_t>(got));
      return datagram;
    }
    // A peer that closes with our data unread resets the connection, once; what it sent before
    // is still there.
    if (got < 0 && errno == ECONNRESET && !reset) {
      reset = true;
      continue;
    }
    if (got == 0 || peer_is_gone(errno)) {
      return fail(ErrorCode::Unavailable, "receive: the other side has closed");
    }
    if (errno == EAGAIN) {
      if (auto ready = wait_for(fd, POLLIN, timeout, "receive"); !ready) {
        return tl::unexpected<Error>(ready.error());
      }
    } else if (errno != EINTR) {
      return fail_errno(errno, "receive");
    }
  }
}

Result<PeerCredentials> peer_credentials(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return fail_errno(errno, "ask who is at the other end");
  }
  return PeerCredentials{peer.pid, peer.uid, peer.gid};
}

}  // namespace joist
