#include "disk/doubt.h"

#include "base/printable.h"

namespace joist::disk {
namespace {

constexpr std::size_t kWhyMax = 512;

}  // namespace

v1::DiskDoubt make_doubt(const Disk& disk, std::string_view code, const std::string& why) {
  v1::DiskDoubt doubt;
  doubt.set_id(printable(disk.id, 1024));
  doubt.mutable_reason()->set_code(std::string(code));
  doubt.mutable_reason()->set_message(printable(why, kWhyMax) +
                                      "; to have it all the same, name it by its id in a use");
  return doubt;
}

std::optional<v1::DiskDoubt> doubt_health(const Disk& disk, const v1::DiskHealth& health) {
  if (disk.id.empty() || health.state() != v1::DISK_HEALTH_STATE_FAILING) return std::nullopt;
  const std::string why = health.reasons().empty() ? "" : ": " + health.reasons(0).message();
  return make_doubt(disk, "DiskFailing", "its health is failing" + why);
}

std::vector<v1::DiskReason> doubts_of(const Disk& disk, const std::vector<v1::DiskDoubt>& doubts) {
  std::vector<v1::DiskReason> reasons;
  for (const v1::DiskDoubt& doubt : doubts) {
    if (!disk.id.empty() && doubt.id() == disk.id) reasons.push_back(doubt.reason());
  }
  return reasons;
}

}  // namespace joist::disk
