#include "wire/resolver.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "wire/asio.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace joist::wire {
namespace {

using Found = Result<std::vector<asio::ip::tcp::endpoint>>;
using std::chrono::milliseconds;
using std::chrono::seconds;

Found resolved(const std::string& host, milliseconds timeout, Lookup lookup = &::getaddrinfo) {
  asio::io_context io(1);
  std::optional<Found> got;
  const std::string port = "7443";
  asio::co_spawn(io, resolve(host, port, timeout, lookup),
                 [&got](const std::exception_ptr& error, Found found) {
                   if (error) std::rethrow_exception(error);
                   got = std::move(found);
                 });
  io.run();
  return got ? *got : Found(fail(ErrorCode::Io, "no answer at all"));
}

std::atomic<bool> released{false};
std::atomic<int> hanging{0};

int hang(const char* host, const char* port, const addrinfo* hints, addrinfo** found) {
  ++hanging;
  while (!released) std::this_thread::sleep_for(milliseconds(5));
  const int error = ::getaddrinfo(host, port, hints, found);
  --hanging;
  return error;
}

// A minimal root has no /etc/hosts in which localhost would stand.
constexpr const char* kAddress = "127.0.0.1";

int loopback(const char*, const char* port, const addrinfo* hints, addrinfo** found) {
  return ::getaddrinfo(kAddress, port, hints, found);
}

int no_such_name(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_NONAME; }

// A thread may be slow to begin.
void release(int begun) {
  while (hanging < begun) std::this_thread::sleep_for(milliseconds(5));
  released = true;
  while (hanging > 0) std::this_thread::sleep_for(milliseconds(5));
  // Counted out just after the lookup.
  while (!resolved(kAddress, seconds(10))) std::this_thread::sleep_for(milliseconds(5));
  released = false;
}

TEST(Resolver, FindsTheAddressesOfAName) {
  const auto found = resolved("somebody", seconds(10), &loopback);
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_TRUE(std::ranges::any_of(*found, [](const auto& endpoint) {
    return endpoint.address().is_loopback() && endpoint.port() == 7443;
  }));
}

TEST(Resolver, SaysThatThereIsNoSuchName) {
  const auto found = resolved("nobody", seconds(10), &no_such_name);
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, ErrorCode::Unavailable);
  EXPECT_NE(found.error().message.find("resolve nobody: "), std::string::npos);
}

TEST(Resolver, DoesNotWaitForNameServersThatAreSilent) {
  const auto found = resolved("localhost", milliseconds(50), &hang);
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().message, "resolve localhost: timed out");
  release(1);  // it hangs still: nobody waited for it
}

TEST(Resolver, HasFewThreadsHangForThem) {
  for (std::size_t i = 0; i < kLookupsMax; ++i) {
    EXPECT_FALSE(resolved("localhost", milliseconds(20), &hang).has_value());
  }
  const auto refused = resolved(kAddress, seconds(10));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("asked before"), std::string::npos);
  release(static_cast<int>(kLookupsMax));
  EXPECT_TRUE(resolved(kAddress, seconds(10)).has_value());
}

}  // namespace
}  // namespace joist::wire
