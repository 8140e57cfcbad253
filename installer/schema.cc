#include "installer/schema.h"

#include <array>
#include <filesystem>

namespace joist::installer {
namespace {

// One step a version; never changed once released, only added to. Times are in
// milliseconds since 1970-01-01 UTC, by the installer's clock.
constexpr std::array<const char*, kSchemaVersion> kMigrations = {R"sql(
CREATE TABLE nodes (
  uid                   TEXT PRIMARY KEY,
  name                  TEXT NOT NULL,
  machine_id            TEXT NOT NULL,
  enroll_ms             INTEGER NOT NULL,
  retire_ms             INTEGER,
  serial                TEXT NOT NULL,   -- of the newest certificate
  previous_serial       TEXT NOT NULL,   -- of the one that asked for it, or empty
  certificate_expire_ms INTEGER NOT NULL,
  heard_ms              INTEGER          -- as of the last session's end or report
) STRICT, WITHOUT ROWID;

-- A name belongs to one living node.
CREATE UNIQUE INDEX nodes_by_name ON nodes (name) WHERE retire_ms IS NULL;

CREATE TABLE tokens (
  id        TEXT PRIMARY KEY,
  hash      BLOB NOT NULL,               -- SHA-256 of the secret
  create_ms INTEGER NOT NULL,
  expire_ms INTEGER NOT NULL,
  use_ms    INTEGER,
  used_by   TEXT REFERENCES nodes (uid),
  revoke_ms INTEGER,
  note      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Every certificate that was issued to a node.
CREATE TABLE certificates (
  serial    TEXT PRIMARY KEY,
  node_uid  TEXT NOT NULL REFERENCES nodes (uid),
  issue_ms  INTEGER NOT NULL,
  expire_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX certificates_by_node ON certificates (node_uid, issue_ms);

CREATE TABLE reports (
  node_uid  TEXT PRIMARY KEY REFERENCES nodes (uid),
  report    BLOB NOT NULL,               -- joist.v1.Report
  report_ms INTEGER NOT NULL
) STRICT;

-- The runs of a node's agent that have reported, so that none comes back after
-- a later one has.
CREATE TABLE epochs (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  node_uid TEXT NOT NULL REFERENCES nodes (uid),
  epoch    TEXT NOT NULL,
  UNIQUE (node_uid, epoch)
) STRICT;

-- What was refused, and what changed the fleet.
CREATE TABLE events (
  number  INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  address TEXT NOT NULL,
  message TEXT NOT NULL
) STRICT;
)sql",
                                                                 R"sql(
-- joist.v1.Report with the items that a list of nodes shows, so that it parses
-- no whole report. Empty: not made yet (Store::open does).
ALTER TABLE reports ADD COLUMN summary BLOB NOT NULL DEFAULT x'';

-- Written and forgotten, to see that the disk takes it (Store::check).
CREATE TABLE probe (bytes BLOB NOT NULL) STRICT;
)sql"};

tl::unexpected<Error> damaged(const std::string& path, const std::string& why) {
  return fail(ErrorCode::Malformed,
              path + " is damaged (" + why +
                  "); it was not touched. Restore a copy of it, or move it away to start with an "
                  "empty fleet");
}

}  // namespace

Result<void> check_database_file(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory || (!error && size == 0)) return {};

  const auto database = Database::open(path, Database::Mode::ReadOnly);
  if (!database) return fail(database.error(), "look at the database");
  const auto version = database->number("PRAGMA user_version");
  if (!version && version.error().code == ErrorCode::Malformed) {
    return damaged(path, version.error().message);
  }
  if (!version) return fail(version.error(), path);
  const auto application = database->number("PRAGMA application_id");
  if (!application) return fail(application.error(), path);
  if (*application != kApplicationId) {
    return fail(ErrorCode::Refused, path + " is not a database of joist-installer; move it away");
  }
  if (*version > kSchemaVersion) {
    return fail(ErrorCode::Refused, path + " was made by a newer joist-installer (schema " +
                                        std::to_string(*version) + ", this one knows " +
                                        std::to_string(kSchemaVersion) +
                                        "); it was not touched. Install that version again");
  }
  const auto check = database->text("PRAGMA quick_check(1)");
  if (!check) return damaged(path, check.error().message);
  if (*check != "ok") return damaged(path, *check);
  return {};
}

Result<void> migrate(const Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) return fail(transaction.error(), "migrate database");
  const auto version = database.number("PRAGMA user_version");
  if (!version) return fail(version.error(), "migrate database");
  for (auto next = *version; next < kSchemaVersion; ++next) {
    const auto step = static_cast<std::size_t>(next);
    if (auto done = database.execute(kMigrations[step]); !done) {
      return fail(done.error(), "migrate database from schema " + std::to_string(next));
    }
  }
  const auto marked = database.execute("PRAGMA application_id = " + std::to_string(kApplicationId) +
                                       "; PRAGMA user_version = " + std::to_string(kSchemaVersion));
  if (!marked) return fail(marked.error(), "migrate database");
  return transaction->commit();
}

}  // namespace joist::installer
