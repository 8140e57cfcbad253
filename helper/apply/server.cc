#include "helper/apply/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <set>
#include <utility>

#include "base/config_file.h"
#include "base/log.h"
#include "base/problem.h"
#include "base/sha256.h"
#include "base/wall_time.h"
#include "helper/apply/consent_signature.h"
#include "helper/apply/request.h"
#include "helper/apply/survey.h"

namespace joist::apply {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

constexpr seconds kSilence(60);         // a connection may stay without a request
constexpr seconds kConsentLasts(3600);  // unless who consents says otherwise
constexpr int kDeathsMax = 3;
constexpr int kAcceptPauseMilliseconds = 200;

pollfd wait_on(int fd, bool readable) {
  return {.fd = fd, .events = static_cast<short>(readable ? POLLIN : 0), .revents = 0};
}

Result<void> make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail_errno(errno, "make " + path);
}

JobProgress* map_progress() {
  void* shared = ::mmap(nullptr, sizeof(JobProgress), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return shared == MAP_FAILED ? nullptr : new (shared) JobProgress();
}

const v1::StorageSpec& spec_of(const v1::ApplyRequest& request) {
  if (request.has_preview()) return request.preview().spec();
  return request.has_approve() ? request.approve().plan().spec() : request.apply().plan().spec();
}

std::vector<std::string> only_of(const v1::ApplyRequest& request) {
  const auto& only = request.has_preview()   ? request.preview().only()
                     : request.has_approve() ? request.approve().plan().only()
                                             : request.apply().plan().only();
  return {only.begin(), only.end()};
}

std::vector<v1::DiskDoubt> doubts_in(const v1::ApplyRequest& request) {
  const auto& doubts = request.has_preview()   ? request.preview().doubts()
                       : request.has_approve() ? request.approve().plan().doubts()
                                               : request.apply().plan().doubts();
  return {doubts.begin(), doubts.end()};
}

std::string encode(const Error& error) {
  v1::ApplyResponse response;
  *response.mutable_problem() = to_problem(error);
  return response.SerializeAsString();
}

// What a survey's process says: a plan, as a preview, or a problem.
std::string survey_answer(const SysRoot& root, const v1::ApplyRequest& request, seconds deadline) {
  auto ground = survey(root, spec_of(request), only_of(request), deadline);
  if (!ground) return encode(ground.error());
  ground->doubts = doubts_in(request);
  v1::ApplyResponse response;
  *response.mutable_preview()->mutable_plan() = disk::plan_disks(*ground);
  return response.SerializeAsString();
}

std::string undo_answer(const JobGround& ground, const std::string& id) {
  const auto job = ground.store.read(id);
  if (!job) return encode(job.error());
  const auto undone = undo_job(*job, ground);
  if (!undone) return encode(undone.error());
  v1::ApplyResponse response;
  *response.mutable_undo()->mutable_job() = *undone;
  const auto saved = ground.store.read_saved(*undone);
  std::uint64_t restored_bytes = 0;
  if (saved) {
    for (const v1::SavedRun& run : saved->runs()) restored_bytes += run.bytes().size();
  }
  response.mutable_undo()->set_restored_bytes(restored_bytes);
  return response.SerializeAsString();
}

Result<void> check_digest(const v1::DiskPlan& plan, const std::string& wanted) {
  if (plan.digest().empty()) {
    return fail(ErrorCode::Refused, "the plan has no steps: there is nothing to do");
  }
  if (plan.digest() == wanted) return {};
  return fail(ErrorCode::Refused, "the plan is another by now (" +
                                      to_hex(plan.digest()).substr(0, 8) + ", not " +
                                      to_hex(wanted).substr(0, 8) +
                                      "): disks or configuration changed. Nothing is done; look "
                                      "again: joistctl disk plan");
}

// One of the keys that the policy names has signed it.
Result<v1::Consent> check_with_keys(const v1::Consent& consent, const std::string& digest,
                                    const v1::ApplyPolicy& policy, WallTime now) {
  Error why{ErrorCode::Refused, "no key in consent_keys of /etc/joist/apply.yaml may consent here"};
  for (const std::string& path : policy.consent_keys()) {
    const auto pem = SysRoot().read(path);
    const auto good = pem ? check_signed(consent, digest, *pem, now)
                          : Result<void>(tl::unexpected<Error>(pem.error()));
    if (good) return consent;
    why = fail(good.error(), path).value();
  }
  return tl::unexpected<Error>(why);
}

}  // namespace

void Server::Unmap::operator()(JobProgress* progress) const {
  ::munmap(progress, sizeof(JobProgress));
}

Server::Server(UniqueFd listener, UniqueFd signals, const ServerFiles& files,
               const ServerLimits& limits)
    : listener_(std::move(listener)),
      signals_(std::move(signals)),
      limits_(limits),
      jobs_(files.state_directory + "/jobs"),
      consents_(files.state_directory + "/consents"),
      policy_path_(files.policy) {}

Result<Server> Server::make(UniqueFd listener, const ServerFiles& files,
                            const ServerLimits& limits) {
  for (const char* below : {"", "/jobs", "/consents"}) {
    if (auto made = make_directory(files.state_directory + below); !made) {
      return tl::unexpected<Error>(made.error());
    }
  }
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int number : {SIGTERM, SIGINT}) ::sigaddset(&taken, number);
  if (::sigprocmask(SIG_BLOCK, &taken, nullptr) != 0) return fail_errno(errno, "block signals");
  UniqueFd signals(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return fail_errno(errno, "signalfd");
  return Server(std::move(listener), std::move(signals), files, limits);
}

Result<void> Server::run() {
  if (auto resumed = resume_jobs(); !resumed) return resumed;
  while (!stopping_ && !is_idle(steady_clock::now())) {
    if (auto served = serve_once(); !served) return served;
  }
  for (Running& running : running_) {
    if (running.work) end_work(*running.work);
  }
  for (Connection& connection : connections_) {
    if (connection.work) end_work(*connection.work);
  }
  return {};
}

// ---- jobs

Result<void> Server::resume_jobs() {
  const auto jobs = jobs_.list();
  if (!jobs) return tl::unexpected<Error>(jobs.error());
  for (const v1::DiskJob& job : *jobs) {
    if (job.state() != v1::DISK_JOB_STATE_RUNNING) continue;
    log(Priority::Notice, "goes on with a job that was interrupted",
        {{"job", job.id()}, {"disk", job.planned().id()}});
    if (auto added = add_job(job); !added) return added;
  }
  return {};
}

Result<void> Server::add_job(const v1::DiskJob& job) {
  JobProgress* progress = map_progress();
  if (progress == nullptr) return fail(ErrorCode::Unavailable, "no memory for another job");
  progress->cancelled = jobs_.was_cancelled(job.id());
  running_.push_back({job.id(), job.planned().id(), std::unique_ptr<JobProgress, Unmap>(progress),
                      std::nullopt, 0});
  return {};
}

void Server::start_waiting_jobs() {
  auto working =
      std::ranges::count_if(running_, [](const auto& one) { return one.work.has_value(); });
  for (Running& running : running_) {
    if (running.work || static_cast<std::size_t>(working) >= limits_.jobs_max) continue;
    const JobGround ground{root_, jobs_, limits_.probe_deadline, running.progress.get()};
    Work work = start_work("joist-disk", [&ground, id = running.id] {
      auto job = ground.store.read(id);
      if (job) job = run_job(std::move(*job), ground);
      if (!job) log(Priority::Error, "a job could not go on", job.error(), {{"job", id}});
      return std::string(job ? "ended" : "");
    });
    if (work.pid < 0) return;  // tried again with the next look
    running.work = std::move(work);
    ++working;
  }
}

// It came to an end, or its process died: then it is run again, but not for ever.
void Server::take_end_of(Running& running) {
  const bool ended = running.work->answer == "ended";
  let_go(std::move(*running.work));
  running.work.reset();
  auto job = jobs_.read(running.id);
  if (ended && job) {
    log(job->state() == v1::DISK_JOB_STATE_DONE ? Priority::Notice : Priority::Warning,
        "a job came to its end",
        {{"job", job->id()},
         {"disk", job->planned().id()},
         {"state", v1::DiskJobState_Name(job->state())},
         {"problem", job->problem()}});
    running.id.clear();
    return;
  }
  if (++running.deaths < kDeathsMax) return;
  log(Priority::Error, "a job's process died again and again", {{"job", running.id}});
  if (job && job->state() == v1::DISK_JOB_STATE_RUNNING) {
    job->set_state(v1::DISK_JOB_STATE_FAILED);
    job->set_problem("the process that worked on it died " + std::to_string(kDeathsMax) +
                     " times; see journalctl -u joist-apply");
    if (auto written = jobs_.write(*job); !written) {
      log(Priority::Error, "a job's end could not be written", written.error(),
          {{"job", running.id}});
    }
  }
  running.id.clear();
}

const Server::Running* Server::find_running(const std::string& id) const {
  const auto found = std::ranges::find(running_, id, &Running::id);
  return found == running_.end() ? nullptr : &*found;
}

// ---- the loop

Result<void> Server::serve_once() {
  start_waiting_jobs();
  const bool place = connections_.size() < limits_.connections_max;
  std::vector<pollfd> waiting{wait_on(signals_.get(), true),
                              wait_on(place ? listener_.get() : -1, true)};
  for (const Running& running : running_) {
    waiting.push_back(wait_on(running.work ? running.work->output.get() : -1, true));
  }
  for (const Connection& connection : connections_) {
    waiting.push_back(wait_on(connection.fd.get(), may_ask(connection)));
    waiting.push_back(wait_on(connection.work ? connection.work->output.get() : -1, true));
  }
  const auto timeout = patience(steady_clock::now());
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count())) < 0) {
    if (errno == EINTR) return {};
    return fail_errno(errno, "wait for requests");
  }
  auto at = waiting.cbegin() + 2;
  // Jobs first: what is asked below adds to them.
  for (Running& running : running_) {
    if ((at++)->revents != 0 && running.work->hear()) take_end_of(running);
  }
  std::erase_if(running_, [](const Running& running) { return running.id.empty(); });
  for (Connection& connection : connections_) {
    const short of_peer = (at++)->revents;
    const short of_work = (at++)->revents;
    if (of_work != 0 && connection.work->hear()) finish(connection);
    if ((of_peer & POLLIN) != 0 && may_ask(connection)) {  // those before may have taken the place
      take_request(connection);
    } else if ((of_peer & (POLLHUP | POLLERR)) != 0 && (of_peer & POLLIN) == 0) {
      connection.fd = UniqueFd();
    }
  }
  if (waiting[0].revents != 0) stopping_ = true;
  if (waiting[1].revents != 0) accept_one();
  expire(steady_clock::now());
  return {};
}

void Server::accept_one() {
  auto fd = accept_seqpacket(listener_.get());
  if (!fd && fd.error().code != ErrorCode::Unavailable) {
    log(Priority::Warning, "cannot accept a connection", fd.error());
    ::poll(nullptr, 0, kAcceptPauseMilliseconds);
  }
  if (!fd) return;
  const Time now = steady_clock::now();
  busy_until_ = now;
  const auto peer = peer_credentials(fd->get());
  const auto of_agent = std::ranges::count_if(
      connections_, [](const Connection& connection) { return connection.peer.uid != 0; });
  const bool too_many =
      peer && peer->uid != 0 && static_cast<std::size_t>(of_agent) >= limits_.agent_connections_max;
  if (too_many) return;  // it asks again
  if (peer && (peer->uid == 0 || peer->uid == limits_.agent_uid)) {
    connections_.push_back({std::move(*fd), *peer, {}, std::nullopt, now});
    return;
  }
  const Error why{ErrorCode::Unauthenticated,
                  "joist-apply serves root and the agent's user alone: use sudo"};
  refusals_.refused(why, peer ? peer->uid : static_cast<uid_t>(-1), peer ? peer->pid : 0, now);
  [[maybe_unused]] const auto sent = send_datagram(fd->get(), encode(why), milliseconds(0));
}

void Server::take_request(Connection& connection) {
  const auto datagram = receive_datagram(connection.fd.get(), milliseconds(0));
  if (!datagram && datagram.error().code == ErrorCode::Unavailable) {
    connection.fd = UniqueFd();
    return;
  }
  connection.since = steady_clock::now();
  auto request = datagram ? parse_request(*datagram) : fail(Error(datagram.error()), "request");
  if (request) {
    if (auto allowed = check_allowed(*request, connection.peer.uid); !allowed) {
      request = tl::unexpected<Error>(allowed.error());
    }
  }
  if (!request) {
    refusals_.refused(request.error(), connection.peer.uid, connection.peer.pid, connection.since);
    refuse(connection, request.error());
    return;
  }
  connection.request = std::move(*request);
  begin(connection);
}

void Server::begin(Connection& connection) {
  const v1::ApplyRequest& request = connection.request;
  v1::ApplyResponse response;
  if (request.has_jobs()) {
    auto jobs = list(request.jobs().job());
    if (!jobs) return refuse(connection, jobs.error());
    *response.mutable_jobs() = std::move(*jobs);
    return answer(connection, response);
  }
  if (request.has_cancel()) {
    auto cancelled = cancel(request.cancel().job());
    if (!cancelled) return refuse(connection, cancelled.error());
    *response.mutable_cancel() = std::move(*cancelled);
    return answer(connection, response);
  }
  if (request.has_undo() && find_running(request.undo().job()) != nullptr) {
    return refuse(connection, {ErrorCode::Refused,
                               "job " + request.undo().job() + " is under way; cancel it first"});
  }
  Work work;
  if (request.has_undo()) {
    JobProgress unused;
    const JobGround ground{root_, jobs_, limits_.probe_deadline, &unused};
    work = start_work("joist-undo", [&] { return undo_answer(ground, request.undo().job()); });
  } else {
    work = start_work("joist-survey",
                      [&] { return survey_answer(root_, request, limits_.probe_deadline); });
  }
  if (work.pid < 0) {
    return refuse(connection, {ErrorCode::Unavailable, "no process to be had; ask again"});
  }
  connection.work = std::move(work);
}

void Server::finish(Connection& connection) {
  Work work = std::move(*connection.work);
  connection.work.reset();
  connection.since = steady_clock::now();
  const std::string answered = std::move(work.answer);
  let_go(std::move(work));
  v1::ApplyResponse found;
  if (answered.empty() || !found.ParseFromString(answered)) {
    return refuse(connection, {ErrorCode::Unavailable,
                               "the process that looked at the disks died; see journalctl -u "
                               "joist-apply"});
  }
  if (!found.has_preview()) {  // a problem, or what an undo came to
    if (found.has_undo()) {
      log(Priority::Notice, "a job was undone", {{"job", found.undo().job().id()}});
    }
    return answer(connection, found);
  }
  const auto response = conclude(connection, std::move(*found.mutable_preview()->mutable_plan()));
  if (!response) return refuse(connection, response.error());
  answer(connection, *response);
}

Result<v1::ApplyResponse> Server::conclude(const Connection& connection, v1::DiskPlan plan) {
  v1::ApplyResponse response;
  if (connection.request.has_approve()) {
    auto approved = approve(connection, plan);
    if (!approved) return tl::unexpected<Error>(approved.error());
    *response.mutable_approve() = std::move(*approved);
  } else if (connection.request.has_apply()) {
    auto applied = apply(connection.request.apply(), plan);
    if (!applied) return tl::unexpected<Error>(applied.error());
    *response.mutable_apply() = std::move(*applied);
  } else {
    auto shown = plan_to_show(plan);
    if (!shown) return tl::unexpected<Error>(shown.error());
    *response.mutable_preview()->mutable_plan() = std::move(*shown);
  }
  return response;
}

// ---- what is asked

Result<v1::ApproveDisksResponse> Server::approve(const Connection& connection,
                                                 const v1::DiskPlan& plan) {
  const v1::ApproveDisksRequest& request = connection.request.approve();
  if (auto same = check_digest(plan, request.plan().digest()); !same) {
    return tl::unexpected<Error>(same.error());
  }
  const auto now = system_clock::now();
  const auto lasts = request.has_time_to_live() ? from_duration(request.time_to_live())
                                                : std::chrono::nanoseconds(kConsentLasts);
  v1::Consent consent;
  consent.set_digest(plan.digest());
  consent.set_given_by(request.given_by().empty() ? "root" : request.given_by());
  *consent.mutable_given_time() = to_timestamp(now);
  *consent.mutable_expire_time() =
      to_timestamp(now + std::chrono::duration_cast<system_clock::duration>(lasts));
  if (auto kept = consents_.keep(consent); !kept) return tl::unexpected<Error>(kept.error());
  log(Priority::Notice, "a plan of disks was consented to",
      {{"plan", to_hex(plan.digest())}, {"by", consent.given_by()}});
  v1::ApproveDisksResponse response;
  *response.mutable_consent() = std::move(consent);
  return response;
}

Result<v1::ApplyDisksResponse> Server::apply(const v1::ApplyDisksRequest& request,
                                             const v1::DiskPlan& plan) {
  if (auto same = check_digest(plan, request.plan().digest()); !same) {
    return tl::unexpected<Error>(same.error());
  }
  const auto now = system_clock::now();
  const auto consent = find_consent(request, plan, now);
  if (!consent) return fail(ErrorCode::Refused, consent.error().message);
  std::vector<v1::DiskJob> jobs;
  for (const v1::PlannedDisk& planned : plan.disks()) {
    if (planned.steps().empty()) continue;
    const bool busy = std::ranges::any_of(
        running_, [&planned](const Running& running) { return running.disk_id == planned.id(); });
    if (busy) {
      return fail(ErrorCode::Refused, planned.name() +
                                          " is being worked on already; see joistctl "
                                          "disk history");
    }
    v1::DiskJob& job = jobs.emplace_back();
    job.set_id(make_job_id(planned.id(), now));
    *job.mutable_planned() = planned;
    job.set_plan_digest(plan.digest());
    *job.mutable_consent() = *consent;
    job.set_state(v1::DISK_JOB_STATE_RUNNING);
    *job.mutable_begin_time() = to_timestamp(now);
    *job.mutable_change_time() = job.begin_time();
    *job.mutable_step_time() = job.begin_time();
  }
  // Used up before the first journal exists: a crash between leaves nothing begun, and a person who
  // is asked once more.
  if (auto used = consents_.use_up(*consent); !used) {
    return tl::unexpected<Error>(used.error());
  }
  if (auto created = create_all(jobs); !created) return tl::unexpected<Error>(created.error());
  v1::ApplyDisksResponse response;
  for (const v1::DiskJob& job : jobs) {
    if (auto added = add_job(job); !added) return tl::unexpected<Error>(added.error());
    log(Priority::Notice, "a disk is being prepared",
        {{"job", job.id()},
         {"disk", job.planned().id()},
         {"use", job.planned().use()},
         {"consented", job.consent().given_by()}});
  }
  *response.mutable_jobs() = jobs_to_show(std::move(jobs)).jobs();
  return response;
}

// All of them or none: who is told that it failed has nothing begun.
Result<void> Server::create_all(const std::vector<v1::DiskJob>& jobs) const {
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    auto created = jobs_.create(jobs[index]);
    if (created) continue;
    for (std::size_t made = 0; made <= index; ++made) jobs_.remove(jobs[made].id());
    return created;
  }
  return {};
}

// A signed one that came along, else the one that root left here, else the policy's.
Result<v1::Consent> Server::find_consent(const v1::ApplyDisksRequest& request,
                                         const v1::DiskPlan& plan, WallTime now) const {
  v1::ApplyPolicy policy;
  const auto loaded = load_config(policy_path_, policy);
  if (!loaded && loaded.error().code != ErrorCode::NotFound) {
    return tl::unexpected<Error>(loaded.error());
  }
  if (request.has_consent()) {
    auto good = check_with_keys(request.consent(), plan.digest(), policy, now);
    if (good && consents_.was_used(*good)) {
      return fail(ErrorCode::Refused, "this consent was used already; it is for once");
    }
    return good;
  }
  auto left = consents_.find(plan.digest(), now);
  if (left || left.error().code != ErrorCode::NotFound || !policy.prepare_blank_disks())
    return left;
  for (const v1::PlannedDisk& planned : plan.disks()) {
    if (planned.consent() == v1::CONSENT_NEED_PERSON) return left;
  }
  v1::Consent consent;
  consent.set_digest(plan.digest());
  consent.set_given_by(policy_path_);
  *consent.mutable_given_time() = to_timestamp(now);
  return consent;
}

Result<v1::CancelDiskResponse> Server::cancel(const std::string& id) {
  auto job = jobs_.read(id);
  if (!job) return tl::unexpected<Error>(job.error());
  const auto found = std::ranges::find(running_, id, &Running::id);
  if (found == running_.end()) {
    return fail(ErrorCode::Refused, "job " + id + " is at its end already");
  }
  if (auto kept = jobs_.cancel(id); !kept) return tl::unexpected<Error>(kept.error());
  found->progress->cancelled = true;
  v1::CancelDiskResponse response;
  job->set_cancelled(true);
  *response.mutable_job() = std::move(*job);
  return response;
}

Result<v1::ListDiskJobsResponse> Server::list(const std::string& id) const {
  std::vector<v1::DiskJob> jobs;
  if (id.empty()) {
    auto all = jobs_.list();
    if (!all) return tl::unexpected<Error>(all.error());
    jobs = std::move(*all);
  } else {
    auto one = jobs_.read(id);
    if (!one) return tl::unexpected<Error>(one.error());
    jobs.push_back(std::move(*one));
  }
  for (v1::DiskJob& job : jobs) {
    const Running* running = find_running(job.id());
    if (running == nullptr) continue;
    // Also in the blink after its end was written: its process holds the disk yet, and who is told
    // of an end goes on with the disk, or undoes.
    job.set_state(v1::DISK_JOB_STATE_RUNNING);
    job.set_done_bytes(running->progress->done_bytes);
    job.set_total_bytes(running->progress->total_bytes);
    job.set_cancelled(running->progress->cancelled);
  }
  return jobs_to_show(std::move(jobs));
}

// ---- answers and ends

void Server::answer(Connection& connection, const v1::ApplyResponse& response) {
  const auto sent =
      send_datagram(connection.fd.get(), response.SerializeAsString(), milliseconds(0));
  // A client that does not take its answers is not worth a connection.
  if (!sent) connection.fd = UniqueFd();
}

void Server::refuse(Connection& connection, const Error& error) {
  v1::ApplyResponse response;
  *response.mutable_problem() = to_problem(error);
  answer(connection, response);
}

void Server::let_go(Work work) {
  if (!end_work(work)) leaving_.push_back(std::move(work));
}

void Server::expire(Time now) {
  std::erase_if(leaving_, end_work);
  for (Connection& connection : connections_) {
    const auto quiet = now - connection.since;
    // An undo that has begun is not broken off because its client went away.
    const bool wanted = connection.fd || connection.request.has_undo();
    if (connection.work && (!wanted || quiet >= limits_.work_deadline)) {
      let_go(std::move(*connection.work));
      connection.work.reset();
      if (connection.fd) {
        refuse(connection, {ErrorCode::Unavailable, "it took too long; see dmesg"});
      }
      connection.since = now;
    } else if (!connection.work && quiet >= kSilence) {
      connection.fd = UniqueFd();
    }
  }
  std::erase_if(connections_,
                [](const Connection& connection) { return !connection.fd && !connection.work; });
  if (!connections_.empty() || !running_.empty()) busy_until_ = now;
}

bool Server::may_ask(const Connection& connection) const {
  if (connection.work || !connection.fd) return false;
  const auto busy = std::ranges::count_if(
      connections_, [](const Connection& other) { return other.work.has_value(); });
  const std::size_t max = limits_.surveys_max + (connection.peer.uid == 0 ? 2 : 0);
  return static_cast<std::size_t>(busy) < max;
}

milliseconds Server::patience(Time now) const {
  Time next = now + seconds(1);  // deadlines of works and of silence are no finer
  if (limits_.idle.count() > 0) next = std::min(next, busy_until_ + limits_.idle);
  return std::max(std::chrono::ceil<milliseconds>(next - now), milliseconds(0));
}

bool Server::is_idle(Time now) const {
  return limits_.idle.count() > 0 && connections_.empty() && running_.empty() &&
         now - busy_until_ >= limits_.idle;
}

}  // namespace joist::apply
