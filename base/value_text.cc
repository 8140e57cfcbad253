#include "base/value_text.h"

#include <google/protobuf/util/time_util.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <limits>

#include "base/utf8.h"

namespace joist {
namespace {

using google::protobuf::Duration;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::Timestamp;

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr std::int64_t kDurationSecondsMax = 315'576'000'000;  // duration.proto

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// A decimal number split where its point is: "1.5" is {1, 500'000'000}.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t billionths = 0;
};

// Takes digits, and a fraction of at most nine, off the front of `text`. False:
// none there, or more than 15 digits in front of the point.
bool take_decimal(std::string_view& text, Decimal& number) {
  const auto take_digits = [&text] {
    const auto end = std::ranges::find_if_not(text, is_digit);
    const auto digits = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(digits.size());
    return digits;
  };
  const auto whole = take_digits();
  if (whole.empty() || whole.size() > 15) return false;
  std::from_chars(whole.data(), whole.data() + whole.size(), number.whole);
  number.billionths = 0;
  if (!text.starts_with('.')) return true;

  text.remove_prefix(1);
  const auto fraction = take_digits();
  if (fraction.empty() || fraction.size() > 9) return false;
  std::from_chars(fraction.data(), fraction.data() + fraction.size(), number.billionths);
  for (auto digits = fraction.size(); digits < 9; ++digits) number.billionths *= 10;
  return true;
}

struct TimeUnit {
  std::string_view name;
  std::int64_t nanos;
};
constexpr std::array<TimeUnit, 7> kTimeUnits{{{"d", 86'400 * kNanosPerSecond},
                                              {"h", 3'600 * kNanosPerSecond},
                                              {"ms", 1'000'000},
                                              {"m", 60 * kNanosPerSecond},
                                              {"us", 1'000},
                                              {"ns", 1},
                                              {"s", kNanosPerSecond}}};

// Takes one "1.5h" off the front of `text` and adds it to the sum. False: it is
// not one, or too large.
bool take_time(std::string_view& text, std::int64_t& seconds, std::int64_t& nanos) {
  Decimal number;
  if (!take_decimal(text, number)) return false;
  const auto* unit =
      std::ranges::find_if(kTimeUnits, [&](const TimeUnit& u) { return text.starts_with(u.name); });
  if (unit == kTimeUnits.end()) return false;
  text.remove_prefix(unit->name.size());

  const auto whole = static_cast<std::int64_t>(number.whole);
  const auto billionths = static_cast<std::int64_t>(number.billionths);
  if (unit->nanos >= kNanosPerSecond) {
    if (whole > kDurationSecondsMax) return false;  // and the product does not overflow
    seconds += whole * (unit->nanos / kNanosPerSecond);
    nanos += billionths * (unit->nanos / kNanosPerSecond);
  } else {
    seconds += whole / (kNanosPerSecond / unit->nanos);
    nanos += whole % (kNanosPerSecond / unit->nanos) * unit->nanos;
    nanos += billionths * unit->nanos / kNanosPerSecond;
  }
  seconds += nanos / kNanosPerSecond;
  nanos %= kNanosPerSecond;
  return seconds <= kDurationSecondsMax;
}

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::uint64_t kibi(int power) { return std::uint64_t{1} << (10 * power); }
constexpr std::array<SizeUnit, 17> kSizeUnits{{{"", 1},
                                               {"B", 1},
                                               {"kB", 1'000},
                                               {"KB", 1'000},
                                               {"MB", 1'000'000},
                                               {"GB", 1'000'000'000},
                                               {"TB", 1'000'000'000'000},
                                               {"PB", 1'000'000'000'000'000},
                                               {"KiB", kibi(1)},
                                               {"MiB", kibi(2)},
                                               {"GiB", kibi(3)},
                                               {"TiB", kibi(4)},
                                               {"PiB", kibi(5)},
                                               {"Ki", kibi(1)},
                                               {"Mi", kibi(2)},
                                               {"Gi", kibi(3)},
                                               {"Ti", kibi(4)}}};

// number * unit, where that is a whole number of bytes that fits.
bool scale(const Decimal& number, std::uint64_t unit_bytes, std::uint64_t& bytes) {
  constexpr auto max = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t billion = 1'000'000'000;
  if (number.whole > max / unit_bytes) return false;
  // unit * billionths / 1e9 in two parts, so that it does not overflow.
  const std::uint64_t high = unit_bytes / billion * number.billionths;
  const std::uint64_t low = unit_bytes % billion * number.billionths;
  if (low % billion != 0) return false;
  const std::uint64_t fraction = high + low / billion;
  if (number.whole * unit_bytes > max - fraction) return false;
  bytes = number.whole * unit_bytes + fraction;
  return true;
}

// "DiskClass" -> "DISK_CLASS_": the prefix that proto style puts before values.
std::string prefix_of(const EnumDescriptor& type) {
  std::string prefix;
  for (const char letter : type.name()) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    if (upper && !prefix.empty()) prefix += '_';
    prefix += static_cast<char>(upper || letter < 'a' ? letter : letter - 'a' + 'A');
  }
  return prefix + "_";
}

std::string word_of(const EnumValueDescriptor& value) {
  std::string_view name = value.name();
  const std::string prefix = prefix_of(*value.type());
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string word;
  for (const char letter : name) {
    const bool upper = letter >= 'A' && letter <= 'Z';
    word += letter == '_' ? '-' : static_cast<char>(upper ? letter - 'A' + 'a' : letter);
  }
  return word;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative) rest.remove_prefix(1);
  std::int64_t seconds = 0;
  std::int64_t nanos = 0;
  bool good = !rest.empty();
  while (good && !rest.empty()) good = take_time(rest, seconds, nanos);
  if (!good) {
    return fail(ErrorCode::Malformed,
                in_quotes(text) + " is not a duration, expected such as 30s, 500ms or 1h30m");
  }
  Duration duration;
  duration.set_seconds(negative ? -seconds : seconds);
  duration.set_nanos(static_cast<std::int32_t>(negative ? -nanos : nanos));
  return duration;
}

std::string duration_text(const Duration& duration) {
  const bool negative = duration.seconds() < 0 || duration.nanos() < 0;
  const auto magnitude = [](std::int64_t value) {
    return value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value)
                     : static_cast<std::uint64_t>(value);
  };
  std::string text = (negative ? "-" : "") + std::to_string(magnitude(duration.seconds()));
  if (duration.nanos() != 0) {
    std::string fraction = std::to_string(magnitude(duration.nanos()));
    fraction.insert(0, 9 - std::min<std::size_t>(9, fraction.size()), '0');
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return text + "s";
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  Timestamp timestamp;
  if (!google::protobuf::util::TimeUtil::FromString(std::string(text), &timestamp)) {
    return fail(ErrorCode::Malformed,
                in_quotes(text) + " is not a time, expected RFC 3339: 2026-05-01T10:00:00Z");
  }
  return timestamp;
}

std::string timestamp_text(const Timestamp& timestamp) {
  using google::protobuf::util::TimeUtil;
  const bool in_range = timestamp.seconds() >= TimeUtil::kTimestampMinSeconds &&
                        timestamp.seconds() <= TimeUtil::kTimestampMaxSeconds &&
                        timestamp.nanos() >= 0 && timestamp.nanos() < kNanosPerSecond;
  return in_range ? TimeUtil::ToString(timestamp) : "out-of-range";
}

Result<std::uint64_t> parse_size_bytes(std::string_view text) {
  std::string_view rest = text;
  Decimal number;
  std::uint64_t bytes = 0;
  const bool is_number = take_decimal(rest, number);
  if (rest.starts_with(' ') && rest.size() > 1) rest.remove_prefix(1);
  const auto* unit =
      std::ranges::find_if(kSizeUnits, [&](const SizeUnit& u) { return u.name == rest; });
  if (!is_number || unit == kSizeUnits.end()) {
    return fail(ErrorCode::Malformed,
                in_quotes(text) + " is not a size, expected such as 10GiB, 500MB or 4096");
  }
  if (!scale(number, unit->bytes, bytes)) {
    return fail(ErrorCode::Malformed,
                in_quotes(text) + " is not a whole number of bytes below 16 EiB");
  }
  return bytes;
}

Result<std::string> parse_base64(std::string_view text) {
  const auto bad = [] {
    return fail(ErrorCode::Malformed, "is not base64, expected RFC 4648 with padding");
  };
  std::string bytes(text.size() / 4 * 3, '\0');
  if (text.empty()) return bytes;
  // EVP_DecodeBlock skips surrounding white space, which is none of base64.
  if (text.size() % 4 != 0 || text.find_first_of(" \t\r\n") != text.npos) return bad();
  const auto padding = text.ends_with("==") ? 2U : text.ends_with('=') ? 1U : 0U;
  if (text.substr(0, text.size() - padding).find('=') != text.npos) return bad();
  const int decoded = ::EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                        reinterpret_cast<const unsigned char*>(text.data()),
                                        static_cast<int>(text.size()));
  if (decoded < 0) return bad();
  bytes.resize(static_cast<std::size_t>(decoded) - padding);
  return bytes;
}

std::string base64_text(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends it with NUL
  const int length = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

std::string enum_word(const EnumDescriptor& type, int number) {
  const EnumValueDescriptor* value = type.FindValueByNumber(number);
  return value == nullptr ? std::to_string(number) : word_of(*value);
}

const EnumValueDescriptor* find_enum_word(const EnumDescriptor& type, std::string_view word) {
  std::string wanted(word);
  std::ranges::replace(wanted, '_', '-');
  for (int index = 0; index < type.value_count(); ++index) {
    const EnumValueDescriptor& value = *type.value(index);
    if (value.number() != 0 && word_of(value) == wanted) return &value;
  }
  return nullptr;
}

std::string enum_words(const EnumDescriptor& type) {
  std::string words;
  for (int index = 0; index < type.value_count(); ++index) {
    if (type.value(index)->number() == 0) continue;
    words += (words.empty() ? "" : ", ") + word_of(*type.value(index));
  }
  return words;
}

std::string in_quotes(std::string_view text) {
  constexpr int characters_max = 40;
  std::string line = "\"";
  for (int count = 0; !text.empty(); ++count) {
    if (count == characters_max) {
      line += "...";
      break;
    }
    const char32_t letter = take_code_point(text);
    if (letter < 0x20 || (letter >= 0x7f && letter < 0xa0)) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\x%02x", static_cast<unsigned>(letter));
      line += escaped.data();
    } else {
      append_utf8(line, letter);
    }
  }
  return line + "\"";
}

}  // namespace joist
