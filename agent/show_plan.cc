#include "agent/show_plan.h"

#include <algorithm>

#include "base/value_text.h"
#include "base/wall_time.h"
#include "disk/plan.h"

namespace joist::agent {
namespace {

bool is_named(const disk::ClassifiedDisk& disk, const std::string& name) {
  return disk.disk.name == name || (!disk.disk.id.empty() && disk.disk.id == name);
}

}  // namespace

Result<v1::PlanDisksResponse> show_plan(const disk::InventoryTaken& taken,
                                        const v1::StorageSpec& storage, const std::string& host,
                                        const std::vector<v1::DiskDoubt>& doubts,
                                        const v1::PlanDisksRequest& request) {
  for (const std::string& name : request.only()) {
    const bool known = std::ranges::any_of(
        taken.disks, [&name](const disk::ClassifiedDisk& disk) { return is_named(disk, name); });
    if (!known) {
      return fail(ErrorCode::NotFound, "no disk of this host is called " + in_quotes(name) +
                                           "; joistctl disk list has their names and ids");
    }
  }
  disk::PlanGround ground{.host = host,
                          .disks = taken.disks,
                          .spec = storage,
                          .only = {request.only().begin(), request.only().end()},
                          .doubts = doubts};
  if (!request.uses().empty()) *ground.spec.mutable_uses() = request.uses();
  v1::PlanDisksResponse response;
  *response.mutable_plan() = disk::plan_disks(ground);
  *response.mutable_spec() = ground.spec;
  *response.mutable_doubts() = {doubts.begin(), doubts.end()};
  *response.mutable_observed_time() = to_timestamp(taken.inventory.observed.wall);
  return response;
}

}  // namespace joist::agent
