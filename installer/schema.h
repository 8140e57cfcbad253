// The shape of the installer's database, and how an older one becomes today's.
#pragma once

#include <string>

#include "base/result.h"
#include "installer/database.h"

namespace joist::installer {

// "JOST"; tells our database from any other SQLite file (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x4a4f5354;

// PRAGMA user_version of the newest schema this program knows.
inline constexpr std::int64_t kSchemaVersion = 2;

// Looks at the file without writing to it. Malformed: damaged. Refused: not
// Joist's, or made by a newer joist-installer. Fine if there is none yet.
Result<void> check_database_file(const std::string& path);

// Brings an open database to kSchemaVersion, all or nothing.
Result<void> migrate(const Database& database);

}  // namespace joist::installer
