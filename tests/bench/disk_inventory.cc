// How long a recorded host's disks take from /sys to a plan: disk_inventory ROOT ROUNDS prints how
// many disks there are, and the median in milliseconds. What is on them is not read here.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "disk/observe.h"
#include "disk/plan.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  using namespace joist;
  const SysRoot root(argv[1]);
  std::vector<double> times;
  std::size_t disks = 0;
  v1::StorageSpec spec;
  spec.add_uses()->set_kind(v1::STORAGE_USE_KIND_CEPH_RAW);
  for (int round = std::atoi(argv[2]); round > 0; --round) {
    const auto began = std::chrono::steady_clock::now();
    const auto inventory = disk::observe(root, SystemClock().now());
    if (!inventory) {
      std::cerr << inventory.error().message << '\n';
      return 1;
    }
    const auto plan = disk::plan_disks({"host", disk::classify(*inventory, {}, spec), spec, {}});
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    times.push_back(took.count());
    disks = static_cast<std::size_t>(plan.disks_size());
  }
  std::ranges::sort(times);
  std::cout << disks << ' ' << times[times.size() / 2] << '\n';
}
