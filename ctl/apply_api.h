// joist-apply, the only program that writes to disks, on its own socket: one call, one connection.
#pragma once

#include <string>
#include <utility>

#include "base/result.h"
#include "joist/v1/apply.pb.h"

namespace joist::ctl {

class ApplyApi {
 public:
  explicit ApplyApi(std::string socket_path) : socket_path_(std::move(socket_path)) {}

  // Refused: only root may. Unavailable: nobody is there, or no answer came in time, so that what
  // was asked for may have been done or not. What joist-apply refuses comes as it says it.
  Result<v1::PreviewDisksResponse> preview(const v1::PreviewDisksRequest& request) const;
  Result<v1::ApproveDisksResponse> approve(const v1::ApproveDisksRequest& request) const;
  Result<v1::ApplyDisksResponse> apply(const v1::ApplyDisksRequest& request) const;
  Result<v1::UndoDiskResponse> undo(const v1::UndoDiskRequest& request) const;
  Result<v1::CancelDiskResponse> cancel(const v1::CancelDiskRequest& request) const;

  // One job in full, or for an empty name all of them, the newest first.
  Result<v1::ListDiskJobsResponse> jobs(const std::string& job = "") const;

 private:
  Result<v1::ApplyResponse> ask(const v1::ApplyRequest& request) const;

  std::string socket_path_;
};

}  // namespace joist::ctl
