// SQLite as values: statements that bind and step, errors as Results. Nothing
// outside database.cc and store.cc knows that it is SQLite.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace joist::installer {

// One statement, prepared; values are bound by their place, from 1.
class Statement {
 public:
  Statement& bind(int place, std::string_view text);
  Statement& bind_blob(int place, std::string_view bytes);
  Statement& bind(int place, std::int64_t number);
  Statement& bind(int place, std::optional<std::int64_t> number);

  // True: a row is there to be read. False: done. Io, or Malformed for a damaged
  // file, with SQLite's own words. Refused: a constraint of the schema.
  Result<bool> step();

  // Steps to the end, for statements that return no rows.
  Result<void> run();

  // Of the row that step() found; from 0.
  std::string text(int column) const;  // of TEXT or BLOB; empty for NULL
  std::int64_t number(int column) const;
  std::optional<std::int64_t> number_or_null(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  bool bound_ = true;
};

// A file as it was: whether its path still names it. A file that is deleted or
// replaced while it is open goes on to be written, and all of that is lost.
class FileMark {
 public:
  static Result<FileMark> of(const std::string& path);

  // Io, and what to do, if the path names another file now, or none.
  Result<void> check() const;

 private:
  std::string path_;
  std::uint64_t device_ = 0;
  std::uint64_t inode_ = 0;
};

class Database {
 public:
  enum class Mode { ReadOnly, Write };

  // Write makes the file (mode 0600) if there is none.
  static Result<Database> open(const std::string& path, Mode mode);

  Result<Statement> prepare(std::string_view sql) const;

  // Any number of statements without values.
  Result<void> execute(const std::string& sql) const;

  // The first column of the first row.
  Result<std::int64_t> number(std::string_view sql) const;
  Result<std::string> text(std::string_view sql) const;

  // Rows that the last INSERT, UPDATE or DELETE changed.
  std::int64_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  explicit Database(sqlite3* database) : database_(database) {}

  std::unique_ptr<sqlite3, Close> database_;
};

// BEGIN IMMEDIATE … COMMIT; rolled back if it goes without commit().
class Transaction {
 public:
  static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_(&database) {}
  const Database* database_;
};

}  // namespace joist::installer
