#include "ctl/completion.h"

#include <algorithm>

namespace joist::ctl {
namespace {

using Words = std::vector<std::string>;

const Option* find_option(std::string_view name) {
  const auto found = std::ranges::find_if(options(), [&](const Option& option) {
    return option.name == name || (!option.letter.empty() && option.letter == name);
  });
  return found == options().end() ? nullptr : &*found;
}

// What stands before the word to be completed, without options and their values.
struct Before {
  Words words;
  const Option* awaits_value = nullptr;
};

Before before_of(const Words& words) {
  Before before;
  for (std::size_t index = 0; index + 1 < words.size(); ++index) {
    const std::string& word = words[index];
    if (!word.starts_with('-') || word == "-") {
      before.words.push_back(word);
      continue;
    }
    const Option* option = find_option(word);
    if (option == nullptr || option->value != OptionValue::Required) continue;
    if (index + 2 == words.size()) before.awaits_value = option;
    ++index;
  }
  return before;
}

Words option_values(const Option& option) {
  if (!option.words.empty()) return {option.words.begin(), option.words.end()};
  return option.value_name == "PATH" || option.value_name == "FILE" ? Words{"<file>"} : Words{};
}

Words option_names(const Command* command) {
  Words names;
  for (const Option& option : options()) {
    const bool fits = command == nullptr ? option.commands.empty() : takes(command->id, option);
    if (fits) names.emplace_back(option.name);
  }
  return names;
}

// The words of commands that go on from those that stand there.
Words command_words(const Words& before) {
  std::string prefix;
  for (const std::string& word : before) prefix += word + " ";
  Words next;
  for (const Command& command : commands()) {
    if (command.group == Group::Hidden || !command.name.starts_with(prefix)) continue;
    const auto rest = command.name.substr(prefix.size());
    next.emplace_back(rest.substr(0, rest.find(' ')));
    if (before.empty() && !command.other_name.empty()) next.emplace_back(command.other_name);
  }
  return next;
}

Words argument_words(const Command& command, const NameSource& names) {
  if (command.argument == ArgumentKind::File) return {"<file>"};
  if (command.argument == ArgumentKind::Command) return command_words({});
  return names(command.argument);
}

// Names come from hosts, and what is offered ends up on a shell's command line.
bool is_safe(const std::string& word) {
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

std::vector<std::string> complete(const Words& words, const NameSource& names) {
  const std::string typed = words.empty() ? "" : words.back();
  const Before before = before_of(words);
  const std::string two = before.words.size() > 1 ? before.words[0] + " " + before.words[1] : "";
  const Command* command = find_command(two);
  const std::size_t name_words = command == nullptr ? 1 : 2;
  if (command == nullptr && !before.words.empty()) command = find_command(before.words[0]);

  Words offered;
  if (before.awaits_value != nullptr) {
    offered = option_values(*before.awaits_value);
  } else if (typed.starts_with('-')) {
    offered = option_names(command);
  } else {
    if (before.words.size() < 2) offered = command_words(before.words);
    const std::size_t given = before.words.size() - std::min(before.words.size(), name_words);
    if (command != nullptr && given < static_cast<std::size_t>(command->arguments_max)) {
      for (std::string& word : argument_words(*command, names)) offered.push_back(std::move(word));
    }
  }
  if (offered == Words{"<file>"}) return offered;
  std::erase_if(
      offered, [&](const std::string& word) { return !word.starts_with(typed) || !is_safe(word); });
  std::ranges::sort(offered);
  // Not std::ranges::unique: clang 14 cannot compile libstdc++ 12's subrange.
  offered.erase(std::unique(offered.begin(), offered.end()), offered.end());
  return offered;
}

}  // namespace joist::ctl
