// The addresses of a host name, within a time that holds.
//
// getaddrinfo(3) waits for silent name servers for as long as resolv.conf(5) and its plugins have
// it, and nothing can end it: Asio's resolver, cancelled, waits with it. Here it runs on a thread
// of its own, which is left alone when its time is over. At most kLookupsMax of them hang; then
// everybody is refused until one comes back.
//
// Threads: the executor's of who asks.
#pragma once

#include <netdb.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "wire/asio.h"

#include <boost/asio/ip/tcp.hpp>

namespace joist::wire {

constexpr std::size_t kLookupsMax = 4;

// getaddrinfo(3), or what a test puts in its place.
using Lookup = int (*)(const char* host, const char* port, const addrinfo* hints, addrinfo** found);

// Unavailable where there is no such name, or no answer in time. `port` is a number.
Task<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(std::string host, std::string port,
                                                           std::chrono::milliseconds timeout,
                                                           Lookup lookup = &::getaddrinfo);

}  // namespace joist::wire
