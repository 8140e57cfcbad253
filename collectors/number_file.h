// A file of /proc or /sys that holds one number.
#pragma once

#include <string>

#include "base/result.h"
#include "collectors/fields.h"

namespace joist::collectors {

// Of a ProcFile or a ModuleFile. Malformed if its first word is no such number.
template <typename Number, typename File>
Result<Number> read_number(File& file) {
  const auto text = file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  const auto number = parse_number<Number>(Fields(*text).next());
  if (!number) return fail(ErrorCode::Malformed, file.path() + ": expected a number");
  return *number;
}

}  // namespace joist::collectors
