#include "ctl/disk_act.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "base/message_rules.h"
#include "base/printable.h"
#include "base/sha256.h"
#include "base/value_text.h"
#include "ctl/answer_text.h"
#include "ctl/api.h"
#include "ctl/apply_api.h"
#include "ctl/disk_view.h"
#include "ctl/humane.h"
#include "ctl/job_follow.h"
#include "ctl/job_view.h"
#include "ctl/plan_view.h"
#include "ctl/screen_text.h"
#include "ctl/terminal.h"

namespace joist::ctl {
namespace {

using std::chrono::system_clock;

// What is to be done, as joist-apply plans it.
struct Preview {
  v1::PlanWanted wanted;  // with the digest of `plan`
  v1::DiskPlan plan;
};

bool is_for_people(const CommandLine& line) { return line.output == Output::Table; }

void hint(const std::string& text) { say(screen_text(text) + "\n"); }

// Pages and sentences for people make room on standard output for the message that programs read.
Result<void> tell(const CommandLine& line, const std::string& text) {
  if (is_for_people(line)) return write_out(text);
  say(text);
  return {};
}

Result<ExitCode> print(const CommandLine& line, const Screen& screen,
                       const google::protobuf::Message& answer, const std::string& text) {
  const std::string out = is_for_people(line)
                              ? screen_text(text, screen.utf8) + "\n"
                              : answer_text(line.output, screen, answer, [] { return Page(); });
  if (auto good = write_out(out); !good) return tl::unexpected<Error>(good.error());
  return ExitCode::Ok;
}

// ---- what the agent says

Result<v1::PlanDisksResponse> plan_by_agent(const CommandLine& line,
                                            const v1::PlanDisksRequest& request) {
  const Sockets sockets{line.agent_socket, line.installer_socket};
  v1::PlanDisksResponse response;
  if (auto called = call(sockets, Service::Agent, "PlanDisks", request, response); !called) {
    return tl::unexpected<Error>(called.error());
  }
  return response;
}

Result<v1::ListDisksResponse> list_disks(const CommandLine& line) {
  const Sockets sockets{line.agent_socket, line.installer_socket};
  v1::ListDisksResponse disks;
  if (auto called = call(sockets, Service::Agent, "ListDisks", v1::ListDisksRequest(), disks);
      !called) {
    return tl::unexpected<Error>(called.error());
  }
  return disks;
}

v1::PlanDisksRequest request_for(const std::vector<std::string>& disks) {
  v1::PlanDisksRequest request;
  for (const std::string& disk : disks) {
    if (std::ranges::find(request.only(), disk) == request.only().end()) request.add_only(disk);
  }
  return request;
}

// ---- what joist-apply says

// The plan that is shown and consented to is joist-apply's own. The agent faces the network: one
// that somebody took over could show one plan and name the digest of another. From it comes only
// the spec, and what follows from that is in what is shown; and what speaks against disks, which
// takes none into a plan.
Result<Preview> preview_of(const ApplyApi& api, const v1::PlanDisksResponse& by_agent,
                           const v1::PlanDisksRequest& asked) {
  v1::PreviewDisksRequest request;
  *request.mutable_spec() = by_agent.spec();
  *request.mutable_only() = asked.only();
  *request.mutable_doubts() = by_agent.doubts();
  const auto answer = api.preview(request);
  if (!answer) return tl::unexpected<Error>(answer.error());
  const v1::DiskPlan& plan = answer->plan();
  const bool has_steps = std::ranges::any_of(
      plan.disks(), [](const v1::PlannedDisk& planned) { return !planned.steps().empty(); });
  if (has_steps ? plan.digest().size() != kSha256Bytes : !plan.digest().empty()) {
    return fail(ErrorCode::Malformed,
                "joist-apply's plan has steps and no digest, or the other way round; is it another "
                "version?");
  }
  Preview preview;
  preview.plan = plan;
  *preview.wanted.mutable_spec() = by_agent.spec();
  *preview.wanted.mutable_only() = asked.only();
  *preview.wanted.mutable_doubts() = by_agent.doubts();
  preview.wanted.set_digest(plan.digest());
  return preview;
}

// A plan that was read before by joistctl disk plan, and is another one now.
void hint_other_plan(const v1::DiskPlan& by_agent, const v1::DiskPlan& by_apply) {
  if (by_agent.digest() == by_apply.digest()) return;
  hint("This is another plan than the agent's (" +
       (by_agent.digest().empty() ? "nothing to do"
                                  : digest_text(by_agent).substr(0, kDigestLetters)) +
       "): the disks have changed since it looked, or one of the two is of another version. What "
       "counts is this one.");
}

// Whether --digest means this plan.
Result<void> check_digest(const CommandLine& line, const v1::DiskPlan& plan) {
  const std::string digest = digest_text(plan);
  if (!line.digest || digest.starts_with(*line.digest)) return {};
  return fail(ErrorCode::Refused,
              "the plan is another than --digest names: its digest begins with " +
                  digest.substr(0, kDigestLetters) +
                  ". Nothing is done; look at it first: joistctl disk plan");
}

// Whether the person agrees to what was shown. Who types part of the digest has found it below the
// plan, and means this plan: a plan that changes meanwhile is refused.
Result<bool> is_agreed(const CommandLine& line, const v1::DiskPlan& plan) {
  if (line.digest) {
    if (auto same = check_digest(line, plan); !same) return tl::unexpected<Error>(same.error());
    return true;
  }
  if (!input_is_terminal()) {
    return fail(
        ErrorCode::Refused,
        "nobody to ask: without a terminal the plan must be named, by --digest and 8 letters "
        "or more of its digest");
  }
  auto typed = ask_line("To agree to all of this, type the first 8 letters of the digest:");
  if (!typed) return tl::unexpected<Error>(typed.error());
  std::ranges::transform(*typed, typed->begin(), [](char letter) {
    return letter >= 'A' && letter <= 'F' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  if (typed->size() >= kDigestLetters && digest_text(plan).starts_with(*typed)) return true;
  hint("That is not it. Nothing is done.");
  return false;
}

// Who sits at the terminal; said, not proved: whoever is root could say anything.
std::string giver() {
  constexpr std::size_t kNameMax = 120;
  const char* behind_sudo = std::getenv("SUDO_USER");  // NOLINT(concurrency-mt-unsafe): one thread
  if (behind_sudo != nullptr && *behind_sudo != '\0') return printable(behind_sudo, kNameMax);
  const passwd* user = ::getpwuid(::geteuid());  // NOLINT(concurrency-mt-unsafe): one thread
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return printable(user == nullptr ? std::to_string(::geteuid()) : user->pw_name, kNameMax) + "@" +
         printable(host.data(), kNameMax);
}

// Without the plan, which is not known yet: what was typed wrong is said before anything is shown.
Result<v1::ApproveDisksRequest> approval(const CommandLine& line) {
  v1::ApproveDisksRequest request;
  request.set_given_by(giver());
  if (!line.lasts) return request;
  const auto lasts = parse_duration(*line.lasts);
  if (lasts) *request.mutable_time_to_live() = *lasts;
  const auto* field = request.GetDescriptor()->FindFieldByName("time_to_live");
  if (!lasts || !field_breaches(request, *field, true).empty()) {
    return fail(ErrorCode::Malformed, "--for: " + in_quotes(*line.lasts) +
                                          " does not fit, expected a duration from 1m to 7d, such "
                                          "as 30m, 8h or 2d");
  }
  return request;
}

Result<v1::ApproveDisksResponse> approve_plan(const ApplyApi& api, const Preview& preview,
                                              v1::ApproveDisksRequest approval) {
  *approval.mutable_plan() = preview.wanted;
  return api.approve(approval);
}

// ---- the ends

// Nothing has steps. That is well unless a disk was named that is not as its use wants it.
Result<ExitCode> nothing_to_do(const CommandLine& line, const Screen& screen,
                               const v1::PlanDisksResponse& planned) {
  if (planned.plan().digest().empty()) {
    const auto page = plan_page(planned, line.arguments, system_clock::now());
    if (auto told = tell(line, render(page, screen)); !told) {
      return tl::unexpected<Error>(told.error());
    }
  } else {
    hint("joist-apply, which looked just now, finds nothing to do. The agent, which looked " +
         humane_when(planned.observed_time(), system_clock::now()) +
         ", has yet to see what changed.");
  }
  const bool all_prepared = std::ranges::all_of(line.arguments, [&](const std::string& name) {
    return std::ranges::any_of(planned.plan().disks(), [&](const v1::PlannedDisk& disk) {
      return (disk.name() == name || disk.id() == name) && is_prepared(disk);
    });
  });
  return all_prepared ? ExitCode::Ok : ExitCode::No;
}

Result<ExitCode> begin_and_follow(const ApplyApi& api, const Preview& preview,
                                  const CommandLine& line, const Screen& screen) {
  v1::ApplyDisksRequest request;
  *request.mutable_plan() = preview.wanted;
  const auto begun = api.apply(request);
  if (!begun) return tl::unexpected<Error>(begun.error());
  if (line.no_wait) {
    return print(line, screen, *begun,
                 std::to_string(begun->jobs_size()) + (begun->jobs_size() == 1 ? " job" : " jobs") +
                     " begun; joistctl disk watch shows how they go.");
  }
  auto followed = follow_jobs(api, *begun, !is_for_people(line), screen);
  if (!followed) return tl::unexpected<Error>(followed.error());
  if (!is_for_people(line)) {
    if (auto printed = print(line, screen, followed->jobs, ""); !printed) return printed;
  }
  if (followed->broken_off) {
    say("\n");
    hint(
        "No longer watching; the work goes on. joistctl disk watch shows it, and sudo joistctl "
        "disk cancel JOB stops it.");
    return ExitCode::No;
  }
  for (const v1::DiskJob& job : followed->jobs.jobs()) {
    const bool stopped = job.state() != v1::DISK_JOB_STATE_DONE && !job.saved_digest().empty();
    if (stopped) {
      hint("What was cleared on " + job.planned().name() + " is saved; sudo joistctl disk undo " +
           job.id() + " puts it back.");
    }
  }
  return all_done(followed->jobs) ? ExitCode::Ok : ExitCode::No;
}

// ---- the commands

Result<ExitCode> approve(const CommandLine& line, const Screen& screen) {
  const auto request = approval(line);
  if (!request) return tl::unexpected<Error>(request.error());
  const auto asked = request_for(line.arguments);
  const auto planned = plan_by_agent(line, asked);
  if (!planned) return tl::unexpected<Error>(planned.error());
  const ApplyApi api(line.apply_socket);
  const auto preview = preview_of(api, *planned, asked);
  if (!preview) return tl::unexpected<Error>(preview.error());
  if (preview->plan.digest().empty()) return nothing_to_do(line, screen, *planned);
  if (auto told = tell(line, render(preview_page(preview->plan), screen)); !told) {
    return tl::unexpected<Error>(told.error());
  }
  hint_other_plan(planned->plan(), preview->plan);
  const auto agreed = is_agreed(line, preview->plan);
  if (!agreed) return tl::unexpected<Error>(agreed.error());
  if (!*agreed) return ExitCode::No;
  const auto approved = approve_plan(api, *preview, *request);
  if (!approved) return tl::unexpected<Error>(approved.error());
  const v1::Consent& consent = approved->consent();
  auto printed = print(line, screen, *approved,
                       "Consented by " + consent.given_by() + "; it ends " +
                           humane_when(consent.expire_time(), system_clock::now()) + ".");
  if (printed) hint("Next: sudo joistctl disk apply" + shell_words(line.arguments));
  return printed;
}

Result<ExitCode> apply(const CommandLine& line, const Screen& screen) {
  const auto asked = request_for(line.arguments);
  const auto planned = plan_by_agent(line, asked);
  if (!planned) return tl::unexpected<Error>(planned.error());
  const ApplyApi api(line.apply_socket);
  const auto preview = preview_of(api, *planned, asked);
  if (!preview) return tl::unexpected<Error>(preview.error());
  if (preview->plan.digest().empty()) return nothing_to_do(line, screen, *planned);
  if (auto same = check_digest(line, preview->plan); !same) {
    return tl::unexpected<Error>(same.error());
  }
  return begin_and_follow(api, *preview, line, screen);
}

// Only the disk that was named is wiped, and only if the configuration does not say to keep it.
v1::PlanDisksRequest wipe_request(const CommandLine& line, const std::string& id,
                                  const v1::StorageSpec& configured) {
  v1::PlanDisksRequest request;
  request.add_only(id);
  for (const v1::StorageUse& use : configured.uses()) {
    if (use.kind() == v1::STORAGE_USE_KIND_KEEP) *request.add_uses() = use;
  }
  v1::StorageUse& wipe = *request.add_uses();
  wipe.set_name("wipe");
  wipe.set_kind(v1::STORAGE_USE_KIND_WIPE);
  wipe.set_wipe(line.zero      ? v1::WIPE_METHOD_ZERO
                : line.discard ? v1::WIPE_METHOD_DISCARD
                               : v1::WIPE_METHOD_SIGNATURES);
  wipe.mutable_disks()->add_ids(id);
  return request;
}

// The disk to wipe, which must have a name that means it for good.
Result<std::string> id_to_wipe(const CommandLine& line) {
  const std::string& name = line.arguments.at(0);
  const auto disks = list_disks(line);
  if (!disks) return tl::unexpected<Error>(disks.error());
  const v1::Disk* disk = find_disk(*disks, name);
  if (disk == nullptr) {
    return fail(ErrorCode::NotFound,
                "no disk " + in_quotes(name) + "; joistctl disk list has their names and ids");
  }
  if (!disk->id().empty()) return disk->id();
  return fail(ErrorCode::Refused, disk->name() +
                                      " has no stable id, and could be taken for another disk: " +
                                      reasons_text(disk->reasons()));
}

Result<ExitCode> wipe(const CommandLine& line, const Screen& screen) {
  const auto id = id_to_wipe(line);
  if (!id) return tl::unexpected<Error>(id.error());
  const auto configured = plan_by_agent(line, request_for({*id}));
  if (!configured) return tl::unexpected<Error>(configured.error());
  const auto request = wipe_request(line, *id, configured->spec());
  const auto planned = plan_by_agent(line, request);
  if (!planned) return tl::unexpected<Error>(planned.error());
  const v1::PlannedDisk* disk = find_planned(planned->plan(), *id, "");
  if (disk != nullptr && disk->steps().empty()) {
    const std::string why = disk->name() + ": " + reasons_text(disk->reasons());
    if (!is_prepared(*disk)) return fail(ErrorCode::Refused, why + ". Nothing is done");
    return print(line, screen, v1::ApplyDisksResponse(), why + ". Nothing is to be done.");
  }
  const ApplyApi api(line.apply_socket);
  v1::PlanDisksResponse meant = *planned;
  *meant.mutable_spec()->mutable_uses() = request.uses();
  const auto preview = preview_of(api, meant, request);
  if (!preview) return tl::unexpected<Error>(preview.error());
  const bool this_alone = preview->plan.disks_size() == 1 && preview->plan.disks(0).id() == *id &&
                          !preview->plan.digest().empty();
  if (!this_alone) {
    return fail(ErrorCode::Refused,
                "joist-apply does not plan to wipe this disk and no other: it "
                "has changed since the agent looked. Nothing is done; look "
                "again: joistctl disk show " +
                    line.arguments.at(0));
  }
  if (auto told = tell(line, render(preview_page(preview->plan), screen)); !told) {
    return tl::unexpected<Error>(told.error());
  }
  hint_other_plan(planned->plan(), preview->plan);
  const auto agreed = is_agreed(line, preview->plan);
  if (!agreed) return tl::unexpected<Error>(agreed.error());
  if (!*agreed) return ExitCode::No;
  const auto request_of_consent = approval(line);
  if (!request_of_consent) return tl::unexpected<Error>(request_of_consent.error());
  const auto approved = approve_plan(api, *preview, *request_of_consent);
  if (!approved) return tl::unexpected<Error>(approved.error());
  return begin_and_follow(api, *preview, line, screen);
}

// The job that is meant, as it was listed. A disk's name is taken for the disk that has it now:
// the one that had it when the job ran may be another.
Result<v1::DiskJob> job_meant(const CommandLine& line, const ApplyApi& api) {
  const auto jobs = api.jobs();
  if (!jobs) return tl::unexpected<Error>(jobs.error());
  std::string named = line.arguments.at(0);
  if (const auto disks = list_disks(line)) {
    const v1::Disk* disk = find_disk(*disks, named);
    if (disk != nullptr && !disk->id().empty()) named = disk->id();
  }
  const auto id = find_job(*jobs, named);
  if (id) return *std::ranges::find(jobs->jobs(), *id, &v1::DiskJob::id);
  if (!jobs->truncated() || id.error().code != ErrorCode::NotFound) {
    return tl::unexpected<Error>(id.error());
  }
  const auto one = api.jobs(named);
  if (!one || one->jobs().empty()) return tl::unexpected<Error>(id.error());
  return one->jobs(0);
}

std::string disk_text(const v1::DiskJob& job) {
  const v1::PlannedDisk& disk = job.planned();
  return disk.name() + " (" + disk.id() + (disk.model().empty() ? "" : ", " + disk.model()) + ", " +
         humane_size(disk.size_bytes()) + ")";
}

Result<ExitCode> undo(const CommandLine& line, const Screen& screen) {
  const ApplyApi api(line.apply_socket);
  const auto job = job_meant(line, api);
  if (!job) return tl::unexpected<Error>(job.error());
  if (!line.yes && !input_is_terminal()) {
    return fail(ErrorCode::Refused,
                "nobody to ask: putting back what a job cleared needs --yes without a terminal");
  }
  if (!line.yes) {
    const auto agreed =
        confirm(screen_text("Put back on " + disk_text(*job) + " what job " + job->id() +
                            " cleared? It is then as it was before the job."));
    if (!agreed) return tl::unexpected<Error>(agreed.error());
    if (!*agreed) return ExitCode::No;
  }
  v1::UndoDiskRequest request;
  request.set_job(job->id());
  const auto undone = api.undo(request);
  if (!undone) return tl::unexpected<Error>(undone.error());
  return print(line, screen, *undone,
               "Job " + job->id() + " is undone: " + humane_size(undone->restored_bytes()) +
                   " are back on " + job->planned().name() + ", as they were.");
}

Result<ExitCode> cancel(const CommandLine& line, const Screen& screen) {
  const ApplyApi api(line.apply_socket);
  const auto job = job_meant(line, api);
  if (!job) return tl::unexpected<Error>(job.error());
  v1::CancelDiskRequest request;
  request.set_job(job->id());
  const auto cancelled = api.cancel(request);
  if (!cancelled) return tl::unexpected<Error>(cancelled.error());
  return print(line, screen, *cancelled,
               "Job " + job->id() + " of " + job->planned().name() +
                   " stops before its next step; joistctl disk history " + job->id() +
                   " says when it has.");
}

}  // namespace

Result<ExitCode> act_on_disks(const CommandLine& line, const Screen& screen) {
  switch (line.command) {
    case CommandId::DiskApprove:
      return approve(line, screen);
    case CommandId::DiskApply:
      return apply(line, screen);
    case CommandId::DiskWipe:
      return wipe(line, screen);
    case CommandId::DiskUndo:
      return undo(line, screen);
    default:
      return cancel(line, screen);
  }
}

}  // namespace joist::ctl
