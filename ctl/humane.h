// Sizes, times and rates as people say them. Pure; programs get the exact values
// by -o json.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace joist::ctl {

// Three digits and a binary unit: "0 B", "512 B", "1.8 TiB", "14.6 TiB", "932 GiB".
std::string humane_size(std::uint64_t size_bytes);

// One unit, two where the first is small: "45s", "3m20s", "34m", "5h10m", "2d4h",
// "90d", "3y". Below zero (a clock that went back) is "0s".
std::string humane_duration(std::chrono::seconds duration);

// How long ago; "-" where the time is not set.
std::string humane_age(const google::protobuf::Timestamp& time, WallTime now);

// "in 5m" or "5m ago"; "-" where the time is not set.
std::string humane_when(const google::protobuf::Timestamp& time, WallTime now);

}  // namespace joist::ctl
