// Serves joistctl and the agent on a SOCK_SEQPACKET socket, and sees to the jobs.
//
//   approve: survey -> plan; the digest is the one asked for -> a consent is kept
//   apply:   survey -> plan; the digest is the one consented to -> a journal a disk -> a process a
//   disk
//
// One thread that never waits for a disk: surveys, jobs and undos are processes (work.h). Killed at
// any moment, the next run goes on with the jobs that were under way.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/seqpacket.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"
#include "helper/apply/consent_store.h"
#include "helper/apply/job_run.h"
#include "helper/apply/job_store.h"
#include "helper/apply/work.h"
#include "helper/refusal_log.h"
#include "joist/v1/apply.pb.h"

namespace joist::apply {

struct ServerLimits {
  uid_t agent_uid = 0;                      // served besides root
  std::chrono::seconds idle{30};            // without a connection or a job; 0: for ever
  std::chrono::seconds probe_deadline{15};  // of one disk
  std::chrono::seconds work_deadline{300};  // of a survey or an undo
  std::size_t connections_max = 16;
  std::size_t agent_connections_max = 8;  // the rest is root's
  std::size_t surveys_max = 2;            // and undos; root may have two more
  std::size_t jobs_max = 48;              // disks prepared at once; more wait
};

struct ServerFiles {
  // Root's own, with jobs/ and consents/ in it, which are made.
  std::string state_directory = "/var/lib/joist-apply";
  std::string policy = "/etc/joist/apply.yaml";  // joist.v1.ApplyPolicy; read at each use
};

class Server {
 public:
  // Blocks SIGTERM and SIGINT in this process and takes them from a descriptor from then on.
  static Result<Server> make(UniqueFd listener, const ServerFiles& files,
                             const ServerLimits& limits);

  // Goes on with the jobs that were under way, and serves until idle, SIGTERM or SIGINT: jobs are
  // ended then, and go on at the next start.
  Result<void> run();

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Connection {
    UniqueFd fd;
    PeerCredentials peer;
    v1::ApplyRequest request;  // that `work` is for
    std::optional<Work> work;
    Time since;  // of the last thing that happened on it
  };

  struct Unmap {
    void operator()(JobProgress* progress) const;
  };

  // A job under way, or waiting for its turn.
  struct Running {
    std::string id;
    std::string disk_id;
    std::unique_ptr<JobProgress, Unmap> progress;  // shared with the process
    std::optional<Work> work;                      // nullopt: it waits
    int deaths = 0;                                // of its process, without an end of the job
  };

  Server(UniqueFd listener, UniqueFd signals, const ServerFiles& files, const ServerLimits& limits);

  Result<void> resume_jobs();
  Result<void> serve_once();
  void accept_one();
  void take_request(Connection& connection);
  void begin(Connection& connection);
  void finish(Connection& connection);
  void answer(Connection& connection, const v1::ApplyResponse& response);
  void refuse(Connection& connection, const Error& error);

  Result<v1::ApplyResponse> conclude(const Connection& connection, v1::DiskPlan plan);
  Result<v1::ApproveDisksResponse> approve(const Connection& connection, const v1::DiskPlan& plan);
  Result<v1::ApplyDisksResponse> apply(const v1::ApplyDisksRequest& request,
                                       const v1::DiskPlan& plan);
  Result<void> create_all(const std::vector<v1::DiskJob>& jobs) const;
  Result<v1::Consent> find_consent(const v1::ApplyDisksRequest& request, const v1::DiskPlan& plan,
                                   WallTime now) const;
  Result<v1::CancelDiskResponse> cancel(const std::string& id);
  Result<v1::ListDiskJobsResponse> list(const std::string& id) const;

  Result<void> add_job(const v1::DiskJob& job);
  void start_waiting_jobs();
  void take_end_of(Running& running);
  void let_go(Work work);
  void expire(Time now);
  bool is_idle(Time now) const;
  std::chrono::milliseconds patience(Time now) const;
  bool may_ask(const Connection& connection) const;
  const Running* find_running(const std::string& id) const;

  UniqueFd listener_;
  UniqueFd signals_;
  ServerLimits limits_;
  SysRoot root_;
  JobStore jobs_;
  ConsentStore consents_;
  std::string policy_path_;
  std::list<Connection> connections_;
  std::list<Running> running_;
  std::list<Work> leaving_;  // killed, and not gone yet
  helper::RefusalLog refusals_;
  Time busy_until_ = std::chrono::steady_clock::now();
  bool stopping_ = false;
};

}  // namespace joist::apply
