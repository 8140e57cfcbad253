// FrameSocket over a Beast WebSocket: for the .cc files of wire/ alone.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

#include "wire/asio.h"
#include "wire/deadline.h"
#include "wire/frame_socket.h"
#include "wire/tls_context.h"

namespace joist::wire {

// `Stream` is a websocket::stream on which the handshake is done.
template <typename Stream>
class WebSocket final : public FrameSocket {
 public:
  explicit WebSocket(Stream stream)
      : stream_(std::move(stream)),
        reading_(lowest()),
        writing_(lowest()),
        farewell_over_(stream_.get_executor()) {
    stream_.binary(true);
    // The bound is ours to hold: Beast would answer a too large message by an
    // orderly TLS shutdown, and report how that went instead.
    stream_.read_message_max(0);
  }

  Task<Result<std::string>> receive(std::chrono::steady_clock::duration silence_max) override {
    boost::system::error_code error;
    buffer_.clear();
    reading_.arm(silence_max);
    do {
      co_await stream_.async_read_some(buffer_, kChunkBytes,
                                       asio::redirect_error(asio::use_awaitable, error));
    } while (!error && !stream_.is_message_done() && buffer_.size() <= kFrameBytesMax);
    reading_.disarm();
    if (reading_.expired()) {
      close();
      co_return fail(ErrorCode::Unavailable, "no message for too long");
    }
    if (buffer_.size() > kFrameBytesMax) {
      close();
      co_return fail(ErrorCode::Malformed, "a message larger than 1 MiB");
    }
    if (error) {
      close();
      co_return fail(ErrorCode::Unavailable, "connection ended: " + error.message());
    }
    if (!stream_.got_binary()) {
      close();
      co_return fail(ErrorCode::Malformed, "a text message where a binary one belongs");
    }
    const auto data = buffer_.cdata();
    std::string message(static_cast<const char*>(data.data()), data.size());
    if (buffer_.capacity() > kKeptBytes) buffer_ = boost::beast::flat_buffer();
    co_return message;
  }

  Task<Result<void>> send(std::string message) override {
    if (leaving_) co_return fail(ErrorCode::Unavailable, "this side ends the connection");
    sending_ = true;
    const auto sent = co_await write(message, kSendTimeout);
    sending_ = false;
    co_return sent;
  }

  void close() override {
    boost::system::error_code ignored;  // closing what is closed is closed
    lowest().close(ignored);
  }

  void close_saying(std::string message) override {
    if (sending_ || leaving_) {
      close();
      return;
    }
    leaving_ = true;
    asio::co_spawn(stream_.get_executor(), farewell(std::move(message)), rethrow);
  }

  // Before this is destroyed: the last message is written from here.
  Task<void> farewell_over() {
    boost::system::error_code over;
    while (leaving_) {
      farewell_over_.expires_after(kFarewellTimeout);
      co_await farewell_over_.async_wait(asio::redirect_error(asio::use_awaitable, over));
    }
  }

 private:
  static constexpr std::chrono::seconds kSendTimeout{30};
  static constexpr std::chrono::seconds kFarewellTimeout{1};
  static constexpr std::size_t kChunkBytes = 16 * 1024;
  static constexpr std::size_t kKeptBytes = 16 * 1024;  // a large message's buffer is given back

  // One at a time. `message` outlives it.
  Task<Result<void>> write(const std::string& message, std::chrono::seconds timeout) {
    boost::system::error_code error;
    writing_.arm(timeout);
    co_await stream_.async_write(asio::buffer(message),
                                 asio::redirect_error(asio::use_awaitable, error));
    writing_.disarm();
    const bool late = writing_.expired();  // also where it was written after all: what is read
    if (!error && !late) co_return Result<void>{};  // was cancelled with it
    close();
    co_return fail(ErrorCode::Unavailable, late ? "the other side took nothing for " +
                                                      std::to_string(timeout.count()) + " s"
                                                : "connection ended: " + error.message());
  }

  Task<void> farewell(std::string message) {
    const auto sent = co_await write(message, kFarewellTimeout);
    static_cast<void>(sent);  // the connection ends either way
    close();
    leaving_ = false;
    farewell_over_.cancel();
  }

  auto& lowest() { return boost::beast::get_lowest_layer(stream_); }

  Stream stream_;
  Deadline reading_;
  Deadline writing_;
  asio::steady_timer farewell_over_;
  bool sending_ = false;
  bool leaving_ = false;
  boost::beast::flat_buffer buffer_;
};

}  // namespace joist::wire
