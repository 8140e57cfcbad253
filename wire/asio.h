// The only place Joist includes Boost.Asio's coroutine headers, and the few
// words that the asynchronous parts share.
//
// In `co_await f(args)` give every argument that owns something a name first and
// move it: g++ 12 destroys a temporary that was converted to a parameter (a
// lambda to a std::function) twice.
#pragma once

#include <exception>
#include <utility>  // before Asio: Boost 1.74's awaitable.hpp needs std::exchange (asio#944)

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace joist::wire {

namespace asio = boost::asio;

template <typename T>
using Task = asio::awaitable<T>;

// What co_spawn gets instead of asio::detached, which swallows exceptions: one
// that escapes a task leaves io_context::run(), and main() ends the process.
inline void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace joist::wire
