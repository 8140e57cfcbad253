// One disk asked for its health, by smartctl: a process with a deadline, as a probe is.
//
//   helper ─fork─> smartctl (two capabilities, killed at the deadline)
//                     │ JSON, through a pipe
//                     v
//                  reader (no capability, can open nothing) ─ one datagram ─> helper
//
// The process that the helper knows by its number is smartctl itself: if the disk hangs, that
// number hangs, and the disk is left alone until it does not. The JSON is a stranger's, so that
// who parses it has lost all power before the first byte.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"
#include "disk/smartctl_document.h"
#include "helper/probe_process.h"
#include "joist/v1/helper.pb.h"

namespace joist::helper {

// What is run; the rest of its command line is fixed.
struct HealthProgram {
  std::string path = "/usr/sbin/smartctl";
};

// Forks, and the child forks. As start_probe() otherwise. The answer is
//   a HealthResponse: what smartctl said, be it that the device has no health to tell,
//   Unavailable: smartctl is not installed,
//   NotFound, Refused: as open_disk(), without opening the disk,
//   Malformed: smartctl said nothing, too much, or what is not its JSON.
Result<ProbeProcess> start_health(const v1::HealthRequest& request, const HealthProgram& program,
                                  std::chrono::steady_clock::time_point deadline);

}  // namespace joist::helper
