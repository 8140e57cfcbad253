#include "base/log.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <atomic>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/log_threshold.h"

namespace joist {
namespace {

// systemd sets JOURNAL_STREAM=device:inode of the stream it connected; it holds
// for us only while our stderr still is that stream (systemd.exec(5)).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

void to_journal(const std::vector<std::string>& fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (const std::string& field : fields) {
    parts.push_back({const_cast<char*>(field.data()), field.size()});  // iovec is not const
  }
  ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

std::string journal_field(const LogField& field) {
  std::string text = "JOIST_";
  for (const char letter : field.name) {
    text += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return text + "=" + field.value;
}

// One line stays one line, whatever a value holds.
void append_escaped(std::string& line, std::string_view value) {
  for (const char letter : value) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte >= 0x20 && byte != 0x7f) {
      line += letter;
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      line += escaped;
    }
  }
}

std::atomic<Priority> threshold = Priority::Debug;

void write_event(Priority priority, std::string_view message, const std::vector<LogField>& fields) {
  if (priority > threshold) return;
  static const bool journal = stderr_is_journal();
  std::string line =
      journal ? std::string() : "<" + std::to_string(static_cast<int>(priority)) + ">";
  append_escaped(line, message);
  for (const LogField& field : fields) {
    line += " " + std::string(field.name) + "=";
    append_escaped(line, field.value);
  }
  if (!journal) {
    line += '\n';
    // One write: lines of two threads do not mix. Nowhere to say that it failed.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
    return;
  }
  std::vector<std::string> entries{"MESSAGE=" + line,
                                   "PRIORITY=" + std::to_string(static_cast<int>(priority))};
  for (const LogField& field : fields) entries.push_back(journal_field(field));
  to_journal(entries);
}

}  // namespace

void set_log_threshold(Priority least) { threshold = least; }

void log(Priority priority, std::string_view message, std::initializer_list<LogField> fields) {
  write_event(priority, message, fields);
}

void log(Priority priority, std::string_view message, const Error& error,
         std::initializer_list<LogField> fields) {
  std::vector<LogField> all(fields);
  all.push_back({"error", error.message});
  write_event(priority, message, std::move(all));
}

}  // namespace joist
