// What Rook and Longhorn are told of the disks that are ready for them, as YAML for kubectl. What
// is not ready, and what is kept, is in neither. Pure.
#pragma once

#include <string>

#include "joist/v1/agent.pb.h"
#include "joist/v1/plan.pb.h"

namespace joist::ctl {

struct HandOver {
  std::string node_name;
  const v1::ListDisksResponse& disks;
  const v1::DiskPlan& plan;
};

// `storage` of a CephCluster: the disks of ceph_raw that are blank, and those that carry an OSD
// already, which Rook gives up when its list does not have them any more.
std::string ceph_text(const HandOver& ready);

// The Node with Longhorn's label and annotation: the disks of longhorn_v1 that are mounted.
std::string longhorn_text(const HandOver& ready);

// The link in /dev/disk/by-id that names the disk for longest; empty: none does.
std::string stable_link(const v1::Disk& disk, const v1::ListDisksResponse& disks);

}  // namespace joist::ctl
