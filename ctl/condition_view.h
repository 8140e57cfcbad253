// Conditions as tables and facts, for the agent's view and for a node's report.
#pragma once

#include <string>

#include "base/clock.h"
#include "ctl/page.h"
#include "joist/v1/condition.pb.h"

namespace joist::ctl {

// "True", "False", "Unknown"; unspecified is Unknown.
Cell condition_status(v1::ConditionStatus status);

Table condition_table(const google::protobuf::RepeatedPtrField<v1::Condition>& conditions,
                      WallTime now);

Facts condition_facts(const v1::Condition& condition, WallTime now);

}  // namespace joist::ctl
