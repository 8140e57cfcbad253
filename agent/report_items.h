// What the host reports now, from what is known of it.
//
// A condition whose text did not change keeps the evidence it was reported with:
// a report that changed with every measurement would be sent every time, to say
// nothing new (see Heartbeat in session.proto).
// Threads: the control thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "joist/v1/condition.pb.h"
#include "joist/v1/disk.pb.h"
#include "joist/v1/host.pb.h"
#include "joist/v1/report.pb.h"

namespace joist::agent {

class ReportItems {
 public:
  // A report within the limits of base/report.h. What does not fit is left out
  // and named in `left_out`: what has grown too large, then the last disks.
  // Keys are Disk.id or name; "sha256:HEX" of an id that is too long for a key.
  v1::Report make(const v1::Host& host, const std::vector<v1::Condition>& conditions,
                  const std::vector<v1::Disk>& disks, std::string& left_out);

 private:
  std::map<std::string, v1::Condition> reported_;  // by type
};

}  // namespace joist::agent
