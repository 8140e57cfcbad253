#include "disk/resume.h"

#include <algorithm>

namespace joist::disk {
namespace {

// The kernel's next_arg(): blanks end a parameter, but within double quotes, which it drops.
std::string next_parameter(std::string_view& text) {
  std::string parameter;
  bool quoted = false;
  while (!text.empty()) {
    const char letter = text.front();
    text.remove_prefix(1);
    const bool blank = letter == ' ' || letter == '\t' || letter == '\n';
    if (blank && !quoted) break;
    if (letter == '"') {
      quoted = !quoted;
    } else {
      parameter += letter;
    }
  }
  return parameter;
}

}  // namespace

std::vector<ResumeDevice> parse_resume(std::string_view command_line) {
  constexpr std::string_view kName = "resume=";
  std::vector<ResumeDevice> found;
  while (!command_line.empty()) {
    const std::string parameter = next_parameter(command_line);
    if (!parameter.starts_with(kName) || parameter.size() == kName.size()) continue;
    ResumeDevice device{parameter.substr(kName.size()), {}};
    if (std::ranges::find(found, device) == found.end()) found.push_back(std::move(device));
  }
  return found;
}

}  // namespace joist::disk
