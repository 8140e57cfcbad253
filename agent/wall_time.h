// Between the clocks of base/clock.h and protobuf's well-known types.
#pragma once

#include <google/protobuf/util/time_util.h>

#include <chrono>

#include "base/clock.h"

namespace joist::agent {

inline google::protobuf::Timestamp to_timestamp(WallTime time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

inline google::protobuf::Duration to_duration(std::chrono::nanoseconds duration) {
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(duration.count());
}

inline std::chrono::nanoseconds from_duration(const google::protobuf::Duration& duration) {
  return std::chrono::nanoseconds(
      google::protobuf::util::TimeUtil::DurationToNanoseconds(duration));
}

}  // namespace joist::agent
