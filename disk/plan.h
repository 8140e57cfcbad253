// What would be done to a host's disks, and why not to the others. Pure: the agent plans to show
// it, joist-apply plans again to do it, and acts only where both come to the same digest.
#pragma once

#include <string>
#include <vector>

#include "disk/classify.h"
#include "joist/v1/plan.pb.h"

namespace joist::disk {

// What a plan is made from.
struct PlanGround {
  std::string host;                   // /etc/machine-id: a consent of one host is none on another
  std::vector<ClassifiedDisk> disks;  // of one look
  v1::StorageSpec spec;
  std::vector<std::string> only;  // Disk::id or Disk::name; empty: all

  // What the agent knows beside what can be observed: which disks are failing, and which were
  // others before. They only ever take disks out of a plan, or have a person asked.
  std::vector<v1::DiskDoubt> doubts = {};
};

// Every disk of the ground, by name. Steps have only disks with a stable identity that are blank or
// foreign, were read to the end, and that a use wants; all others have reasons:
//   NotWanted, NotAsked, Kept, Reserved
//   AlreadyBlank, AlreadyMounted, CarriesOsd   as the use wants it
//   CarriesMore                                the use's file system, and something else
//   MountPointRefused                          the use names a place of the system's
//   MountPointTaken                            another disk is there, or goes there
//   HeldByUserSpace, NoDriver                  the kernel has no disk of it; a use that wants a
//   number
//                                              of disks counts it as one that it may have
//   UseNotKnown                                the use is of a newer version
//   HibernationImage                           a system sleeps on it; and the codes of `doubts`: no
//                                              use names the disk by its id. Where one does, they
//                                              are warnings, and a person must consent
//   those of classify.h                        what keeps it from being used
v1::DiskPlan plan_disks(const PlanGround& ground);

// DiskPlan.digest of the disks that have steps; empty where none has.
std::string plan_digest(const std::string& host, const v1::DiskPlan& plan);

}  // namespace joist::disk
