// Any datagram for joist-apply: refused, or a request whose plan over a few disks keeps what
// tests/support/plan_invariants.h says of every plan.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "helper/apply/request.h"
#include "tests/disk/plan_ground.h"
#include "tests/support/plan_invariants.h"

namespace {

using namespace joist;  // NOLINT: a program of one file

const disk::PlanGround& few_disks() {
  static const disk::PlanGround kGround = disk::ground_of(
      {disk::mounted_at(disk::foreign("sda"), "/", true), disk::blank("sdb"), disk::foreign("sdc"),
       disk::with(disk::blank("sdd"), [](disk::ClassifiedDisk& disk) { disk.probe.reset(); }),
       disk::with(disk::foreign("sde"),
                  [](disk::ClassifiedDisk& disk) { disk.disk.rotational = true; }),
       disk::with(disk::blank("sdf"),
                  [](disk::ClassifiedDisk& disk) {
                    disk.disk.transport = "nvme";
                    disk.disk.by_path = {"/dev/disk/by-path/pci-0000:3b:00.0-nvme-1"};
                  }),
       disk::mounted_at(disk::foreign("sdg"), "/data")},
      {});
  return kGround;
}

template <typename Wanted>
void plan(const Wanted& wanted) {
  disk::PlanGround ground = few_disks();
  ground.spec = wanted.spec();
  ground.only.assign(wanted.only().begin(), wanted.only().end());
  ground.doubts.assign(wanted.doubts().begin(), wanted.doubts().end());
  const v1::DiskPlan plan = disk::plan_disks(ground);
  const std::string broken = support::broken_invariant(ground, plan);
  const auto shown = apply::plan_to_show(plan);
  if (broken.empty() && (!shown || shown->digest() == plan.digest())) return;
  std::fprintf(stderr, "%s\n%s", broken.c_str(), plan.DebugString().c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = apply::parse_request({reinterpret_cast<const char*>(data), size});
  if (!request) return 0;
  if (request->has_preview()) plan(request->preview());
  if (request->has_approve()) plan(request->approve().plan());
  if (request->has_apply()) plan(request->apply().plan());
  return 0;
}
