#include "metrics/openmetrics.h"

#include <algorithm>
#include <vector>

#include "metrics/sample_line.h"

namespace joist::metrics {
namespace {

constexpr std::string_view kTotal = "_total";

// Lines of `text` from the next that begins with "# "; what is before it is `skipped`.
struct Blocks {
  std::string_view rest;

  // False at the end, when only `skipped` holds something.
  bool next(std::string_view& skipped, std::string_view& comment) {
    std::size_t at = 0;
    if (!rest.starts_with("# ")) {
      at = rest.find("\n# ");
      at = at == std::string_view::npos ? rest.size() : at + 1;
    }
    skipped = rest.substr(0, at);
    rest.remove_prefix(at);
    if (rest.empty()) return false;
    comment = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(comment.size() + 1, rest.size()));
    return true;
  }
};

std::vector<std::string_view> family_names(std::string_view page) {
  std::vector<std::string_view> names;
  std::string_view skipped;
  std::string_view line;
  for (Blocks blocks{page}; blocks.next(skipped, line);) {
    const auto comment = cut_comment(line);
    if (comment && comment->is_type) names.push_back(comment->name);
  }
  std::ranges::sort(names);
  return names;
}

void append_help(std::string& out, std::string_view help) {
  for (const char c : help) {
    if (c == '"') out += '\\';
    out += c;
  }
}

// "1" is written "1.0", as the text of the label must be a canonical float.
void append_float(std::string& out, std::string_view number) {
  out += number;
  if (number.find_first_not_of("-0123456789") == std::string_view::npos) out += ".0";
}

// "1395066363500", in milliseconds, is "1395066363.500".
void append_seconds(std::string& out, std::string_view milliseconds) {
  if (milliseconds.starts_with('-')) {
    out += '-';
    milliseconds.remove_prefix(1);
  }
  const std::string padded =
      std::string(milliseconds.size() < 4 ? 4 - milliseconds.size() : 0, '0').append(milliseconds);
  out.append(padded, 0, padded.size() - 3).append(".").append(padded, padded.size() - 3, 3);
}

void append_labels(std::string& out, std::string_view labels) {
  if (labels.empty()) return;
  char separator = '{';
  while (const auto label = take_label(labels)) {
    out += separator;
    out.append(label->name).append("=\"");
    if (label->name == "le" || label->name == "quantile") {
      append_float(out, label->value);
    } else {
      out.append(label->value);
    }
    out += '"';
    separator = ',';
  }
  if (separator == ',') out += '}';
}

void append_sample(std::string& out, std::string_view line) {
  const auto sample = cut_sample(line);
  if (!sample) return;
  out.append(sample->name);
  append_labels(out, sample->labels);
  out.append(" ").append(sample->value);
  if (!sample->timestamp.empty()) append_seconds(out += ' ', sample->timestamp);
  out += '\n';
}

// Plain samples of gauges and counters are the same in both formats.
void append_samples(std::string& out, std::string_view samples, bool are_plain) {
  if (are_plain) {
    out.append(samples);
    if (!samples.empty() && samples.back() != '\n') out += '\n';
    return;
  }
  while (!samples.empty()) {
    const auto line = samples.substr(0, samples.find('\n'));
    append_sample(out, line);
    samples.remove_prefix(std::min(line.size() + 1, samples.size()));
  }
}

struct Head {
  std::string_view name;
  std::string_view type;
};

Head head_of(std::string_view name, std::string_view type,
             const std::vector<std::string_view>& names) {
  if (type == "untyped") return {name, "unknown"};
  if (type != "counter") return {name, type};
  if (!name.ends_with(kTotal) || name.size() == kTotal.size()) return {name, "unknown"};
  const auto base = name.substr(0, name.size() - kTotal.size());
  if (std::ranges::binary_search(names, base)) return {name, "unknown"};
  return {base, type};
}

}  // namespace

void to_openmetrics(std::string_view page, std::string& out) {
  const auto names = family_names(page);
  out.clear();
  CommentLine help;  // seen, and waiting for its type
  bool plain = true;
  std::string_view samples;
  std::string_view line;
  const auto write_head = [&](std::string_view name, std::string_view type) {
    const Head head = head_of(name, type, names);
    plain = head.type != "histogram" && head.type != "summary";
    if (help.name == name) {
      append_help(out.append("# HELP ").append(head.name).append(" "), help.rest);
      out += '\n';
    }
    out.append("# TYPE ").append(head.name).append(" ").append(head.type).append("\n");
    help = {};
  };
  for (Blocks blocks{page}; blocks.next(samples, line);) {
    if (!help.name.empty() && !samples.empty()) write_head(help.name, "untyped");
    append_samples(out, samples, plain);
    const auto comment = cut_comment(line);
    if (!comment) continue;
    if (comment->is_type) {
      write_head(comment->name, comment->rest);
    } else {
      help = *comment;
    }
  }
  if (!help.name.empty() && !samples.empty()) write_head(help.name, "untyped");
  append_samples(out, samples, plain);
  out += "# EOF\n";
}

}  // namespace joist::metrics
