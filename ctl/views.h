// Each answer of the agent and the installer, as a page for people. Pure: ages
// are counted up to `now`.
#pragma once

#include "base/clock.h"
#include "ctl/page.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/cluster.pb.h"

namespace joist::ctl {

Page status_page(const v1::Status& status, WallTime now);
Page disks_page(const v1::ListDisksResponse& disks, WallTime now);

// The table of all, or where `detailed` each in full.
Page conditions_page(const v1::ListConditionsResponse& conditions, bool detailed, WallTime now);

Page nodes_page(const v1::ListNodesResponse& nodes, WallTime now);
Page node_page(const v1::Node& node, WallTime now);
Page tokens_page(const v1::ListTokensResponse& tokens, WallTime now);

}  // namespace joist::ctl
