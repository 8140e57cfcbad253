// A sample's line of the text format 0.0.4, cut into its parts without copying. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace joist::metrics {

struct SampleLine {
  std::string_view name;
  std::string_view labels;     // between the braces, as written
  std::string_view value;      // "1e+06", "NaN", "+Inf"
  std::string_view timestamp;  // in milliseconds; mostly none
};

// Nothing if it is no sample (a comment, an empty line, a mistake).
std::optional<SampleLine> cut_sample(std::string_view line);

struct LabelText {
  std::string_view name;
  std::string_view value;  // escaped, as written
};

// Takes the first label off `labels`; nothing after the last, or where it is malformed.
std::optional<LabelText> take_label(std::string_view& labels);

// "# TYPE name rest" or "# HELP name rest".
struct CommentLine {
  bool is_type = false;  // else HELP
  std::string_view name;
  std::string_view rest;
};

// Nothing for any other line.
std::optional<CommentLine> cut_comment(std::string_view line);

}  // namespace joist::metrics
