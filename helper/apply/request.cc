#include "helper/apply/request.h"

#include <array>
#include <ctime>

#include "base/message_rules.h"
#include "base/seqpacket.h"
#include "base/sha256.h"

namespace joist::apply {
namespace {

// Of a datagram, for the envelope and what is beside the list.
constexpr std::size_t kRoomBytes = kDatagramBytesMax - 2048;

bool is_for_root_alone(const v1::ApplyRequest& request) {
  return request.has_approve() || request.has_undo() || request.has_cancel();
}

void shorten_found(v1::PlannedDisk& disk, int lines_max) {
  const int more = disk.found_size() - lines_max;
  if (more <= 0) return;
  disk.mutable_found()->DeleteSubrange(lines_max, more);
  disk.add_found("and " + std::to_string(more) + " more");
}

}  // namespace

Result<v1::ApplyRequest> parse_request(std::string_view datagram) {
  v1::ApplyRequest request;
  if (!request.ParseFromArray(datagram.data(), static_cast<int>(datagram.size()))) {
    return fail(ErrorCode::Malformed, "not a joist.v1.ApplyRequest");
  }
  if (request.request_case() == v1::ApplyRequest::REQUEST_NOT_SET) {
    return fail(ErrorCode::Malformed, "no request that this joist-apply knows; it may be too old");
  }
  if (auto kept = check_rules(request); !kept) return fail(kept.error(), "request");
  return request;
}

Result<void> check_allowed(const v1::ApplyRequest& request, uid_t uid) {
  if (uid == 0 || !is_for_root_alone(request)) return {};
  return fail(ErrorCode::Refused, "only root may consent, undo and cancel: use sudo");
}

Result<v1::DiskPlan> plan_to_show(const v1::DiskPlan& plan) {
  v1::DiskPlan shown;
  shown.set_digest(plan.digest());
  *shown.mutable_shortfalls() = plan.shortfalls();
  for (const v1::PlannedDisk& disk : plan.disks()) {
    if (!disk.steps().empty()) *shown.add_disks() = disk;
  }
  for (const int lines_max : {64, 16, 4, 1}) {
    for (v1::PlannedDisk& disk : *shown.mutable_disks()) shorten_found(disk, lines_max);
    if (shown.ByteSizeLong() <= kRoomBytes) return shown;
  }
  return fail(ErrorCode::Malformed, "the plan is of too many disks to be shown at once; name some");
}

v1::ListDiskJobsResponse jobs_to_show(std::vector<v1::DiskJob> jobs) {
  v1::ListDiskJobsResponse shown;
  std::size_t size_bytes = 0;
  for (v1::DiskJob& job : jobs) {
    if (jobs.size() > 1) {
      job.mutable_planned()->clear_found();
      job.mutable_planned()->clear_reasons();
    }
    size_bytes += job.ByteSizeLong() + 8;
    if (size_bytes > kRoomBytes) {
      shown.set_truncated(true);
      break;
    }
    *shown.add_jobs() = std::move(job);
  }
  return shown;
}

std::string make_job_id(const std::string& disk_id, WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  const auto within = now - std::chrono::floor<std::chrono::seconds>(now);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(within).count();
  const std::string digits = std::to_string(1000 + milliseconds).substr(1);
  return std::string(text.data(), length) + digits + "Z-" + to_hex(sha256(disk_id)).substr(0, 8);
}

}  // namespace joist::apply
