#include "installer/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace joist::installer {
namespace {

tl::unexpected<Error> fail_sqlite(sqlite3* database, int code, std::string_view what) {
  const char* words = database != nullptr ? ::sqlite3_errmsg(database) : ::sqlite3_errstr(code);
  std::string message = std::string(what) + ": " + words;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(ErrorCode::Malformed, std::move(message));
    case SQLITE_CONSTRAINT:
      return fail(ErrorCode::Refused, std::move(message));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(ErrorCode::Unavailable, std::move(message));
    default:
      return fail(ErrorCode::Io, std::move(message));
  }
}

// SQLite makes files 0644 less the umask; what is in this one is not for all.
Result<void> make_private_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return fail_errno(errno, "open " + path);
  return {};
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  ::sqlite3_finalize(statement);
}

Statement& Statement::bind(int place, std::string_view text) {
  const int code = ::sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(),
                                         SQLITE_TRANSIENT, SQLITE_UTF8);  // NOLINT: SQLite's cast
  bound_ = bound_ && code == SQLITE_OK;
  return *this;
}

Statement& Statement::bind_blob(int place, std::string_view bytes) {
  // A null pointer would be bound as NULL; empty bytes are not NULL.
  const void* data = bytes.empty() ? "" : bytes.data();
  const int code = ::sqlite3_bind_blob64(statement_.get(), place, data, bytes.size(),
                                         SQLITE_TRANSIENT);  // NOLINT: SQLite's cast
  bound_ = bound_ && code == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(int place, std::int64_t number) {
  bound_ = bound_ && ::sqlite3_bind_int64(statement_.get(), place, number) == SQLITE_OK;
  return *this;
}

Statement& Statement::bind(int place, std::optional<std::int64_t> number) {
  if (number) return bind(place, *number);
  bound_ = bound_ && ::sqlite3_bind_null(statement_.get(), place) == SQLITE_OK;
  return *this;
}

Result<bool> Statement::step() {
  if (!bound_) return fail(ErrorCode::Io, "database: a value could not be bound");
  const int code = ::sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return fail_sqlite(::sqlite3_db_handle(statement_.get()), code, "database");
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (!row) return fail(row.error(), "write");
    if (!*row) return {};
  }
}

std::string Statement::text(int column) const {
  // The bytes first: asking for the size may convert, and then they move.
  const void* data = ::sqlite3_column_blob(statement_.get(), column);
  const int size = ::sqlite3_column_bytes(statement_.get(), column);
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::int64_t Statement::number(int column) const {
  return ::sqlite3_column_int64(statement_.get(), column);
}

std::optional<std::int64_t> Statement::number_or_null(int column) const {
  if (::sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return number(column);
}

Result<FileMark> FileMark::of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return fail_errno(errno, "look at " + path);
  FileMark mark;
  mark.path_ = path;
  mark.device_ = status.st_dev;
  mark.inode_ = status.st_ino;
  return mark;
}

Result<void> FileMark::check() const {
  const auto now = of(path_);
  if (now && now->device_ == device_ && now->inode_ == inode_) return {};
  return fail(ErrorCode::Io, path_ + (now ? " was replaced" : " is gone") +
                                 " while it was in use; put the file back, or restart "
                                 "joist-installer to go on with what is there now");
}

void Database::Close::operator()(sqlite3* database) const { ::sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, Mode mode) {
  if (mode == Mode::Write) {
    if (auto made = make_private_file(path); !made) return fail(made.error(), "database");
  }
  const int flags = mode == Mode::Write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  sqlite3* raw = nullptr;
  const int code = ::sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  Database database(raw);  // to be closed even if it did not open
  if (code != SQLITE_OK) return fail_sqlite(raw, code, "open " + path);
  ::sqlite3_extended_result_codes(raw, 1);
  // Another connection is a backup at work; it does not hold the lock for long.
  ::sqlite3_busy_timeout(raw, 5000);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* raw = nullptr;
  const int code = ::sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                        &raw, nullptr);
  if (code != SQLITE_OK) return fail_sqlite(database_.get(), code, "database");
  return Statement(raw);
}

Result<void> Database::execute(const std::string& sql) const {
  const int code = ::sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail_sqlite(database_.get(), code, "database");
  return {};
}

Result<std::int64_t> Database::number(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error(), "query");
  const auto row = statement->step();
  if (!row) return fail(row.error(), "query");
  return *row ? statement->number(0) : 0;
}

Result<std::string> Database::text(std::string_view sql) const {
  auto statement = prepare(sql);
  if (!statement) return fail(statement.error(), "query");
  const auto row = statement->step();
  if (!row) return fail(row.error(), "query");
  return *row ? statement->text(0) : std::string();
}

std::int64_t Database::changes() const { return ::sqlite3_changes64(database_.get()); }

Result<Transaction> Transaction::begin(const Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
    return fail(begun.error(), "begin");
  }
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // If the rollback fails too, SQLite has already rolled back by itself.
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  auto committed = database_->execute("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

}  // namespace joist::installer
