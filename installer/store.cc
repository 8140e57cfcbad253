#include "installer/store.h"

#include <chrono>

#include "base/report.h"
#include "installer/schema.h"

namespace joist::installer {
namespace {

using std::chrono::milliseconds;

std::int64_t to_ms(WallTime time) {
  return std::chrono::duration_cast<milliseconds>(time.time_since_epoch()).count();
}

WallTime from_ms(std::int64_t ms) { return WallTime(milliseconds(ms)); }

std::optional<WallTime> from_ms(std::optional<std::int64_t> ms) {
  if (!ms) return std::nullopt;
  return from_ms(*ms);
}

constexpr std::string_view kSelectToken =
    "SELECT t.id, t.hash, t.create_ms, t.expire_ms, t.use_ms, t.revoke_ms, t.note, n.name "
    "FROM tokens t LEFT JOIN nodes n ON n.uid = t.used_by ";

StoredToken read_token(const Statement& row) {
  return {.id = row.text(0),
          .hash = row.text(1),
          .create_time = from_ms(row.number(2)),
          .expire_time = from_ms(row.number(3)),
          .use_time = from_ms(row.number_or_null(4)),
          .used_by = row.text(7),
          .revoke_time = from_ms(row.number_or_null(5)),
          .note = row.text(6)};
}

constexpr std::string_view kSelectNode =
    "SELECT uid, name, machine_id, enroll_ms, retire_ms, serial, previous_serial, "
    "certificate_expire_ms, heard_ms FROM nodes ";

constexpr std::string_view kSelectListed =
    "SELECT uid, name, machine_id, enroll_ms, retire_ms, serial, previous_serial, "
    "certificate_expire_ms, heard_ms, summary, report_ms "
    "FROM nodes LEFT JOIN reports ON node_uid = uid ";

// How long without a write until one is made to see that it can be, and how soon
// after one that failed.
constexpr std::chrono::minutes kProbeIdle{1};
constexpr std::chrono::seconds kProbeSoon{1};

// What is tried: next to nothing, and as much as reports have, once it failed.
constexpr std::int64_t kProbeBytes = 16;
constexpr std::int64_t kProbeFailingBytes = 64 * 1024;

// Whether the store failed, rather than refused what was asked of it.
bool is_failure(const Error& error) {
  return error.code == ErrorCode::Io || error.code == ErrorCode::Malformed ||
         error.code == ErrorCode::Unavailable;
}

StoredNode read_node(const Statement& row) {
  return {.uid = row.text(0),
          .name = row.text(1),
          .machine_id = row.text(2),
          .enroll_time = from_ms(row.number(3)),
          .retire_time = from_ms(row.number_or_null(4)),
          .serial = row.text(5),
          .previous_serial = row.text(6),
          .certificate_expire_time = from_ms(row.number(7)),
          .heard_time = from_ms(row.number_or_null(8))};
}

// Every row of a statement, by `read`.
template <typename Read>
auto read_all(Result<Statement> statement, Read read)
    -> Result<std::vector<decltype(read(*statement))>> {
  if (!statement) return fail(statement.error(), "read");
  std::vector<decltype(read(*statement))> rows;
  for (;;) {
    const auto row = statement->step();
    if (!row) return fail(row.error(), "read");
    if (!*row) return rows;
    rows.push_back(read(*statement));
  }
}

// The one row of a statement with the text `key` bound, if it is there.
template <typename Read>
auto read_one(const Database& database, std::string_view sql, std::string_view key, Read read)
    -> Result<std::optional<decltype(read(std::declval<Statement&>()))>> {
  auto statement = database.prepare(sql);
  if (!statement) return fail(statement.error(), "read");
  const auto row = statement->bind(1, key).step();
  if (!row) return fail(row.error(), "read");
  if (!*row) return std::nullopt;
  return read(*statement);
}

std::string sql(std::string_view select, std::string_view rest) {
  return std::string(select) + std::string(rest);
}

}  // namespace

v1::Report summary_of(const v1::Report& report) {
  v1::Report summary;
  summary.set_seq(report.seq());
  summary.set_boot_id(report.boot_id());
  summary.set_epoch(report.epoch());
  summary.set_digest(report.digest());
  for (const v1::ReportItem& item : report.items()) {
    const bool shown =
        item.has_host() || (item.has_condition() && item.condition().type() == "Ready");
    if (shown) *summary.add_items() = item;
  }
  return summary;
}

Result<Store> Store::open(const std::string& path) {
  if (auto checked = check_database_file(path); !checked) {
    return fail(checked.error(), "store");
  }
  auto database = Database::open(path, Database::Mode::Write);
  if (!database) return fail(database.error(), "store");
  const auto set = database->execute(
      "PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
      "PRAGMA synchronous = FULL");
  if (!set) return fail(set.error(), "store " + path);
  if (auto migrated = migrate(*database); !migrated) return fail(migrated.error(), path);
  std::vector<FileMark> files;
  for (const std::string& file : {path, path + "-wal"}) {
    auto mark = FileMark::of(file);
    if (!mark) return fail(mark.error(), "store");
    files.push_back(std::move(*mark));
  }
  Store store(std::move(*database), std::move(files));
  if (auto filled = store.fill_summaries(); !filled) return fail(filled.error(), path);
  return store;
}

// Reports from before there were summaries.
Result<void> Store::fill_summaries() {
  const auto bare =
      read_all(database_.prepare("SELECT node_uid, report FROM reports WHERE summary = x''"),
               [](const Statement& row) { return std::pair(row.text(0), row.text(1)); });
  if (!bare) return fail(bare.error(), "summaries");
  if (bare->empty()) return {};
  return write("summaries", Sync::Later, [&]() -> Result<void> {
    for (const auto& [uid, bytes] : *bare) {
      v1::Report report;
      if (!report.ParseFromString(bytes)) continue;  // told of when it is asked for
      auto update = database_.prepare("UPDATE reports SET summary = ?2 WHERE node_uid = ?1");
      if (!update) return fail(update.error(), "update");
      const std::string summary = summary_of(report).SerializeAsString();
      if (auto done = update->bind(1, uid).bind_blob(2, summary).run(); !done) return done;
    }
    return {};
  });
}

Result<void> Store::check_files() const {
  for (const FileMark& file : files_) {
    if (auto same = file.check(); !same) return same;
  }
  return {};
}

Result<void> Store::write(std::string_view what, Sync sync,
                          const std::function<Result<void>()>& changes) {
  const auto start = std::chrono::steady_clock::now();
  const auto done = transact(sync, changes);
  tried_ = std::chrono::steady_clock::now();
  const std::chrono::duration<double> took = tried_ - start;
  if (!done && !is_failure(done.error())) return fail(done.error(), what);  // refused
  failing_ = !done;
  writes_.push_back({.what = std::string(what), .seconds = took.count()});
  if (done) return {};
  writes_.back().failure = done.error();
  return fail(done.error(), what);
}

Result<void> Store::transact(Sync sync, const std::function<Result<void>()>& changes) {
  if (auto same = check_files(); !same) return same;
  const auto set = database_.execute(sync == Sync::Full ? "PRAGMA synchronous = FULL"
                                                        : "PRAGMA synchronous = NORMAL");
  if (!set) return set;
  auto transaction = Transaction::begin(database_);
  if (!transaction) return tl::unexpected<Error>(transaction.error());
  if (auto changed = changes(); !changed) return changed;
  return transaction->commit();
}

Result<void> Store::probe() {
  const std::int64_t size_bytes = failing_ ? kProbeFailingBytes : kProbeBytes;
  return write("probe", Sync::Later, [&]() -> Result<void> {
    if (auto forgotten = database_.execute("DELETE FROM probe"); !forgotten) return forgotten;
    auto insert = database_.prepare("INSERT INTO probe (bytes) VALUES (zeroblob(?))");
    if (!insert) return fail(insert.error(), "insert");
    return insert->bind(1, size_bytes).run();
  });
}

Result<StoreCounts> Store::check(WallTime now, Doubt doubt) {
  const bool soon = failing_ || doubt == Doubt::Yes;
  const auto since = std::chrono::steady_clock::now() - tried_;
  if (since >= (soon ? kProbeSoon : std::chrono::seconds(kProbeIdle))) {
    if (auto probed = probe(); !probed) return tl::unexpected<Error>(probed.error());
  }
  auto same = check_files();
  auto counted = counts(now);
  if (same && counted) return counted;
  const Error& error = same ? counted.error() : same.error();
  failing_ = true;
  writes_.push_back({.what = "probe", .failure = error});
  return tl::unexpected<Error>(error);
}

Result<StoreCounts> Store::counts(WallTime now) const {
  auto statement = database_.prepare(
      "SELECT count(*), count(retire_ms), (SELECT count(*) FROM tokens WHERE use_ms IS NULL AND "
      "revoke_ms IS NULL AND expire_ms > ?) FROM nodes");
  if (!statement) return fail(statement.error(), "count");
  const auto row = statement->bind(1, to_ms(now)).step();
  if (!row) return fail(row.error(), "count");
  const auto number = [&](int column) {
    return static_cast<std::size_t>(statement->number(column));
  };
  return StoreCounts{
      .living = number(0) - number(1), .retired = number(1), .open_tokens = number(2)};
}

// ---- tokens

Result<void> Store::add_token(const StoredToken& token, WallTime now) {
  return write("store token", Sync::Full, [&]() -> Result<void> {
    auto forget = database_.prepare(
        "DELETE FROM tokens WHERE expire_ms < ?1 AND (use_ms IS NULL OR use_ms < ?1)");
    if (!forget) return fail(forget.error(), "forget");
    if (auto done = forget->bind(1, to_ms(now - kForgetTokensAfter)).run(); !done) return done;

    const auto count = database_.number("SELECT count(*) FROM tokens");
    if (!count) return fail(count.error(), "count");
    if (*count >= kTokensMax) {
      return fail(ErrorCode::Refused, "there are " + std::to_string(*count) +
                                          " tokens; they are forgotten 30 days after they end");
    }
    auto insert = database_.prepare(
        "INSERT INTO tokens (id, hash, create_ms, expire_ms, note) VALUES (?, ?, ?, ?, ?)");
    if (!insert) return fail(insert.error(), "insert");
    return insert->bind(1, token.id)
        .bind_blob(2, token.hash)
        .bind(3, to_ms(token.create_time))
        .bind(4, to_ms(token.expire_time))
        .bind(5, token.note)
        .run();
  });
}

Result<std::optional<StoredToken>> Store::token(std::string_view id) const {
  return read_one(database_, sql(kSelectToken, "WHERE t.id = ?"), id, read_token);
}

Result<std::vector<StoredToken>> Store::tokens() const {
  return read_all(database_.prepare(sql(kSelectToken, "ORDER BY t.create_ms DESC, t.id")),
                  read_token);
}

Result<StoredToken> Store::revoke_token(std::string_view id, WallTime now) {
  const auto written = write("revoke token", Sync::Full, [&]() -> Result<void> {
    auto update = database_.prepare(
        "UPDATE tokens SET revoke_ms = coalesce(revoke_ms, ?2) WHERE id = ?1 AND use_ms IS NULL");
    if (!update) return fail(update.error(), "update");
    return update->bind(1, id).bind(2, to_ms(now)).run();
  });
  if (!written) return fail(written.error(), "revoke");
  const auto found = token(id);
  if (!found) return fail(found.error(), "revoke");
  if (!*found) return fail(ErrorCode::NotFound, "no token " + std::string(id));
  if ((*found)->use_time) {
    return fail(ErrorCode::Refused,
                "token " + std::string(id) + " was used by " + (*found)->used_by +
                    "; to undo that, `joistctl node retire " + (*found)->used_by + "`");
  }
  return **found;
}

Result<void> Store::use_token(std::string_view id, std::string_view uid, WallTime now) {
  auto update = database_.prepare(
      "UPDATE tokens SET use_ms = ?2, used_by = ?3 "
      "WHERE id = ?1 AND use_ms IS NULL AND revoke_ms IS NULL AND expire_ms > ?2");
  if (!update) return fail(update.error(), "use token");
  if (auto done = update->bind(1, id).bind(2, to_ms(now)).bind(3, uid).run(); !done) return done;
  if (database_.changes() != 1) return fail(ErrorCode::Unauthenticated, "token is not open");
  return {};
}

// ---- nodes

Result<void> Store::insert_node(const StoredNode& node) {
  auto insert = database_.prepare(
      "INSERT INTO nodes (uid, name, machine_id, enroll_ms, serial, previous_serial, "
      "certificate_expire_ms) VALUES (?, ?, ?, ?, ?, '', ?)");
  if (!insert) return fail(insert.error(), "insert node");
  return insert->bind(1, node.uid)
      .bind(2, node.name)
      .bind(3, node.machine_id)
      .bind(4, to_ms(node.enroll_time))
      .bind(5, node.serial)
      .bind(6, to_ms(node.certificate_expire_time))
      .run();
}

Result<void> Store::insert_certificate(std::string_view uid, const IssuedCertificate& certificate) {
  auto insert = database_.prepare(
      "INSERT INTO certificates (serial, node_uid, issue_ms, expire_ms) VALUES (?, ?, ?, ?)");
  if (!insert) return fail(insert.error(), "insert certificate");
  auto inserted = insert->bind(1, certificate.serial)
                      .bind(2, uid)
                      .bind(3, to_ms(certificate.issue_time))
                      .bind(4, to_ms(certificate.expire_time))
                      .run();
  if (!inserted) return inserted;
  auto prune = database_.prepare(
      "DELETE FROM certificates WHERE node_uid = ?1 AND serial NOT IN (SELECT serial FROM "
      "certificates WHERE node_uid = ?1 ORDER BY issue_ms DESC LIMIT ?2)");
  if (!prune) return fail(prune.error(), "forget certificates");
  return prune->bind(1, uid).bind(2, kCertificatesMax).run();
}

Result<void> Store::set_retired(std::string_view uid, WallTime now) {
  auto update =
      database_.prepare("UPDATE nodes SET retire_ms = ?2 WHERE uid = ?1 AND retire_ms IS NULL");
  if (!update) return fail(update.error(), "retire");
  return update->bind(1, uid).bind(2, to_ms(now)).run();
}

Result<void> Store::enroll(std::string_view token_id, const StoredNode& node,
                           const IssuedCertificate& certificate, std::string_view replaced,
                           WallTime now) {
  return write("enroll", Sync::Full, [&]() -> Result<void> {
    if (auto done = set_retired(replaced, now); !done) return done;
    if (auto done = insert_node(node); !done) return done;
    if (auto done = use_token(token_id, node.uid, now); !done) return done;
    return insert_certificate(node.uid, certificate);
  });
}

Result<void> Store::renew(std::string_view uid, std::string_view asked_with,
                          const IssuedCertificate& certificate) {
  return write("renew", Sync::Full, [&]() -> Result<void> {
    auto update = database_.prepare(
        "UPDATE nodes SET serial = ?2, previous_serial = ?3, certificate_expire_ms = ?4 "
        "WHERE uid = ?1 AND retire_ms IS NULL AND ?3 IN (serial, previous_serial)");
    if (!update) return fail(update.error(), "update");
    auto updated = update->bind(1, uid)
                       .bind(2, certificate.serial)
                       .bind(3, asked_with)
                       .bind(4, to_ms(certificate.expire_time))
                       .run();
    if (!updated) return updated;
    if (database_.changes() != 1) {
      return fail(ErrorCode::Refused, "the node is retired, or its certificate superseded");
    }
    return insert_certificate(uid, certificate);
  });
}

Result<void> Store::retire(std::string_view uid, WallTime now) {
  return write("retire", Sync::Full, [&] { return set_retired(uid, now); });
}

Result<std::optional<StoredNode>> Store::node(std::string_view uid) const {
  return read_one(database_, sql(kSelectNode, "WHERE uid = ?"), uid, read_node);
}

Result<std::optional<StoredNode>> Store::node_by_name(std::string_view name) const {
  return read_one(database_, sql(kSelectNode, "WHERE name = ? AND retire_ms IS NULL"), name,
                  read_node);
}

Result<StoredNode> Store::find_node(const std::string& name_or_uid) const {
  auto found = read_one(database_,
                        sql(kSelectNode,
                            "WHERE name = ?1 OR uid = ?1 ORDER BY (name = ?1 AND retire_ms IS "
                            "NULL) DESC, uid = ?1 DESC, enroll_ms DESC LIMIT 1"),
                        name_or_uid, read_node);
  if (!found) return fail(found.error(), "find node");
  if (*found) return std::move(**found);
  return fail(ErrorCode::NotFound, "no node " + name_or_uid + "; `joistctl nodes` lists them");
}

Result<std::vector<ListedNode>> Store::list_nodes(Retired retired) const {
  const std::string_view which = retired == Retired::Show ? "" : "WHERE retire_ms IS NULL ";
  return read_all(
      database_.prepare(sql(kSelectListed, which) + "ORDER BY name, enroll_ms DESC, uid"),
      [](const Statement& row) {
        ListedNode listed{.node = read_node(row), .report_time = from_ms(row.number_or_null(10))};
        // What does not parse is shown as if it had not come.
        if (!listed.summary.ParseFromString(row.text(9))) listed.summary.Clear();
        return listed;
      });
}

Result<void> Store::set_heard(std::string_view uid, WallTime heard) {
  return write("node heard", Sync::Later, [&]() -> Result<void> {
    auto update = database_.prepare("UPDATE nodes SET heard_ms = ?2 WHERE uid = ?1");
    if (!update) return fail(update.error(), "update");
    return update->bind(1, uid).bind(2, to_ms(heard)).run();
  });
}

// ---- reports

Result<void> Store::note_epoch(std::string_view uid, const std::string& epoch) {
  auto insert = database_.prepare("INSERT OR IGNORE INTO epochs (node_uid, epoch) VALUES (?, ?)");
  if (!insert) return fail(insert.error(), "note epoch");
  if (auto done = insert->bind(1, uid).bind(2, epoch).run(); !done) return done;
  if (database_.changes() == 0) return {};
  auto prune = database_.prepare(
      "DELETE FROM epochs WHERE node_uid = ?1 AND number NOT IN (SELECT number FROM epochs "
      "WHERE node_uid = ?1 ORDER BY number DESC LIMIT ?2)");
  if (!prune) return fail(prune.error(), "forget epochs");
  return prune->bind(1, uid).bind(2, kEpochsMax).run();
}

Result<void> Store::save_report(std::string_view uid, const v1::Report& report, WallTime now) {
  return write("store report", Sync::Later, [&]() -> Result<void> {
    const auto holder = node(uid);
    if (!holder) return tl::unexpected<Error>(holder.error());
    if (!*holder || (*holder)->retire_time) {
      return fail(ErrorCode::Refused, "this node is none any longer");
    }
    auto insert = database_.prepare(
        "INSERT INTO reports (node_uid, report, report_ms, summary) VALUES (?1, ?2, ?3, ?4) "
        "ON CONFLICT (node_uid) DO UPDATE SET report = ?2, report_ms = ?3, summary = ?4");
    if (!insert) return fail(insert.error(), "insert");
    const std::string bytes = report.SerializeAsString();
    const std::string summary = summary_of(report).SerializeAsString();
    auto stored =
        insert->bind(1, uid).bind_blob(2, bytes).bind(3, to_ms(now)).bind_blob(4, summary).run();
    if (!stored) return stored;
    if (auto noted = note_epoch(uid, report.epoch()); !noted) return noted;
    const auto known = epochs(uid);
    if (!known) return tl::unexpected<Error>(known.error());
    if (known->back() == report.epoch()) return {};
    return fail(ErrorCode::Refused, "a later run of this node's agent has reported");
  });
}

Result<std::optional<StoredReport>> Store::report(std::string_view uid) const {
  auto row = read_one(
      database_, "SELECT report, report_ms FROM reports WHERE node_uid = ?", uid,
      [](const Statement& found) { return std::pair(found.text(0), from_ms(found.number(1))); });
  if (!row) return fail(row.error(), "report");
  if (!*row) return std::nullopt;
  StoredReport stored{.report_time = (*row)->second};
  const bool whole = stored.report.ParseFromString((*row)->first) &&
                     report_digest(stored.report.items()) == stored.report.digest();
  if (!whole) {
    return fail(ErrorCode::Malformed,
                "the stored report of node " + std::string(uid) + " is not what its digest says");
  }
  return stored;
}

Result<std::vector<std::string>> Store::epochs(std::string_view uid) const {
  auto statement = database_.prepare("SELECT epoch FROM epochs WHERE node_uid = ? ORDER BY number");
  if (!statement) return fail(statement.error(), "epochs");
  statement->bind(1, uid);
  return read_all(std::move(statement), [](const Statement& row) { return row.text(0); });
}

// ---- events

Result<void> Store::add_event(const Event& event) {
  return write("store event", Sync::Later, [&]() -> Result<void> {
    auto insert = database_.prepare(
        "INSERT INTO events (time_ms, kind, subject, address, message) VALUES (?, ?, ?, ?, ?)");
    if (!insert) return fail(insert.error(), "insert");
    auto inserted = insert->bind(1, to_ms(event.time))
                        .bind(2, event.kind)
                        .bind(3, event.subject)
                        .bind(4, event.address)
                        .bind(5, event.message)
                        .run();
    if (!inserted) return inserted;
    auto prune = database_.prepare(
        "DELETE FROM events WHERE number <= (SELECT max(number) FROM events) - ?");
    if (!prune) return fail(prune.error(), "forget");
    return prune->bind(1, kEventsMax).run();
  });
}

Result<std::vector<Event>> Store::events(std::size_t count_max) const {
  auto statement = database_.prepare(
      "SELECT time_ms, kind, subject, address, message FROM events ORDER BY number DESC LIMIT ?");
  if (!statement) return fail(statement.error(), "events");
  statement->bind(1, static_cast<std::int64_t>(count_max));
  return read_all(std::move(statement), [](const Statement& row) {
    return Event{.time = from_ms(row.number(0)),
                 .kind = row.text(1),
                 .subject = row.text(2),
                 .address = row.text(3),
                 .message = row.text(4)};
  });
}

}  // namespace joist::installer
