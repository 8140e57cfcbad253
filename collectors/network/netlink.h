// Netlink sockets (netlink(7)): asks the kernel for a list and takes its answer apart.
//
// Source: include/uapi/linux/netlink.h; Documentation/userspace-api/netlink/intro.rst.
// Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::collectors {

// The first bytes as a T of the kernel's; what is missing is 0, because older kernels
// have shorter structures.
template <typename T>
T read_packed(std::string_view bytes) {
  T value{};
  std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
  return value;
}

template <typename T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

// Text of the kernel, up to its terminating zero.
inline std::string_view read_text(std::string_view bytes) {
  return bytes.substr(0, bytes.find('\0'));
}

struct NetlinkAttribute {
  std::uint16_t type = 0;  // without the flags for "nested" and "byte order"
  std::string_view data;
};

// One attribute after another; one that does not fit ends them. Pure.
class NetlinkAttributes {
 public:
  explicit NetlinkAttributes(std::string_view bytes) : rest_(bytes) {}

  // Those behind a fixed structure of so many bytes.
  NetlinkAttributes(std::string_view payload, std::size_t structure_bytes);

  bool next(NetlinkAttribute& attribute);

 private:
  std::string_view rest_;
};

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::string_view payload;
};

// One message after another of what was read at once; as NetlinkAttributes.
class NetlinkMessages {
 public:
  explicit NetlinkMessages(std::string_view bytes) : rest_(bytes) {}

  bool next(NetlinkMessage& message);

 private:
  std::string_view rest_;
};

class NetlinkSocket {
 public:
  // Valid during the call only.
  using Each = std::function<void(const NetlinkMessage&)>;

  // Interrupted: the kernel's list changed while it was read, so that something may be
  // missing from it or there twice.
  enum class Dump { Complete, Interrupted };

  // `what` is asked for, for errors: "the interfaces". Opens nothing yet.
  NetlinkSocket(int protocol, std::string_view what) : protocol_(protocol), what_(what) {}

  // Sends a dump request and reads all of the answer. Waits for the kernel 0.8 s at most.
  Result<Dump> dump(std::uint16_t type, std::string_view body, const Each& each);

 private:
  Result<void> open();
  Result<void> send(std::uint16_t type, std::string_view body);
  Result<Dump> receive(const Each& each);

  int protocol_;
  std::string_view what_;
  UniqueFd socket_;
  std::uint32_t sequence_ = 0;
  std::vector<char> buffer_;
};

}  // namespace joist::collectors
