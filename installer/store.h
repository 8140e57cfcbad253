// What the installer remembers: nodes, tokens, certificates, each node's last
// report, and what was refused. SQLite in one file, write-ahead log.
//
// Durability: a change of identities (tokens, nodes, certificates) is on the
// disk when its call returns. Reports are not synced one by one: after a power
// cut the newest may be missing, and the agent sends it again.
//
// Threads: one. Another process, or Store, on the same file is safe, and waits.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
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

class Store {
 public:
  // Errors as check_database_file(); a damaged or newer file is left as it is.
  static Result<Store> open(const std::string& path);

  // ---- tokens
  // Refused if there are kTokensMax. Forgets those that ended long ago.
  Result<void> add_token(const StoredToken& token, WallTime now);
  Result<std::optional<StoredToken>> token(std::string_view id) const;
  Result<std::vector<StoredToken>> tokens() const;      // newest first
  Result<std::size_t> open_tokens(WallTime now) const;  // how many can still be used
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
  Result<std::vector<StoredNode>> nodes() const;  // by name, then newest first
  struct NodeCounts {
    std::size_t living = 0;
    std::size_t retired = 0;
  };
  Result<NodeCounts> count_nodes() const;
  Result<void> set_heard(std::string_view uid, WallTime heard);

  // ---- reports
  Result<void> save_report(std::string_view uid, const v1::Report& report, WallTime now);
  Result<std::optional<StoredReport>> report(std::string_view uid) const;
  // Whether a later run of that node's agent has reported since `epoch` did.
  Result<bool> is_superseded(std::string_view uid, std::string_view epoch) const;

  // ---- events
  Result<void> add_event(const Event& event);                      // keeps the newest kEventsMax
  Result<std::vector<Event>> events(std::size_t count_max) const;  // newest first

  // Called after each write with what it was and how long it took.
  void on_write(std::function<void(std::string_view what, double seconds)> observer) {
    observer_ = std::move(observer);
  }

  static constexpr std::int64_t kTokensMax = 10'000;
  static constexpr std::int64_t kEventsMax = 10'000;
  static constexpr std::int64_t kEpochsMax = 16;        // a node
  static constexpr std::int64_t kCertificatesMax = 64;  // a node
  static constexpr std::chrono::hours kForgetTokensAfter{30 * 24};

 private:
  explicit Store(Database database) : database_(std::move(database)) {}

  enum class Sync { Full, Later };
  Result<void> write(std::string_view what, Sync sync,
                     const std::function<Result<void>()>& changes);
  Result<void> insert_node(const StoredNode& node);
  Result<void> insert_certificate(std::string_view uid, const IssuedCertificate& certificate);
  Result<void> use_token(std::string_view id, std::string_view uid, WallTime now);
  Result<void> set_retired(std::string_view uid, WallTime now);
  Result<void> note_epoch(std::string_view uid, const std::string& epoch);

  Database database_;
  std::function<void(std::string_view, double)> observer_;
};

}  // namespace joist::installer
