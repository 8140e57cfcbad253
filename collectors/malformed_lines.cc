#include "collectors/malformed_lines.h"

#include <string>

#include "base/log.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kShownBytesMax = 120;

}  // namespace

void MalformedLines::report(std::string_view path, std::string_view line) {
  if (line.empty() || count_++ > 0) return;
  log(Priority::Warning, "metrics: a line was left out because it is not understood",
      {{"path", std::string(path)}, {"line", std::string(line.substr(0, kShownBytesMax))}});
}

}  // namespace joist::collectors
