#include "collectors/area.h"

namespace joist::collectors {

Area hardware_area() { return {}; }

}  // namespace joist::collectors
