// The condition DisksHealthy: what the disks say of themselves, and what their speed says.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "disk/classify.h"
#include "disk/health.h"
#include "disk/io_latency.h"
#include "joist/v1/condition.pb.h"
#include "joist/v1/disk.pb.h"

namespace joist::disk {

// The reason while disks wait for their first answer.
inline constexpr std::string_view kHealthBeingRead = "HealthBeingRead";

// DiskHealthSpec.interval, or its default.
std::chrono::seconds health_interval(const v1::DiskHealthSpec& spec);

// Figures older than this say nothing any more, but of a disk that sleeps.
std::chrono::seconds health_time_to_live(const v1::DiskHealthSpec& spec);

// Whether the last figures still say how the disk is: they are not too old, or it sleeps. Pure.
bool says_something(const HealthKnown& known, const v1::DiskHealthSpec& spec, Moment now);

// State, reasons, times and figures of one disk. Its reasons, most decisive first:
//   FAILING      DiskFailing
//   UNKNOWN      HealthBeingRead, HealthUnknown
//   WARNING      DiskMediaErrors, DiskSelfTestFailed, DiskWearingOut, DiskHot, DiskSlow
//   NOT_OFFERED  HealthNotOffered
// `latency`: null where nothing is known. Pure.
v1::DiskHealth judge_disk(const HealthKnown& known, const IoLatency* latency,
                          const v1::DiskHealthSpec& spec, Moment now);

// Of all of them, with the reason of the worst disk. Pure. Leaves times and boot_id to the caller.
//   True     DisksHealthy
//   False    DiskFailing, which blocks storage; the warnings' reasons, which block nothing
//   Unknown  HealthUnknown, HealthBeingRead, of disks that must tell, which block storage;
//            HealthNotWatched, which somebody wanted so
v1::Condition judge_health(const std::vector<HealthKnown>& known,
                           const std::vector<IoLatency>& latencies, const v1::DiskHealthSpec& spec,
                           Moment now);

}  // namespace joist::disk
