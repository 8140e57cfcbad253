// What a disk says of its health: what asking it brought, and the figures in it.
//
//   smartctl --helper--> Answer --HealthKnown (agent)--> judge_health()
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "disk/inventory.h"
#include "joist/v1/disk.pb.h"
#include "joist/v1/helper.pb.h"

namespace joist::disk {

// smartctl's exit status for a disk that sleeps, as the helper asks for it: no other outcome has
// bits 0 and 1 alone.
inline constexpr unsigned kAsleepStatus = 3;

enum class HealthAnswer {
  Figures,
  Asleep,      // nothing was asked of the disk, lest it wake
  NotOffered,  // the device has no such thing
  Trouble,     // it should have answered, and did not
};

struct HealthHeard {
  HealthAnswer answer;
  std::string why;  // of NotOffered and Trouble: smartctl's own word
};

// What an answer of the helper means. Pure.
HealthHeard hear(const v1::HealthResponse& response);

// Whether a disk of this kind is one to ask: what stands on other disks, or in memory, has no
// health of its own.
bool worth_asking(const Disk& disk);

// Whether it must have health to tell: NVMe, SATA and SAS disks do, whatever a bridge, a RAID
// controller or a hypervisor keeps to itself.
bool must_tell(const Disk& disk);

// All that is known of one disk's health.
struct HealthKnown {
  Disk disk;
  std::optional<HealthHeard> last;           // nullopt: not asked yet
  std::optional<v1::SmartctlReport> report;  // the last one with figures
  Moment read{};                             // of `report`
};

// The figures of a report; neither state nor reasons nor times. Pure.
v1::DiskHealth figures_of(const v1::SmartctlReport& report);

}  // namespace joist::disk
