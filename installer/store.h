// What the installer remembers: nodes, tokens, certificates, each node's last
// report, and what was refused. SQLite in one file, write-ahead log.
//
// Durability: a change of identities (tokens, nodes, certificates) is on the
// disk when its call returns. Reports are not synced one by one: after a power
// cut the newest may be missing, and the agent sends it again.
//
// Threads: one at a time (StoreWorker gives it one of its own). Another process,
// or Store, on the same file is safe, and waits.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "installer/database.h"
#include "joist/v1/report.pb.h"

namespace joist::installer {

struct StoredToken {
  std::string id;
  std::string hash;  // SHA-256 of the secret
  WallTime create_time;
  WallTime expire_time;
  std::optional<WallTime> use_time;
  std::string used_by;  // name of the node, for people
  std::optional<WallTime> revoke_time;
  std::string note;
};

struct StoredNode {
  std::string uid;
  std::string name;
  std::string machine_id;  // empty: the host had none
  WallTime enroll_time;
  std::optional<WallTime> retire_time;
  std::string serial;           // of its newest certificate
  std::string previous_serial;  // of the certificate that asked for that; may be empty
  WallTime certificate_expire_time;
  std::optional<WallTime> heard_time;
};

struct StoredReport {
  v1::Report report;
  WallTime report_time;
};

// A node as lists show it.
struct ListedNode {
  StoredNode node;
  v1::Report summary;  // summary_of() its last report
  std::optional<WallTime> report_time;
};

struct IssuedCertificate {
  std::string serial;
  WallTime issue_time;
  WallTime expire_time;
};

struct Event {
  WallTime time;
  std::string kind;     // "EnrolmentRefused", "NodeRetired" …
  std::string subject;  // token id or node name
  std::string address;  // where it came from; may be empty
  std::string message;
};

// One write, for metrics and the store's health.
struct StoreWrite {
  std::string what;  // "store report"
  double seconds = 0;
  std::optional<Error> failure;  // of the store, not of what was asked of it
};

struct StoreCounts {
  std::size_t living = 0;  // nodes
  std::size_t retired = 0;
  std::size_t open_tokens = 0;  // that can still be used
};

// What a list of nodes shows of a report: its host and its condition Ready. Pure.
v1::Report summary_of(const v1::Report& report);

class Store {
 public:
  // Errors as check_database_file(); a damaged or newer file is left as it is.
  static Result<Store> open(const std::string& path);

  // ---- tokens
  // Refused if there are kTokensMax. Forgets those that ended long ago.
  Result<void> add_token(const StoredToken& token, WallTime now);
  Result<std::optional<StoredToken>> token(std::string_view id) const;
  Result<std::vector<StoredToken>> tokens() const;  // newest first
  // NotFound: no such token. Refused: it was used already.
  Result<StoredToken> revoke_token(std::string_view id, WallTime now);

  // ---- nodes
  // One transaction: uses the token, retires `replaced` (a uid, or empty), adds
  // the node with its first certificate. Unauthenticated if the token is no
  // longer open: of two racing calls exactly one wins. Refused if the name is
  // taken.
  Result<void> enroll(std::string_view token_id, const StoredNode& node,
                      const IssuedCertificate& certificate, std::string_view replaced,
                      WallTime now);
  // One transaction: `certificate` becomes the newest, `asked_with` the previous.
  Result<void> renew(std::string_view uid, std::string_view asked_with,
                     const IssuedCertificate& certificate);
  Result<void> retire(std::string_view uid, WallTime now);
  Result<std::optional<StoredNode>> node(std::string_view uid) const;
  Result<std::optional<StoredNode>> node_by_name(std::string_view name) const;  // not retired
  // By name among living nodes, else by uid, else the newest retired one of that
  // name. NotFound if there is none.
  Result<StoredNode> find_node(const std::string& name_or_uid) const;
  enum class Retired { Leave, Show };
  Result<std::vector<ListedNode>> list_nodes(Retired retired) const;  // by name, newest first
  Result<void> set_heard(std::string_view uid, WallTime heard);

  // ---- reports
  // Refused if a later run of the node's agent has reported.
  Result<void> save_report(std::string_view uid, const v1::Report& report, WallTime now);
  Result<std::optional<StoredReport>> report(std::string_view uid) const;
  // The runs of that node's agent that have reported, the latest last.
  Result<std::vector<std::string>> epochs(std::string_view uid) const;

  // ---- events
  Result<void> add_event(const Event& event);                      // keeps the newest kEventsMax
  Result<std::vector<Event>> events(std::size_t count_max) const;  // newest first

  // ---- itself
  // Whether it can be read, and written: tried when nothing was written for a
  // while, and soon when the last write failed or the caller is in doubt.
  enum class Doubt { No, Yes };
  Result<StoreCounts> check(WallTime now, Doubt doubt);
  Result<StoreCounts> counts(WallTime now) const;

  // The writes since this was last asked.
  std::vector<StoreWrite> take_writes() { return std::exchange(writes_, {}); }

  static constexpr std::int64_t kTokensMax = 10'000;
  static constexpr std::int64_t kEventsMax = 10'000;
  static constexpr std::int64_t kEpochsMax = 4096;  // a node; a run that is forgotten counts as new
  static constexpr std::int64_t kCertificatesMax = 64;  // a node
  static constexpr std::chrono::hours kForgetTokensAfter{30 * 24};

 private:
  Store(Database database, std::vector<FileMark> files)
      : database_(std::move(database)), files_(std::move(files)) {}

  enum class Sync { Full, Later };
  Result<void> write(std::string_view what, Sync sync,
                     const std::function<Result<void>()>& changes);
  Result<void> transact(Sync sync, const std::function<Result<void>()>& changes);
  Result<void> check_files() const;
  Result<void> probe();
  Result<void> fill_summaries();
  Result<void> insert_node(const StoredNode& node);
  Result<void> insert_certificate(std::string_view uid, const IssuedCertificate& certificate);
  Result<void> use_token(std::string_view id, std::string_view uid, WallTime now);
  Result<void> set_retired(std::string_view uid, WallTime now);
  Result<void> note_epoch(std::string_view uid, const std::string& epoch);

  Database database_;
  std::vector<FileMark> files_;
  std::vector<StoreWrite> writes_;
  std::chrono::steady_clock::time_point tried_;  // the last write
  bool failing_ = false;                         // it failed
};

}  // namespace joist::installer
