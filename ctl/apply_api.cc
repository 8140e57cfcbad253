#include "ctl/apply_api.h"

#include <chrono>

#include "base/problem.h"
#include "base/seqpacket.h"

namespace joist::ctl {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kConnectTimeout{15};
constexpr seconds kTimeout{30};
// It reads all disks first, or writes back what it saved, and gives up by itself within 5 minutes:
// then it has to be heard.
constexpr seconds kWorkTimeout{330};

tl::unexpected<Error> unreachable(const Error& error) {
  if (error.code == ErrorCode::Refused) {
    return fail(ErrorCode::Refused,
                "only root may ask joist-apply: use sudo (" + error.message + ")");
  }
  if (error.code != ErrorCode::Unavailable) return tl::unexpected<Error>(error);
  return fail(ErrorCode::Unavailable,
              "joist-apply is not there (" + error.message +
                  "); is the package joist-agent installed? systemctl status joist-apply.socket");
}

template <typename Answer>
Result<Answer> answer_of(const Result<v1::ApplyResponse>& response,
                         bool (v1::ApplyResponse::*has)() const,
                         const Answer& (v1::ApplyResponse::*get)() const) {
  if (!response) return tl::unexpected<Error>(response.error());
  if (((*response).*has)()) return ((*response).*get)();
  return fail(ErrorCode::Malformed, "joist-apply answered something else; is it another version?");
}

}  // namespace

Result<v1::ApplyResponse> ApplyApi::ask(const v1::ApplyRequest& request) const {
  const auto connection = connect_seqpacket(socket_path_, kConnectTimeout);
  if (!connection) return unreachable(connection.error());
  const auto sent = send_datagram(connection->get(), request.SerializeAsString(), kTimeout);
  // It may have said why before it closed.
  if (!sent && sent.error().code != ErrorCode::Unavailable) {
    return fail(sent.error(), "ask joist-apply");
  }
  const bool short_work = request.has_jobs() || request.has_cancel();
  const milliseconds timeout = short_work ? kTimeout : kWorkTimeout;
  const auto datagram = receive_datagram(connection->get(), timeout);
  if (!datagram) {
    return fail(datagram.error(),
                "joist-apply ended or hangs (joistctl disk history says what was done; journalctl "
                "-u joist-apply)");
  }
  v1::ApplyResponse response;
  if (!response.ParseFromArray(datagram->data(), static_cast<int>(datagram->size()))) {
    return fail(ErrorCode::Malformed, "joist-apply's answer is not a joist.v1.ApplyResponse");
  }
  if (response.has_problem()) {
    return fail(error_code_of(response.problem().code()), response.problem().message());
  }
  return response;
}

Result<v1::PreviewDisksResponse> ApplyApi::preview(const v1::PreviewDisksRequest& request) const {
  v1::ApplyRequest asked;
  *asked.mutable_preview() = request;
  return answer_of(ask(asked), &v1::ApplyResponse::has_preview, &v1::ApplyResponse::preview);
}

Result<v1::ApproveDisksResponse> ApplyApi::approve(const v1::ApproveDisksRequest& request) const {
  v1::ApplyRequest asked;
  *asked.mutable_approve() = request;
  return answer_of(ask(asked), &v1::ApplyResponse::has_approve, &v1::ApplyResponse::approve);
}

Result<v1::ApplyDisksResponse> ApplyApi::apply(const v1::ApplyDisksRequest& request) const {
  v1::ApplyRequest asked;
  *asked.mutable_apply() = request;
  return answer_of(ask(asked), &v1::ApplyResponse::has_apply, &v1::ApplyResponse::apply);
}

Result<v1::UndoDiskResponse> ApplyApi::undo(const v1::UndoDiskRequest& request) const {
  v1::ApplyRequest asked;
  *asked.mutable_undo() = request;
  return answer_of(ask(asked), &v1::ApplyResponse::has_undo, &v1::ApplyResponse::undo);
}

Result<v1::CancelDiskResponse> ApplyApi::cancel(const v1::CancelDiskRequest& request) const {
  v1::ApplyRequest asked;
  *asked.mutable_cancel() = request;
  return answer_of(ask(asked), &v1::ApplyResponse::has_cancel, &v1::ApplyResponse::cancel);
}

Result<v1::ListDiskJobsResponse> ApplyApi::jobs(const std::string& job) const {
  v1::ApplyRequest asked;
  asked.mutable_jobs()->set_job(job);
  return answer_of(ask(asked), &v1::ApplyResponse::has_jobs, &v1::ApplyResponse::jobs);
}

}  // namespace joist::ctl
