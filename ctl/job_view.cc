#include "ctl/job_view.h"

#include <algorithm>
#include <set>

#include "base/sha256.h"
#include "base/value_text.h"
#include "base/wall_time.h"
#include "ctl/humane.h"
#include "ctl/plan_view.h"

namespace joist::ctl {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Cell state_cell(const v1::DiskJob& job) {
  const std::string word = enum_word(*v1::DiskJobState_descriptor(), job.state());
  switch (job.state()) {
    case v1::DISK_JOB_STATE_RUNNING:
      return {job.cancelled() ? "stopping" : word, job.cancelled() ? Tone::Warning : Tone::Plain};
    case v1::DISK_JOB_STATE_DONE:
      return {word, Tone::Good};
    case v1::DISK_JOB_STATE_FAILED:
      return {word, Tone::Bad};
    case v1::DISK_JOB_STATE_CANCELLED:
      return {word, Tone::Warning};
    case v1::DISK_JOB_STATE_UNDONE:
      return {word, Tone::Dim};
    default:
      return {"unknown", Tone::Warning};
  }
}

bool has_step(const v1::DiskJob& job) {
  return job.step() < static_cast<std::uint32_t>(job.planned().steps_size());
}

// "step 1 of 3, zero"; empty once all are done.
std::string step_text(const v1::DiskJob& job) {
  if (!has_step(job)) return "";
  const auto& step = job.planned().steps(static_cast<int>(job.step()));
  return "step " + std::to_string(job.step() + 1) + " of " +
         std::to_string(job.planned().steps_size()) + ", " + step_name(step.kind());
}

std::string percent_text(const v1::DiskJob& job) {
  if (job.total_bytes() == 0) return "";
  const double part =
      static_cast<double>(job.done_bytes()) / static_cast<double>(job.total_bytes());
  return std::to_string(static_cast<int>(std::clamp(part, 0.0, 1.0) * 100)) + "%";
}

// "320 MiB/s, 1h2m left"; empty while there is nothing to reckon it from.
std::string rate_text(const v1::DiskJob& job, WallTime now) {
  const auto began = std::chrono::nanoseconds(
      google::protobuf::util::TimeUtil::TimestampToNanoseconds(job.step_time()));
  const double seconds = std::chrono::duration<double>(now.time_since_epoch() - began).count();
  constexpr double kTooSoon = 1;
  constexpr double kYears = 1e9;  // a clock that was set back or forth
  if (job.done_bytes() == 0 || !job.has_step_time() || seconds < kTooSoon || seconds > kYears) {
    return "";
  }
  const double rate = static_cast<double>(job.done_bytes()) / seconds;
  std::string text = humane_size(static_cast<std::uint64_t>(rate)) + "/s";
  if (job.total_bytes() > job.done_bytes()) {
    const double left = static_cast<double>(job.total_bytes() - job.done_bytes()) / rate;
    text +=
        ", " +
        humane_duration(std::chrono::seconds(static_cast<std::int64_t>(std::min(left, kYears)))) +
        " left";
  }
  return text;
}

std::string at_text(const v1::DiskJob& job, WallTime now) {
  std::string text = step_text(job);
  if (!is_running(job)) return text;
  std::string more = percent_text(job);
  const std::string rate = rate_text(job, now);
  if (!rate.empty()) more += (more.empty() ? "" : ", ") + rate;
  return text + (more.empty() ? "" : ": " + more);
}

Cell problem_cell(const v1::DiskJob& job) {
  const bool bad = job.state() == v1::DISK_JOB_STATE_FAILED;
  return {or_dash(job.problem()), bad ? Tone::Bad : Tone::Warning};
}

void add(Facts& facts, const char* label, const std::string& text, Tone tone = Tone::Plain) {
  if (!text.empty()) facts.facts.push_back({label, {text, tone}});
}

void add_steps(const v1::DiskJob& job, Facts& facts) {
  for (int index = 0; index < job.planned().steps_size(); ++index) {
    const v1::DiskStep& step = job.planned().steps(index);
    const auto place = static_cast<std::uint32_t>(index);
    const bool here = place == job.step();
    const std::string mark = place < job.step()                                 ? "done"
                             : here && is_running(job)                          ? "at it"
                             : here && job.state() == v1::DISK_JOB_STATE_FAILED ? "failed"
                                                                                : "not done";
    add(facts, index == 0 ? "Steps" : "",
        std::to_string(index + 1) + ". " +
            (step.summary().empty() ? step_name(step.kind()) : step.summary()) + " (" + mark + ")",
        mark == "failed" ? Tone::Bad : Tone::Plain);
  }
}

std::string saved_text(const v1::DiskJob& job) {
  if (job.state() == v1::DISK_JOB_STATE_UNDONE) return "what was cleared is back";
  if (job.saved_digest().empty()) return "nothing was cleared that could be put back";
  return "what was cleared; sudo joistctl disk undo " + job.id();
}

std::string joined(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

bool is_running(const v1::DiskJob& job) { return job.state() == v1::DISK_JOB_STATE_RUNNING; }

v1::ListDiskJobsResponse running_jobs(const v1::ListDiskJobsResponse& jobs) {
  v1::ListDiskJobsResponse running;
  std::ranges::copy_if(jobs.jobs(), RepeatedFieldBackInserter(running.mutable_jobs()), is_running);
  return running;
}

std::string progress_mark(const v1::DiskJob& job) {
  return std::to_string(job.state()) + "/" + std::to_string(job.step()) + "/" + job.problem() +
         (job.cancelled() ? "/stopping" : "");
}

std::string progress_line(const v1::DiskJob& job, WallTime now) {
  const std::string lead = job.planned().name() + ": ";
  const std::string why = job.problem().empty() ? "" : ": " + job.problem();
  const std::string at = step_text(job).empty() ? "" : " at " + step_text(job);
  switch (job.state()) {
    case v1::DISK_JOB_STATE_RUNNING:
      return lead + at_text(job, now) + (job.cancelled() ? ", stops after it" : "") + why;
    case v1::DISK_JOB_STATE_DONE:
      return lead + "done";
    case v1::DISK_JOB_STATE_FAILED:
      return lead + "failed" + at + why;
    case v1::DISK_JOB_STATE_CANCELLED:
      return lead + "cancelled" + at + why;
    case v1::DISK_JOB_STATE_UNDONE:
      return lead + "undone";
    default:
      return lead + "in a state that this joistctl does not know";
  }
}

Page jobs_page(const v1::ListDiskJobsResponse& jobs, WallTime now) {
  Table table;
  table.when_empty = "No jobs.";
  table.columns = {{"WHEN"},         {"DISK"}, {"USE", Fit::Cut},     {"STATE"},
                   {"AT", Fit::Cut}, {"JOB"},  {"PROBLEM", Fit::Wrap}};
  for (const v1::DiskJob& job : jobs.jobs()) {
    table.rows.push_back({{humane_when(job.begin_time(), now), Tone::Dim},
                          {job.planned().name()},
                          {or_dash(job.planned().use())},
                          state_cell(job),
                          {or_dash(at_text(job, now))},
                          {job.id()},
                          problem_cell(job)});
  }
  Page page{{{"", table}}};
  if (jobs.truncated()) {
    page.sections.push_back({"", Facts{{{"More", {"there are older jobs than these"}}}}});
  }
  return page;
}

Page job_page(const v1::DiskJob& job, WallTime now) {
  Facts facts;
  const v1::PlannedDisk& disk = job.planned();
  add(facts, "Job", job.id());
  add(facts, "Disk",
      disk.name() + ", " + humane_size(disk.size_bytes()) +
          (disk.model().empty() ? "" : ", " + disk.model()));
  add(facts, "ID", disk.id());
  add(facts, "Use",
      disk.use() + " (" + enum_word(*v1::StorageUseKind_descriptor(), disk.kind()) + ")");
  facts.facts.push_back({"State", state_cell(job)});
  add(facts, "At", at_text(job, now));
  add(facts, "Problem", job.problem(), Tone::Bad);
  add_steps(job, facts);
  for (const std::string& line : disk.found()) {
    add(facts, &line == &disk.found(0) ? "Was on it" : "", line);
  }
  add(facts, "Saved", saved_text(job));
  add(facts, "Began", humane_when(job.begin_time(), now));
  add(facts, "Changed", humane_when(job.change_time(), now));
  const v1::Consent& consent = job.consent();
  add(facts, "Consent",
      (consent.given_by().empty() ? "-" : "by " + consent.given_by()) + ", " +
          humane_when(consent.given_time(), now));
  add(facts, "Plan", to_hex(job.plan_digest()), Tone::Dim);
  return {{{"", facts}}};
}

Result<std::string> find_job(const v1::ListDiskJobsResponse& jobs, const std::string& named) {
  std::set<std::string> beginning;
  for (const v1::DiskJob& job : jobs.jobs()) {
    if (job.id() == named) return job.id();
    if (!named.empty() && job.id().starts_with(named)) beginning.insert(job.id());
  }
  if (beginning.size() == 1) return *beginning.begin();
  if (beginning.size() > 1) {
    return fail(ErrorCode::Malformed, in_quotes(named) + " is the beginning of several jobs: " +
                                          joined(beginning) + "; give more of it");
  }
  // The list has the newest first.
  for (const v1::DiskJob& job : jobs.jobs()) {
    const bool of_disk = job.planned().name() == named || job.planned().id() == named;
    if (of_disk && !named.empty()) return job.id();
  }
  return fail(ErrorCode::NotFound, "no job " + in_quotes(named) +
                                       ", and none of a disk called so; joistctl disk history "
                                       "lists them");
}

}  // namespace joist::ctl
