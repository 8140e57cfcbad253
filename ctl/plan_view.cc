#include "ctl/plan_view.h"

#include <algorithm>

#include "base/sha256.h"
#include "base/value_text.h"
#include "ctl/disk_view.h"
#include "ctl/humane.h"

namespace joist::ctl {
namespace {

void add(Facts& facts, const char* label, const std::string& text, Tone tone = Tone::Plain) {
  facts.facts.push_back({label, {text, tone}});
}

std::string filesystem_name(v1::Filesystem filesystem) {
  return filesystem == v1::FILESYSTEM_EXT4 ? "ext4" : "XFS";
}

// What the disk is for: "osd (ceph-raw)".
std::string use_text(const v1::PlannedDisk& planned) {
  if (planned.use().empty()) return "-";
  return planned.use() + " (" + enum_word(*v1::StorageUseKind_descriptor(), planned.kind()) + ")";
}

// What will be there once all steps are done.
std::string outcome_text(const v1::PlannedDisk& planned) {
  switch (planned.kind()) {
    case v1::STORAGE_USE_KIND_CEPH_RAW:
      return "nothing: blank, for Ceph to take";
    case v1::STORAGE_USE_KIND_LONGHORN_V1:
    case v1::STORAGE_USE_KIND_LOCAL:
      return filesystem_name(planned.filesystem()) + " labelled " + planned.filesystem_label() +
             ", mounted at " + planned.mount_point() + " now and at every boot";
    case v1::STORAGE_USE_KIND_WIPE:
      return "nothing: blank, and left so";
    default:
      return "as its use wants it";
  }
}

bool clears(const v1::PlannedDisk& planned) {
  return std::ranges::any_of(planned.steps(), [](const v1::DiskStep& step) {
    return step.kind() == v1::DISK_STEP_KIND_CLEAR || step.kind() == v1::DISK_STEP_KIND_ZERO ||
           step.kind() == v1::DISK_STEP_KIND_DISCARD;
  });
}

// What was found, and whether it will be gone.
void add_found(const v1::PlannedDisk& planned, Facts& facts) {
  const bool lost = clears(planned);
  if (planned.found().empty()) {
    add(facts, "On it now", lost ? "something that is not listed" : "nothing",
        lost ? Tone::Bad : Tone::Good);
    return;
  }
  const Cell lead = lost ? Cell{"will be gone:", Tone::Bad} : Cell{"stays:", Tone::Good};
  facts.facts.push_back({"On it now", lead});
  for (const std::string& line : planned.found()) {
    add(facts, "", line, lost ? Tone::Bad : Tone::Plain);
  }
}

void add_steps(const v1::PlannedDisk& planned, Facts& facts) {
  std::chrono::seconds total{0};
  for (int index = 0; index < planned.steps_size(); ++index) {
    const v1::DiskStep& step = planned.steps(index);
    total += std::chrono::seconds(step.estimate().seconds());
    add(facts, index == 0 ? "Steps" : "",
        std::to_string(index + 1) + ". " +
            (step.summary().empty() ? step_name(step.kind()) : step.summary()),
        step.destructive() ? Tone::Warning : Tone::Plain);
  }
  add(facts, "Then on it", outcome_text(planned));
  add(facts, "Takes", "about " + humane_duration(total));
}

Cell consent_cell(const v1::PlannedDisk& planned) {
  if (planned.consent() == v1::CONSENT_NEED_POLICY) {
    return {"a person's, or the policy's in /etc/joist/apply.yaml: nothing is lost"};
  }
  if (!clears(planned) && !planned.warnings().empty()) {
    return {"a person's: nothing is lost, but something speaks against the disk", Tone::Warning};
  }
  return {"a person's: what is on it will be gone", Tone::Warning};
}

// What would have kept it from being taken if its use did not name it.
void add_warnings(const v1::PlannedDisk& planned, Facts& facts) {
  for (const v1::DiskReason& warning : planned.warnings()) {
    add(facts, &warning == &planned.warnings(0) ? "Although" : "",
        warning.message().empty() ? warning.code() : warning.message(), Tone::Bad);
  }
}

Facts step_facts(const v1::PlannedDisk& planned) {
  Facts facts;
  add(facts, "ID", planned.id());
  add(facts, "Use", use_text(planned));
  facts.facts.push_back({"Class", disk_class_cell(planned.class_())});
  add_warnings(planned, facts);
  add_found(planned, facts);
  add_steps(planned, facts);
  facts.facts.push_back({"Consent", consent_cell(planned)});
  return facts;
}

std::string title_of(const v1::PlannedDisk& planned) {
  return planned.name() + "  " + humane_size(planned.size_bytes()) +
         (planned.model().empty() ? "" : "  " + planned.model());
}

// Of the disks that were asked for, or of all.
Table other_table(const v1::DiskPlan& plan, const std::vector<std::string>& asked) {
  const auto is_asked = [&asked](const v1::PlannedDisk& planned) {
    return asked.empty() || std::ranges::any_of(asked, [&planned](const std::string& name) {
             return name == planned.name() || name == planned.id();
           });
  };
  Table table;
  table.columns = {{"DISK"},
                   {"CLASS"},
                   {"SIZE", Fit::Whole, true},
                   {"USE", Fit::Cut},
                   {"WHY NOTHING IS DONE", Fit::Wrap}};
  for (const v1::PlannedDisk& planned : plan.disks()) {
    if (!planned.steps().empty() || !is_asked(planned)) continue;
    table.rows.push_back(
        {{planned.name()},
         disk_class_cell(planned.class_()),
         {humane_size(planned.size_bytes())},
         {planned.use().empty() ? "-" : planned.use()},
         {reasons_text(planned.reasons()), is_prepared(planned) ? Tone::Good : Tone::Plain}});
  }
  return table;
}

Facts shortfall_facts(const v1::DiskPlan& plan) {
  Facts facts;
  for (const v1::DiskReason& shortfall : plan.shortfalls()) {
    add(facts, &shortfall == &plan.shortfalls(0) ? "Missing" : "",
        shortfall.message().empty() ? shortfall.code() : shortfall.message(), Tone::Warning);
  }
  return facts;
}

Facts digest_facts(const v1::DiskPlan& plan) {
  Facts facts;
  const std::string digest = digest_text(plan);
  add(facts, "Digest", digest, Tone::Dim);
  // Apart, so that it can be read off and typed.
  add(facts, "In short", digest.substr(0, kDigestLetters), Tone::Strong);
  return facts;
}

bool is_plain(const std::string& word) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:/-";
  return !word.empty() && word.find_first_not_of(kLetters) == std::string::npos;
}

}  // namespace

std::string shell_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    std::string quoted;
    for (const char letter : word) quoted += letter == '\'' ? "'\\''" : std::string(1, letter);
    text += " " + (is_plain(word) ? word : "'" + quoted + "'");
  }
  return text;
}

std::string step_name(v1::DiskStepKind kind) {
  std::string name = enum_word(*v1::DiskStepKind_descriptor(), kind);
  std::ranges::replace(name, '-', ' ');
  return name;
}

std::string digest_text(const v1::DiskPlan& plan) { return to_hex(plan.digest()); }

const v1::PlannedDisk* find_planned(const v1::DiskPlan& plan, const std::string& id,
                                    const std::string& name) {
  const auto found = std::ranges::find_if(plan.disks(), [&](const v1::PlannedDisk& planned) {
    return id.empty() ? planned.id().empty() && planned.name() == name : planned.id() == id;
  });
  return found == plan.disks().end() ? nullptr : &*found;
}

bool has_reason(const v1::PlannedDisk& planned, std::string_view code) {
  return std::ranges::any_of(
      planned.reasons(), [code](const v1::DiskReason& reason) { return reason.code() == code; });
}

bool is_prepared(const v1::PlannedDisk& planned) {
  return has_reason(planned, "AlreadyBlank") || has_reason(planned, "AlreadyMounted") ||
         has_reason(planned, "CarriesOsd");
}

Facts planned_facts(const v1::PlannedDisk& planned) {
  Facts facts;
  add(facts, "Planned use", use_text(planned));
  if (planned.steps().empty()) {
    add(facts, "Plan", "nothing is done: " + reasons_text(planned.reasons()),
        is_prepared(planned) ? Tone::Good : Tone::Plain);
    return facts;
  }
  add_warnings(planned, facts);
  add_found(planned, facts);
  add_steps(planned, facts);
  facts.facts.push_back({"Consent", consent_cell(planned)});
  return facts;
}

Page preview_page(const v1::DiskPlan& plan) {
  Page page;
  for (const v1::PlannedDisk& planned : plan.disks()) {
    if (!planned.steps().empty()) page.sections.push_back({title_of(planned), step_facts(planned)});
  }
  if (!plan.shortfalls().empty()) page.sections.push_back({"", shortfall_facts(plan)});
  if (!plan.digest().empty()) page.sections.push_back({"", digest_facts(plan)});
  return page;
}

Page plan_page(const v1::PlanDisksResponse& planned, const std::vector<std::string>& asked,
               WallTime now) {
  const v1::DiskPlan& plan = planned.plan();
  Page page = preview_page(plan);
  Facts end;
  const bool anything = !plan.digest().empty();
  if (anything) {
    end = std::get<Facts>(page.sections.back().content);
    page.sections.pop_back();
  }
  Table others = other_table(plan, asked);
  if (!others.rows.empty()) page.sections.push_back({"", std::move(others)});
  if (anything) {
    add(end, "Next", "sudo joistctl disk approve" + shell_words(asked));
    add(end, "", "sudo joistctl disk apply" + shell_words(asked));
  } else {
    add(end, "Plan", "nothing is to be done");
    if (planned.spec().uses().empty()) {
      add(end, "", "storage.uses in the configuration says what disks are for; it is empty",
          Tone::Warning);
    }
  }
  add(end, "Observed", humane_when(planned.observed_time(), now));
  page.sections.push_back({"", std::move(end)});
  return page;
}

}  // namespace joist::ctl
