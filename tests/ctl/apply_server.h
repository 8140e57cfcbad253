// Stands in for joist-apply: real messages on a real socket, answered as the test says.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/problem.h"
#include "base/seqpacket.h"
#include "joist/v1/apply.pb.h"

namespace joist::ctl {

class ApplyServer {
 public:
  using Answer = std::function<Result<v1::ApplyResponse>(const v1::ApplyRequest&)>;

  ApplyServer(const std::string& path, Answer answer) : answer_(std::move(answer)) {
    auto listener = listen_seqpacket(path, 0600, 8);
    EXPECT_TRUE(listener.has_value()) << listener.error().message;
    listener_ = std::move(*listener);
    thread_ = std::thread([this] { serve(); });
  }
  ~ApplyServer() {
    stopping_ = true;
    thread_.join();
  }
  ApplyServer(const ApplyServer&) = delete;
  ApplyServer& operator=(const ApplyServer&) = delete;

  // All that came so far of one kind.
  std::vector<v1::ApplyRequest> requests(v1::ApplyRequest::RequestCase kind) const {
    const std::lock_guard lock(mutex_);
    std::vector<v1::ApplyRequest> found;
    for (const v1::ApplyRequest& request : requests_) {
      if (request.request_case() == kind) found.push_back(request);
    }
    return found;
  }

 private:
  void serve() {
    constexpr int kLookMilliseconds = 20;
    constexpr std::chrono::seconds kPatience{10};
    while (!stopping_) {
      pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
      if (::poll(&waiting, 1, kLookMilliseconds) <= 0) continue;
      const auto connection = accept_seqpacket(listener_.get());
      if (!connection) continue;
      const auto datagram = receive_datagram(connection->get(), kPatience);
      v1::ApplyRequest request;
      if (!datagram || !request.ParseFromString(*datagram)) continue;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
      }
      auto answer = answer_(request);
      v1::ApplyResponse response;
      if (answer) response = *answer;
      if (!answer) *response.mutable_problem() = to_problem(answer.error());
      EXPECT_TRUE(send_datagram(connection->get(), response.SerializeAsString(), kPatience));
    }
  }

  Answer answer_;
  UniqueFd listener_;
  mutable std::mutex mutex_;
  std::vector<v1::ApplyRequest> requests_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace joist::ctl
