// Plans of disks, as people are asked to consent to them. Pure.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "ctl/page.h"
#include "joist/v1/agent.pb.h"
#include "joist/v1/plan.pb.h"

namespace joist::ctl {

// Of a plan's digest, for people to type.
inline constexpr std::size_t kDigestLetters = 8;

// In hexadecimal digits; empty where nothing is to be done.
std::string digest_text(const v1::DiskPlan& plan);

// The disks with steps, what is missing, and the digest: all that is consented to.
Page preview_page(const v1::DiskPlan& plan);

// The same, then the disks without steps and why, and what to type next. `asked`: the disks that
// were named on the command line, which the page keeps to.
Page plan_page(const v1::PlanDisksResponse& planned, const std::vector<std::string>& asked,
               WallTime now);

// What the plan says of one disk.
Facts planned_facts(const v1::PlannedDisk& planned);

// The disk that has the id or, without one, the name; null: the plan does not have it.
const v1::PlannedDisk* find_planned(const v1::DiskPlan& plan, const std::string& id,
                                    const std::string& name);

// Whether the disk is already as its use wants it.
bool is_prepared(const v1::PlannedDisk& planned);

// Whether it has the reason.
bool has_reason(const v1::PlannedDisk& planned, std::string_view code);

// "make-filesystem" as people say it: "make filesystem".
std::string step_name(v1::DiskStepKind kind);

// "a1 b2", each quoted for a shell where it needs to be; led by a blank unless empty.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace joist::ctl
