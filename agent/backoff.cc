#include "agent/backoff.h"

#include <algorithm>
#include <cmath>

namespace joist::agent {

std::chrono::milliseconds backoff(unsigned failures, double random) {
  constexpr unsigned kDoublingsMax = 16;  // far past the cap
  const double ceiling_seconds =
      std::min(std::ldexp(static_cast<double>(kBackoffBase.count()),
                          static_cast<int>(std::min(failures, kDoublingsMax))),
               static_cast<double>(kBackoffCap.count()));
  return std::chrono::milliseconds(std::llround(ceiling_seconds * 1000 * random));
}

}  // namespace joist::agent
