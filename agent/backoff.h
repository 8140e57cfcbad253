// How long to wait before the next attempt: full jitter, so that a thousand
// agents that lost their installer at once do not come back at once (Brooker,
// "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). Pure.
#pragma once

#include <chrono>

namespace joist::agent {

inline constexpr std::chrono::seconds kBackoffBase{1};
inline constexpr std::chrono::seconds kBackoffCap{60};

// Evenly between 0 and base * 2^failures, at most the cap; `random` is from 0 to 1.
std::chrono::milliseconds backoff(unsigned failures, double random);

}  // namespace joist::agent
