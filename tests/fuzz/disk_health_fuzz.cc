// Any bytes for smartctl's answer, and whatever they parse to for its judge.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/seqpacket.h"
#include "disk/health_judge.h"
#include "disk/smartctl_document.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace joist;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto report = disk::parse_smartctl(json);
  if (!report) return 0;
  if (report->ByteSizeLong() + 64 > kDatagramBytesMax) std::abort();
  v1::HealthResponse response;
  *response.mutable_report() = *report;
  disk::HealthKnown known;
  known.disk.kind = v1::DISK_KIND_PHYSICAL;
  known.disk.transport = "sata";
  known.last = disk::hear(response);
  known.report = *report;
  const auto condition = disk::judge_health({known}, {}, {}, Moment{});
  if (condition.reason().empty()) std::abort();
  return 0;
}
