#include "base/version.h"

namespace joist {

std::string_view version() { return JOIST_VERSION; }

}  // namespace joist
