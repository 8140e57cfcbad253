// Goal: nothing is done to a disk unless a person saw joist-apply's plan and named it, and what is
// done is told to the end. Method: the built program between an agent's API and a joist-apply, both
// real messages on real sockets that answer as each test says.
#include <signal.h>

#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <thread>

#include "base/message_text.h"
#include "ctl/apply_api.h"
#include "tests/ctl/apply_server.h"
#include "tests/ctl/disk_examples.h"
#include "tests/ctl/joistctl_run.h"
#include "wire/http_server.h"
#include "wire/rpc.h"

namespace joist::ctl {
namespace {

using Request = v1::ApplyRequest;

const std::string kJob = "20260101T000000000Z-1a2b3c4d";
const std::string kSdb = "wwn:naa.5000c500000000sdb";
const std::string kSdd = "wwn:naa.5000c500000000sdd";

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class Disks : public Joistctl {
 protected:
  Disks()
      : http_(io_, {}, [this](const wire::Request& request, const wire::Peer& peer) {
          return agent_.handle(request, peer);
        }) {
    serve_agent();
    EXPECT_TRUE(http_.listen_unix(directory_ / "agent.sock", 0600));
    thread_ = std::thread([this] { io_.run(); });
    apply_ = std::make_unique<ApplyServer>(
        directory_ / "apply.sock", [this](const Request& request) { return answer(request); });
  }
  ~Disks() override {
    boost::asio::post(io_, [this] { http_.close(); });
    thread_.join();
  }

  std::vector<std::string> options() const override {
    return {"--agent-socket", directory_ / "agent.sock", "--apply-socket",
            directory_ / "apply.sock"};
  }

  void serve_agent() {
    agent_.on<v1::GetStatusRequest, v1::Status>(
        "GetStatus",
        [](const v1::GetStatusRequest&, const wire::Peer&) -> wire::Task<Result<v1::Status>> {
          v1::Status status;
          status.set_node_name("host1");
          co_return status;
        });
    agent_.on<v1::ListDisksRequest, v1::ListDisksResponse>(
        "ListDisks",
        [](const v1::ListDisksRequest&, const wire::Peer&)
            -> wire::Task<Result<v1::ListDisksResponse>> { co_return examples::disks(); });
    agent_.on<v1::PlanDisksRequest, v1::PlanDisksResponse>(
        "PlanDisks",
        [this](const v1::PlanDisksRequest& request, const wire::Peer&)
            -> wire::Task<Result<v1::PlanDisksResponse>> { co_return plan_by_agent(request); });
  }

  // As the agent does: another's uses in place of its own, and the keeping ones first.
  Result<v1::PlanDisksResponse> plan_by_agent(const v1::PlanDisksRequest& request) const {
    for (const std::string& name : request.only()) {
      if (name == "sdx") return fail(ErrorCode::NotFound, "no disk of this host is called \"sdx\"");
    }
    v1::PlanDisksResponse response = planned_;
    if (request.uses().empty()) return response;
    *response.mutable_spec()->mutable_uses() = request.uses();
    response.mutable_plan()->clear_disks();
    auto& disk = *response.mutable_plan()->add_disks() = wiped();
    if (request.only(0) == kSdd) {
      disk.set_id(kSdd);
      disk.clear_steps();
      examples::add_reason(disk, "Kept", "is kept as it is, and offered to nobody");
    }
    return response;
  }

  static v1::PlannedDisk wiped() {
    v1::PlannedDisk disk = examples::foreign();
    disk.set_use("wipe");
    disk.set_kind(v1::STORAGE_USE_KIND_WIPE);
    return disk;
  }

  Result<v1::ApplyResponse> answer(const Request& request) {
    const std::lock_guard lock(mutex_);
    if (request.request_case() == problem_of_) return tl::unexpected<Error>(problem_);
    v1::ApplyResponse response;
    if (request.has_preview()) *response.mutable_preview()->mutable_plan() = preview_;
    if (request.has_approve()) {
      auto& consent = *response.mutable_approve()->mutable_consent();
      consent.set_given_by(request.approve().given_by());
      consent.set_digest(request.approve().plan().digest());
    }
    if (request.has_apply()) {
      *response.mutable_apply()->add_jobs() = examples::job(kJob, v1::DISK_JOB_STATE_RUNNING);
    }
    if (request.has_jobs()) {
      const auto& now =
          looks_.size() > 1 ? looks_[std::min(look_++, looks_.size() - 1)] : looks_[0];
      if (request.jobs().job().empty() || request.jobs().job() == now.id()) {
        *response.mutable_jobs()->add_jobs() = now;
      }
      if (!request.jobs().job().empty() && request.jobs().job() != now.id()) {
        return fail(ErrorCode::NotFound, "no job " + request.jobs().job());
      }
    }
    if (request.has_undo()) {
      *response.mutable_undo()->mutable_job() = examples::job(kJob, v1::DISK_JOB_STATE_UNDONE);
      response.mutable_undo()->set_restored_bytes(4096);
    }
    if (request.has_cancel()) *response.mutable_cancel()->mutable_job() = looks_[0];
    return response;
  }

  std::size_t count(Request::RequestCase kind) const { return apply_->requests(kind).size(); }

  // What joist-apply says of its jobs, one after the other.
  void will_be(std::vector<v1::DiskJob> looks) {
    const std::lock_guard lock(mutex_);
    looks_ = std::move(looks);
  }

  // Which requests it refuses from now on.
  void will_refuse(Request::RequestCase kind, Error problem = {ErrorCode::Refused, ""}) {
    const std::lock_guard lock(mutex_);
    problem_of_ = kind;
    problem_ = std::move(problem);
  }

  v1::PlanDisksResponse planned_ = examples::plan();
  v1::DiskPlan preview_ = examples::preview();
  std::vector<v1::DiskJob> looks_{examples::job(kJob, v1::DISK_JOB_STATE_RUNNING)};
  std::size_t look_ = 0;
  Request::RequestCase problem_of_ = Request::REQUEST_NOT_SET;
  Error problem_{ErrorCode::Refused, ""};
  std::mutex mutex_;  // of the two above and the looks
  boost::asio::io_context io_{1};
  wire::RpcService agent_{"joist.v1.Agent"};
  wire::HttpServer http_;
  std::thread thread_;
  std::unique_ptr<ApplyServer> apply_;
};

TEST_F(Disks, ShowsThePlanWithoutJoistApply) {
  apply_.reset();
  const Ran table = run({"disk", "plan", "sdb"});
  EXPECT_EQ(table.exit, 0) << table.err;
  EXPECT_TRUE(has(table.out, "In short  1a2b3c4d\n")) << table.out;
  EXPECT_TRUE(has(table.out, "sudo joistctl disk approve sdb\n")) << table.out;
  v1::PlanDisksResponse read;
  const Ran json = run({"disk", "plan", "-o", "json"});
  ASSERT_TRUE(from_json(json.out, "stdout", read)) << json.out;
  EXPECT_EQ(read.plan().digest(), planned_.plan().digest());
  EXPECT_EQ(run({"disk", "plan", "sdx"}).exit, 5);
}

TEST_F(Disks, ShowsOneDiskWithItsPlan) {
  for (const std::string& name : {std::string("sdb"), kSdb}) {
    const Ran ran = run({"disk", "show", name});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "Disk     sdb\n")) << ran.out;
    EXPECT_TRUE(has(ran.out, "Planned use  osd (ceph-raw)\n")) << ran.out;
  }
  v1::Disk disk;
  EXPECT_TRUE(from_json(run({"disk", "show", "sdb", "-o", "json"}).out, "stdout", disk));
  EXPECT_EQ(disk.id(), kSdb);
  EXPECT_EQ(run({"disk", "show", "sdx"}).exit, 5);
  EXPECT_EQ(run({"disks"}).out.substr(0, 20), run({"disk", "list"}).out.substr(0, 20));
}

TEST_F(Disks, LeavesAConsentToWhatWasShownOnceItsDigestIsTyped) {
  const Ran ran = run_on_terminal({"disk", "approve", "sdb", "sdb"}, [&](int master, pid_t) {
    await(master, "of the digest:");
    EXPECT_TRUE(has(seen_, "will be gone:")) << seen_;
    EXPECT_TRUE(has(seen_, "1a2b3c4d")) << seen_;
    EXPECT_EQ(::write(master, " 1A2B3C4D \n", 11), 11);
  });
  EXPECT_EQ(ran.exit, 0) << ran.out;
  EXPECT_TRUE(has(ran.out, "sudo joistctl disk apply sdb")) << ran.out;
  const auto approved = apply_->requests(Request::kApprove);
  ASSERT_EQ(approved.size(), 1U);
  const v1::ApproveDisksRequest& request = approved[0].approve();
  EXPECT_EQ(request.plan().digest(), preview_.digest());
  EXPECT_EQ(request.plan().spec().uses(0).name(), "osd");
  EXPECT_EQ(request.plan().only_size(), 1);
  EXPECT_NE(request.given_by(), "");
  EXPECT_FALSE(request.has_time_to_live());
}

// The agent may have been taken over: what counts is what joist-apply says.
TEST_F(Disks, ShowsThePlanOfWhoWillAct) {
  preview_.mutable_disks(0)->clear_found();
  preview_.mutable_disks(0)->add_found("the company's ledger");
  preview_.set_digest(std::string(32, 'Z'));
  const Ran ran = run({"disk", "approve", "--digest", "5a5a5a5a"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "the company's ledger")) << ran.out;
  EXPECT_FALSE(has(ran.out, "ext4 at byte 1080 (sdb), labelled")) << ran.out;
  EXPECT_TRUE(has(ran.err, "another plan than the agent's (1a2b3c4d)")) << ran.err;
  EXPECT_EQ(apply_->requests(Request::kApprove)[0].approve().plan().digest(), preview_.digest());
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4d"}).exit, 4);  // the agent's
}

TEST_F(Disks, TakesNothingElseForConsent) {
  for (const std::string typed : {"\n", "y\n", "1a2b3c4\n", "1a2b3c4e\n", "1a2b3c4d8\n", "\x04"}) {
    const Ran ran = run_on_terminal({"disk", "approve"}, [&](int master, pid_t) {
      await(master, "of the digest:");
      EXPECT_EQ(::write(master, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
    });
    EXPECT_EQ(ran.exit, 1) << typed;
    EXPECT_TRUE(has(ran.out, "Nothing is done.")) << ran.out;
  }
  const Ran nobody = run({"disk", "approve"}, "1a2b3c4d\n");
  EXPECT_EQ(nobody.exit, 4);
  EXPECT_TRUE(has(nobody.err, "--digest")) << nobody.err;
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4e"}).exit, 4);
  for (const std::string wrong : {"1a2b3c4", "", "1a2b3c4x"}) {
    EXPECT_EQ(run({"disk", "approve", "--digest=" + wrong}).exit, 2) << wrong;
  }
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4d", "--for", "5s"}).exit, 2);
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4d", "--for", "8d"}).exit, 2);
  EXPECT_EQ(count(Request::kApprove), 0U);
}

TEST_F(Disks, ApprovesForScripts) {
  const Ran ran = run({"disk", "approve", "--digest", "1A2B3C4D77", "--for", "30m", "-o", "json"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  v1::ApproveDisksResponse response;
  ASSERT_TRUE(from_json(ran.out, "stdout", response)) << ran.out;
  EXPECT_EQ(response.consent().digest(), preview_.digest());
  EXPECT_TRUE(has(ran.err, "will be gone:")) << ran.err;
  EXPECT_EQ(apply_->requests(Request::kApprove)[0].approve().time_to_live().seconds(), 1800);
}

TEST_F(Disks, SaysWhoIsNotThere) {
  apply_.reset();
  const std::vector<std::vector<std::string>> commands{
      {"disk", "approve"}, {"disk", "apply"}, {"disk", "history"}, {"disk", "undo", "x", "--yes"}};
  for (const auto& words : commands) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.exit, 3) << words[1];
    EXPECT_TRUE(has(ran.err,
                    "is the package joist-agent installed? systemctl status "
                    "joist-apply.socket"))
        << ran.err;
  }
  // A socket file that nobody listens at any more.
  std::filesystem::remove(directory_ / "apply.sock");
  EXPECT_EQ(run({"disk", "history"}).exit, 3);
}

TEST_F(Disks, SaysThatOnlyRootMay) {
  const bool root = ::geteuid() == 0;
  if (root) {
    ASSERT_EQ(::seteuid(65'534), 0);
  }
  if (!root) std::filesystem::permissions(directory_ / "apply.sock", std::filesystem::perms::none);
  const auto jobs = ApplyApi(directory_ / "apply.sock").jobs();
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ASSERT_FALSE(jobs.has_value());
  EXPECT_EQ(jobs.error().code, ErrorCode::Refused);
  EXPECT_TRUE(has(jobs.error().message, "use sudo")) << jobs.error().message;
}

TEST_F(Disks, PassesOnWhatJoistApplyRefuses) {
  will_refuse(Request::kApply, {ErrorCode::Refused, "nobody consented to this plan\x1b[2J"});
  const Ran ran = run({"disk", "apply"});
  EXPECT_EQ(ran.exit, 4);
  EXPECT_EQ(ran.err, "joistctl: nobody consented to this plan\\x1b[2J\n");
  EXPECT_EQ(count(Request::kJobs), 0U);
  will_refuse(Request::kPreview, {ErrorCode::Unavailable, "ask again"});
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4d"}).exit, 3);
  EXPECT_EQ(count(Request::kApprove), 0U);
}

TEST_F(Disks, TakesNoPlanWhoseDigestIsMissing) {
  preview_.clear_digest();
  EXPECT_EQ(run({"disk", "apply"}).exit, 2);
  preview_.set_digest("short");
  EXPECT_EQ(run({"disk", "apply"}).exit, 2);
  EXPECT_EQ(count(Request::kApply), 0U);
}

TEST_F(Disks, AppliesWhatWasConsentedToAndStaysUntilTheEnd) {
  auto second = examples::job(kJob, v1::DISK_JOB_STATE_RUNNING);
  second.set_step(1);
  will_be({second, examples::job(kJob, v1::DISK_JOB_STATE_DONE)});
  const Ran ran = run({"disk", "apply", "--digest", "1a2b3c4d"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "sdb: step 1 of 2, clear\n"
            "sdb: step 2 of 2, verify blank\n"
            "sdb: done\n");
  const auto applied = apply_->requests(Request::kApply);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].apply().plan().digest(), preview_.digest());
  EXPECT_EQ(run({"disk", "apply", "--digest", "00000000"}).exit, 4);
  EXPECT_EQ(count(Request::kApply), 1U);
}

TEST_F(Disks, TellsAJobThatFailedOrWasCancelled) {
  auto failed = examples::job(kJob, v1::DISK_JOB_STATE_FAILED);
  failed.set_problem("write at byte 0: I/O error");
  failed.set_saved_digest(std::string(32, 's'));
  will_be({failed});
  const Ran ran = run({"disk", "apply"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_TRUE(has(ran.out, "sdb: failed at step 1 of 2, clear: write at byte 0: I/O error\n"))
      << ran.out;
  EXPECT_TRUE(has(ran.err, "sudo joistctl disk undo " + kJob)) << ran.err;
  will_be({examples::job(kJob, v1::DISK_JOB_STATE_CANCELLED)});
  const Ran json = run({"disk", "apply", "-o", "json"});
  EXPECT_EQ(json.exit, 1);
  v1::ApplyDisksResponse response;
  ASSERT_TRUE(from_json(json.out, "stdout", response)) << json.out;
  EXPECT_EQ(response.jobs(0).state(), v1::DISK_JOB_STATE_CANCELLED);
  EXPECT_TRUE(has(json.err, "sdb: cancelled")) << json.err;
}

TEST_F(Disks, TakesAJobThatIsGoneForFailed) {
  will_be({examples::job("another", v1::DISK_JOB_STATE_DONE)});
  const Ran ran = run({"disk", "apply"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_TRUE(has(ran.out, "joist-apply knows it no more")) << ran.out;
}

TEST_F(Disks, GoesOnWatchingWhenJoistApplyIsAwayForAWhile) {
  will_refuse(Request::kJobs, {ErrorCode::Unavailable, "restarting"});
  will_be({examples::job(kJob, v1::DISK_JOB_STATE_DONE)});
  std::thread mends([this] {
    while (count(Request::kJobs) < 2) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    will_refuse(Request::REQUEST_NOT_SET);
  });
  const Ran ran = run({"disk", "apply"});
  mends.join();
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.err, "waiting: restarting\n");
}

TEST_F(Disks, DoesNotStayWhereItIsNotToWait) {
  const Ran ran = run({"disk", "apply", "--no-wait"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "1 job begun; joistctl disk watch shows how they go.\n");
  EXPECT_EQ(count(Request::kJobs), 0U);
}

TEST_F(Disks, StopsWatchingButNotTheWorkAtCtrlC) {
  const Ran ran = run_on_terminal({"disk", "apply"}, [&](int master, pid_t) {
    await(master, "sdb: step 1 of 2, clear");
    await(master, "\x1b[1A");  // drawn again in its place
    EXPECT_EQ(::write(master, "\x03", 1), 1);
  });
  EXPECT_EQ(ran.exit, 1);
  EXPECT_TRUE(has(ran.out, "the work goes on")) << ran.out;
  EXPECT_EQ(count(Request::kCancel), 0U);
}

TEST_F(Disks, SaysWhenThereIsNothingToDo) {
  preview_.Clear();
  const Ran behind = run({"disk", "apply"});  // the agent still has steps for a disk
  EXPECT_EQ(behind.exit, 0) << behind.err;
  EXPECT_TRUE(has(behind.err, "has yet to see what changed")) << behind.err;
  EXPECT_EQ(behind.out, "");
  planned_.mutable_plan()->mutable_disks()->DeleteSubrange(0, 1);
  planned_.mutable_plan()->clear_digest();
  const Ran ran = run({"disk", "apply"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "Plan      nothing is to be done\n")) << ran.out;
  EXPECT_EQ(run({"disk", "approve", "sdc"}).exit, 0);  // is as its use wants it
  EXPECT_EQ(run({"disk", "approve", "sdd"}).exit, 1);  // is kept
  EXPECT_EQ(count(Request::kApply) + count(Request::kApprove), 0U);
}

TEST_F(Disks, WipesTheOneDiskThatWasNamed) {
  *preview_.mutable_disks(0) = wiped();
  will_be({examples::job(kJob, v1::DISK_JOB_STATE_DONE)});
  const Ran ran = run({"disk", "wipe", "sdb", "--zero", "--digest", "1a2b3c4d"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "Then on it  nothing: blank, and left so\n")) << ran.out;
  EXPECT_TRUE(has(ran.out, "sdb: done\n")) << ran.out;
  const auto applied = apply_->requests(Request::kApply);
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(count(Request::kApprove), 1U);
  const v1::PlanWanted& wanted = applied[0].apply().plan();
  ASSERT_EQ(wanted.only_size(), 1);
  EXPECT_EQ(wanted.only(0), kSdb);
  // What the configuration keeps is kept from this too.
  ASSERT_EQ(wanted.spec().uses_size(), 2);
  EXPECT_EQ(wanted.spec().uses(0).kind(), v1::STORAGE_USE_KIND_KEEP);
  EXPECT_EQ(wanted.spec().uses(1).kind(), v1::STORAGE_USE_KIND_WIPE);
  EXPECT_EQ(wanted.spec().uses(1).wipe(), v1::WIPE_METHOD_ZERO);
  EXPECT_EQ(wanted.spec().uses(1).disks().ids(0), kSdb);
}

// joist-apply cannot know it: without it, it would take a disk that the agent's plan refuses.
TEST_F(Disks, HandsOnWhatSpeaksAgainstADisk) {
  auto& doubt = *planned_.add_doubts();
  doubt.set_id(kSdd);
  doubt.mutable_reason()->set_code("DiskFailing");
  will_be({examples::job(kJob, v1::DISK_JOB_STATE_DONE)});
  EXPECT_EQ(run({"disk", "approve", "--digest", "1a2b3c4d"}).exit, 0);
  EXPECT_EQ(run({"disk", "apply"}).exit, 0);
  *preview_.mutable_disks(0) = wiped();
  EXPECT_EQ(run({"disk", "wipe", "sdb", "--digest", "1a2b3c4d"}).exit, 0);
  const auto previews = apply_->requests(Request::kPreview);
  const auto approvals = apply_->requests(Request::kApprove);
  const auto applied = apply_->requests(Request::kApply);
  ASSERT_EQ(previews.size(), 3U);
  ASSERT_EQ(approvals.size(), 2U);
  ASSERT_EQ(applied.size(), 2U);
  for (const Request& request : previews) {
    ASSERT_EQ(request.preview().doubts_size(), 1);
    EXPECT_EQ(request.preview().doubts(0).id(), kSdd);
  }
  for (const Request& request : approvals) {
    EXPECT_EQ(request.approve().plan().doubts_size(), 1);
  }
  for (const Request& request : applied) EXPECT_EQ(request.apply().plan().doubts_size(), 1);
}

TEST_F(Disks, WipesNoOther) {
  *preview_.mutable_disks(0) = wiped();
  const Ran nameless = run({"disk", "wipe", "sde", "--digest", "1a2b3c4d"});
  EXPECT_EQ(nameless.exit, 4);
  EXPECT_TRUE(has(nameless.err, "sde has no stable id")) << nameless.err;
  EXPECT_TRUE(has(nameless.err, "neither a WWN nor a serial")) << nameless.err;
  EXPECT_EQ(run({"disk", "wipe", "sdx", "--digest", "1a2b3c4d"}).exit, 5);
  const Ran kept = run({"disk", "wipe", "sdd", "--digest", "1a2b3c4d"});
  EXPECT_EQ(kept.exit, 4);
  EXPECT_TRUE(has(kept.err, "is kept as it is")) << kept.err;
  EXPECT_EQ(run({"disk", "wipe", "sdb"}).exit, 4);  // nobody to ask
  *preview_.add_disks() = wiped();
  preview_.mutable_disks(1)->set_id("wwn:another");
  EXPECT_EQ(run({"disk", "wipe", "sdb", "--digest", "1a2b3c4d"}).exit, 4);
  EXPECT_EQ(count(Request::kApprove) + count(Request::kApply), 0U);
}

TEST_F(Disks, UndoesOnceAsked) {
  EXPECT_EQ(run({"disk", "undo", kJob}).exit, 4);
  const Ran no = run_on_terminal({"disk", "undo", "sdb"}, [&](int master, pid_t) {
    await(master, "[y/N] ");
    EXPECT_TRUE(has(seen_, kSdb)) << seen_;
    EXPECT_EQ(::write(master, "n\n", 2), 2);
  });
  EXPECT_EQ(no.exit, 1);
  EXPECT_EQ(count(Request::kUndo), 0U);
  for (const std::string& name : {kJob, std::string("20260101"), std::string("sdb"), kSdb}) {
    const Ran ran = run({"disk", "undo", name, "--yes"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_EQ(ran.out, "Job " + kJob + " is undone: 4 KiB are back on sdb, as they were.\n");
  }
  for (const Request& request : apply_->requests(Request::kUndo)) {
    EXPECT_EQ(request.undo().job(), kJob);
  }
  EXPECT_EQ(run({"disk", "undo", "2027", "--yes"}).exit, 5);
}

TEST_F(Disks, Cancels) {
  const Ran ran = run({"disk", "cancel", "sdb"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "stops before its next step")) << ran.out;
  EXPECT_EQ(apply_->requests(Request::kCancel)[0].cancel().job(), kJob);
  will_refuse(Request::kCancel, {ErrorCode::Refused, "it is at its end already"});
  EXPECT_EQ(run({"disk", "cancel", "sdb"}).exit, 4);
}

TEST_F(Disks, TellsTheHistory) {
  const Ran all = run({"disk", "history"});
  EXPECT_EQ(all.exit, 0) << all.err;
  EXPECT_TRUE(has(all.out, "running")) << all.out;
  const Ran one = run({"disk", "history", "2026"});
  EXPECT_EQ(one.exit, 0) << one.err;
  EXPECT_TRUE(has(one.out, "Job        " + kJob + "\n")) << one.out;
  v1::ListDiskJobsResponse jobs;
  EXPECT_TRUE(from_json(run({"disk", "history", "-o", "json"}).out, "stdout", jobs));
  EXPECT_EQ(jobs.jobs(0).id(), kJob);
  EXPECT_EQ(run({"disk", "history", "2027"}).exit, 5);
}

TEST_F(Disks, WatchesWhatIsUnderWay) {
  const Ran ran = run_on_terminal({"disk", "watch", "--watch", "0.2"}, [&](int master, pid_t) {
    await(master, "joistctl disk watch");
    await(master, "running");
    will_be({examples::job(kJob, v1::DISK_JOB_STATE_DONE)});
    await(master, "No jobs.");
    EXPECT_EQ(::write(master, "\x03", 1), 1);
  });
  EXPECT_EQ(ran.exit, 0);
}

TEST_F(Disks, HandsOverWhatIsReady) {
  const Ran ceph = run({"disk", "ceph"});
  EXPECT_EQ(ceph.exit, 0) << ceph.err;
  EXPECT_TRUE(has(ceph.out, "- name: \"/dev/disk/by-id/wwn-0x5000c500000000sdc\"\n")) << ceph.out;
  EXPECT_FALSE(has(ceph.out, "sdb")) << ceph.out;
  EXPECT_FALSE(has(ceph.out, "sdd")) << ceph.out;
  const Ran longhorn = run({"disk", "longhorn", "-o", "yaml"});
  EXPECT_EQ(longhorn.exit, 0) << longhorn.err;
  EXPECT_TRUE(has(longhorn.out, "default-disks-config: '[]'")) << longhorn.out;
  EXPECT_EQ(run({"disk", "ceph", "-o", "json"}).exit, 2);
}

TEST_F(Disks, CompletesDisksAndJobs) {
  const auto offered = [this](std::vector<std::string> words) {
    words.insert(words.begin(), {"completion", "words", "--", "--agent-socket",
                                 (directory_ / "agent.sock").string(), "--apply-socket",
                                 (directory_ / "apply.sock").string()});
    std::vector<std::string> line{JOIST_BIN_DIR "/joistctl"};
    line.insert(line.end(), words.begin(), words.end());
    std::string shell;
    for (const std::string& word : line) shell += "'" + word + "' ";
    FILE* pipe = ::popen(shell.c_str(), "r");
    std::string text(256, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), pipe));
    ::pclose(pipe);
    return text;
  };
  EXPECT_EQ(offered({"disk", "plan", "sda", "sd"}), "sda\nsdb\nsdc\nsdd\nsde\n");
  EXPECT_EQ(offered({"disk", "undo", ""}), kJob + "\n");
  EXPECT_EQ(offered({"dis"}), "disk\ndisks\n");
}

}  // namespace
}  // namespace joist::ctl
