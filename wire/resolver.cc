#include "wire/resolver.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace joist::wire {
namespace {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

std::atomic<std::size_t> lookups{0};  // under way, those that hang among them

// Of a lookup; its thread may outlive who asked.
struct Question {
  std::string host;
  std::string port;
  Lookup lookup;

  std::mutex mutex;
  std::optional<Result<Endpoints>> answer;
  std::shared_ptr<asio::steady_timer> asker;  // who waits for the answer, while anybody does
};

// However the asker ends: its executor is not touched any more.
class Asking {
 public:
  explicit Asking(std::shared_ptr<Question> question) : question_(std::move(question)) {}
  ~Asking() {
    const std::lock_guard lock(question_->mutex);
    question_->asker.reset();
  }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  std::shared_ptr<Question> question_;
};

Result<Endpoints> look_up(const Question& question) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = question.lookup(question.host.c_str(), question.port.c_str(), &hints, &found);
  if (error != 0) {
    return fail(ErrorCode::Unavailable,
                "resolve " + question.host + ": " +
                    (error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  Endpoints endpoints;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  return endpoints;
}

void answer(Question& question) {
  auto found = look_up(question);
  --lookups;
  const std::lock_guard lock(question.mutex);
  question.answer = std::move(found);
  if (!question.asker) return;
  const auto asker = question.asker;
  asio::post(asker->get_executor(), [asker] { asker->cancel(); });
}

}  // namespace

Task<Result<Endpoints>> resolve(std::string host, std::string port,
                                std::chrono::milliseconds timeout, Lookup lookup) {
  if (lookups.fetch_add(1) >= kLookupsMax) {
    --lookups;
    co_return fail(ErrorCode::Unavailable,
                   "resolve " + host + ": name servers do not answer those who asked before");
  }
  const auto question = std::make_shared<Question>();
  question->host = host;
  question->port = std::move(port);
  question->lookup = lookup;
  const auto timer =
      std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor, timeout);
  question->asker = timer;
  const Asking asking(question);
  try {
    std::thread([question] { answer(*question); }).detach();
  } catch (const std::system_error& error) {
    --lookups;
    co_return fail(ErrorCode::Unavailable,
                   "resolve " + host + ": no thread to ask on: " + error.what());
  }
  boost::system::error_code woken;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
  const std::lock_guard lock(question->mutex);
  if (question->answer) co_return *question->answer;
  co_return fail(ErrorCode::Unavailable, "resolve " + host + ": timed out");
}

}  // namespace joist::wire
