#include "metrics/sample_line.h"

#include <algorithm>

namespace joist::metrics {
namespace {

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

std::string_view take_word(std::string_view& text) {
  skip_blanks(text);
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text.remove_prefix(word.size());
  return word;
}

// Where the quoted value that begins at `text` ends, after its last quote; npos: nowhere.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

// The same for labels in braces.
std::size_t braced_length(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (text[at] == '}') return at + 1;
    if (text[at] != '"') continue;
    const std::size_t quoted = quoted_length(text.substr(at));
    if (quoted == std::string_view::npos) break;
    at += quoted - 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<SampleLine> cut_sample(std::string_view line) {
  SampleLine sample;
  sample.name = line.substr(0, line.find_first_of("{ \t"));
  if (sample.name.empty() || sample.name[0] == '#') return std::nullopt;
  line.remove_prefix(sample.name.size());
  skip_blanks(line);
  if (line.starts_with('{')) {
    const std::size_t length = braced_length(line);
    if (length == std::string_view::npos) return std::nullopt;
    sample.labels = line.substr(1, length - 2);
    line.remove_prefix(length);
  }
  sample.value = take_word(line);
  sample.timestamp = take_word(line);
  skip_blanks(line);
  if (sample.value.empty() || !line.empty()) return std::nullopt;
  return sample;
}

std::optional<LabelText> take_label(std::string_view& labels) {
  skip_blanks(labels);
  const auto equals = labels.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  std::string_view rest = labels.substr(equals + 1);
  skip_blanks(rest);
  const std::size_t length = rest.starts_with('"') ? quoted_length(rest) : std::string_view::npos;
  if (length == std::string_view::npos) return std::nullopt;
  std::string_view before = labels.substr(0, equals);
  const LabelText label{take_word(before), rest.substr(1, length - 2)};
  rest.remove_prefix(length);
  skip_blanks(rest);
  if (rest.starts_with(',')) rest.remove_prefix(1);
  labels = rest;
  return label;
}

std::optional<CommentLine> cut_comment(std::string_view line) {
  if (!line.starts_with("# ")) return std::nullopt;
  line.remove_prefix(2);
  const auto kind = take_word(line);
  if (kind != "TYPE" && kind != "HELP") return std::nullopt;
  CommentLine comment{.is_type = kind == "TYPE", .name = take_word(line), .rest = {}};
  skip_blanks(line);
  comment.rest = line;
  if (comment.name.empty()) return std::nullopt;
  return comment;
}

}  // namespace joist::metrics
