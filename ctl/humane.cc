#include "ctl/humane.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace joist::ctl {
namespace {

constexpr std::int64_t kYearSeconds = 31'536'000;  // 365 days

std::chrono::seconds since(const google::protobuf::Timestamp& time, WallTime now) {
  const auto now_seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  // What a broken clock may have sent must not overflow.
  constexpr std::int64_t seconds_max = std::int64_t{1} << 40;
  return std::chrono::seconds(now_seconds - std::clamp(time.seconds(), -seconds_max, seconds_max));
}

bool is_set(const google::protobuf::Timestamp& time) {
  return time.seconds() != 0 || time.nanos() != 0;
}

}  // namespace

std::string humane_size(std::uint64_t size_bytes) {
  static constexpr std::array<const char*, 7> units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(size_bytes);
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 || value >= 99.95 ? "%.0f" : "%.1f", value);
  std::string number(text.data());
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + " " + units[unit];
}

std::string humane_duration(std::chrono::seconds duration) {
  struct Unit {
    std::int64_t seconds;
    const char* name;
    std::int64_t alone_from;  // so many need no second unit
  };
  static constexpr std::array<Unit, 5> units{
      {{kYearSeconds, "y", 3}, {86'400, "d", 10}, {3'600, "h", 10}, {60, "m", 10}, {1, "s", 0}}};
  const std::int64_t seconds = std::max<std::int64_t>(duration.count(), 0);
  for (std::size_t index = 0; index < units.size(); ++index) {
    const Unit& unit = units[index];
    const bool largest =
        seconds >= unit.seconds + (unit.seconds == kYearSeconds ? kYearSeconds : 0);
    if (!largest && index + 1 < units.size()) continue;
    const std::int64_t count = seconds / unit.seconds;
    std::string text = std::to_string(count) + unit.name;
    if (count < unit.alone_from) {
      const Unit& next = units[index + 1];
      const std::int64_t rest = seconds % unit.seconds / next.seconds;
      if (rest > 0) text += std::to_string(rest) + next.name;
    }
    return text;
  }
  return "0s";
}

std::string humane_age(const google::protobuf::Timestamp& time, WallTime now) {
  return is_set(time) ? humane_duration(since(time, now)) : "-";
}

std::string humane_when(const google::protobuf::Timestamp& time, WallTime now) {
  if (!is_set(time)) return "-";
  const auto age = since(time, now);
  return age.count() < 0 ? "in " + humane_duration(-age) : humane_duration(age) + " ago";
}

}  // namespace joist::ctl
