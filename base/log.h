// One event, one line. Under systemd the fields go to the journal as they are
// (JOIST_<NAME>=value, see systemd.journal-fields(7)), so that `journalctl
// JOIST_DISK=sda` works; elsewhere to stderr as "<priority>message name=value".
//
// An error is logged once, where it stops travelling. Never log a secret.
// Threads: any.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

enum class Priority { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

struct LogField {
  std::string_view name;  // lower case, [a-z_]: "disk"
  std::string value;
};

void log(Priority priority, std::string_view message, std::initializer_list<LogField> fields = {});

// What failed, with the error as a field of its own.
void log(Priority priority, std::string_view message, const Error& error,
         std::initializer_list<LogField> fields = {});

}  // namespace joist
