// A blocking TCP or unix client that sends exactly the bytes a test wants.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>

#include "base/unique_fd.h"

namespace joist::wire {

class RawClient {
 public:
  // Of a server on 127.0.0.1; from 127.0.0.`host`.
  explicit RawClient(unsigned short port, unsigned char host = 1)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + host);
    if (::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    limit_waiting();
  }
  explicit RawClient(const std::string& path)
      : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    limit_waiting();
  }

  bool connected() const { return connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

  // Everything until the server ends the connection.
  std::string read_all() {
    std::string all;
    char chunk[4096];
    for (;;) {
      const ssize_t got = ::recv(fd_.get(), chunk, sizeof chunk, 0);
      if (got <= 0) return all;
      all.append(chunk, static_cast<std::size_t>(got));
    }
  }

  // Until `mark` has been read.
  std::string read_until(std::string_view mark) {
    std::string all;
    char byte = 0;
    while (!all.ends_with(mark) && ::recv(fd_.get(), &byte, 1, 0) == 1) all += byte;
    return all;
  }

 private:
  // A test fails after this long rather than hang.
  void limit_waiting() {
    const timeval patience{.tv_sec = 10};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }

  UniqueFd fd_;
  bool connected_ = false;
};

}  // namespace joist::wire
