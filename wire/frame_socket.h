// A WebSocket that carries one protobuf message per binary message.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"
#include "wire/asio.h"

namespace joist::wire {

// Threads: that of its io_context. One receive and one send may be under way
// at once. Both end with Unavailable when the connection is gone or closed.
class FrameSocket {
 public:
  static constexpr std::size_t kFrameBytesMax = std::size_t{1} << 20;

  virtual ~FrameSocket() = default;

  // The next binary message. Malformed if the peer sent text or more than
  // kFrameBytesMax; the connection is closed by then. Unavailable after
  // `silence_max` without any message (pings are not messages).
  virtual Task<Result<std::string>> receive(std::chrono::steady_clock::duration silence_max) = 0;

  // Sends one binary message; Unavailable if the peer takes nothing for 30 s.
  virtual Task<Result<void>> send(std::string message) = 0;

  // Ends both directions at once, from any task of the io_context.
  virtual void close() = 0;

  // The same after a last message, which a peer that takes nothing gets a second for, and
  // which is lost where a send is under way. Of a server's socket alone.
  virtual void close_saying(std::string message) = 0;
};

}  // namespace joist::wire
