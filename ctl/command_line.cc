#include "ctl/command_line.h"

#include <algorithm>
#include <charconv>

#include "base/closest_word.h"
#include "base/value_text.h"

namespace joist::ctl {
namespace {

constexpr double kWatchSeconds = 2;
constexpr double kWatchSecondsMin = 0.2;
constexpr double kWatchSecondsMax = 86'400;

struct GivenOption {
  const Option* option;
  std::optional<std::string> value;
};

// The command line split into what it consists of, before it is judged.
struct Words {
  std::vector<GivenOption> options;
  std::vector<std::string> rest;
};

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto closest = closest_word(word, known);
  return closest ? ", did you mean " + *closest + "?" : "; see joistctl --help";
}

const Option* find_option(std::string_view name) {
  const auto found = std::ranges::find_if(options(), [&](const Option& option) {
    return option.name == name || (!option.letter.empty() && option.letter == name);
  });
  return found == options().end() ? nullptr : &*found;
}

std::optional<double> parse_seconds(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return seconds;
}

tl::unexpected<Error> unknown_option(std::string_view name) {
  std::vector<std::string> known;
  for (const Option& option : options()) known.emplace_back(option.name);
  return fail(ErrorCode::Malformed,
              "unknown option " + in_quotes(name) + did_you_mean(name, known));
}

// "--name=value", "--name value", "-o value" and "-ovalue".
Result<GivenOption> take_option(const std::vector<std::string>& arguments, std::size_t& index) {
  std::string name = arguments[index];
  std::optional<std::string> value;
  const auto equals = name.find('=');
  if (name.starts_with("--") && equals != std::string::npos) {
    value = name.substr(equals + 1);
    name.resize(equals);
  } else if (!name.starts_with("--") && name.size() > 2) {
    value = name.substr(2);
    name.resize(2);
  }
  const Option* option = find_option(name);
  if (option == nullptr) return unknown_option(name);
  if (option->value == OptionValue::None && value) {
    return fail(ErrorCode::Malformed, name + " takes no value");
  }
  const bool more = index + 1 < arguments.size();
  if (option->value == OptionValue::Required && !value) {
    if (!more) {
      return fail(ErrorCode::Malformed,
                  name + " needs a value: " + std::string(option->value_name));
    }
    value = arguments[++index];
  }
  const bool seconds_follow = more && !value && parse_seconds(arguments[index + 1]).has_value();
  if (option->value == OptionValue::OptionalSeconds && seconds_follow) value = arguments[++index];
  return GivenOption{option, value};
}

Result<Words> split(const std::vector<std::string>& arguments) {
  Words words;
  bool options_end = false;
  for (std::size_t index = 0; index < arguments.size(); ++index) {
    const std::string& word = arguments[index];
    if (!options_end && word == "--") {
      options_end = true;
    } else if (options_end || !word.starts_with('-') || word == "-") {
      words.rest.push_back(word);
    } else {
      auto option = take_option(arguments, index);
      if (!option) return tl::unexpected<Error>(option.error());
      words.options.push_back(std::move(*option));
    }
  }
  return words;
}

// Takes the command's name, one word or two, off the front of `words`.
Result<CommandId> take_command(std::vector<std::string>& words) {
  if (words.size() > 1) {
    if (const Command* two = find_command(words[0] + " " + words[1])) {
      words.erase(words.begin(), words.begin() + 2);
      return two->id;
    }
  }
  const Command* one = find_command(words[0]);
  std::vector<std::string> known;
  std::string inner;
  for (const Command& command : commands()) {
    if (command.group == Group::Hidden) continue;
    known.emplace_back(command.name);
    if (!command.other_name.empty()) known.emplace_back(command.other_name);
    if (command.name.starts_with(words[0] + " ")) {
      inner += (inner.empty() ? "" : ", ") + std::string(command.name);
    }
  }
  const bool misses_name = one != nullptr && one->arguments_min > 0 && words.size() == 1;
  if (one != nullptr && !(misses_name && !inner.empty())) {
    words.erase(words.begin());
    return one->id;
  }
  if (one != nullptr) known.clear();
  const std::string said = words[0] + (words.size() > 1 ? " " + words[1] : "");
  if (!inner.empty()) {
    const std::string self =
        one == nullptr ? "" : words[0] + " " + std::string(one->arguments) + ", ";
    return fail(ErrorCode::Malformed, in_quotes(said) + " is no command, expected " + self + inner);
  }
  return fail(ErrorCode::Malformed,
              "unknown command " + in_quotes(said) + did_you_mean(said, known));
}

Result<void> check_arguments(const CommandLine& line) {
  const Command& called = command(line.command);
  const auto count = static_cast<int>(line.arguments.size());
  if (count >= called.arguments_min && count <= called.arguments_max) return {};
  const std::string usage = "usage: joistctl " + std::string(called.name) +
                            (called.arguments.empty() ? "" : " ") + std::string(called.arguments);
  if (count < called.arguments_min) {
    return fail(ErrorCode::Malformed, std::string(called.arguments) + " is missing; " + usage);
  }
  if (line.command == CommandId::Join) {
    return fail(ErrorCode::Malformed,
                "a token is never taken from the command line, where every user of this host can "
                "read it. If you wrote one there, revoke it; then use the prompt, stdin or "
                "--token-file");
  }
  return fail(ErrorCode::Malformed,
              in_quotes(line.arguments[static_cast<std::size_t>(called.arguments_max)]) +
                  " is too much; " + usage);
}

Result<double> watch_seconds(const std::optional<std::string>& text) {
  if (!text) return kWatchSeconds;
  const auto seconds = parse_seconds(*text);
  if (!seconds || !(*seconds >= kWatchSecondsMin && *seconds <= kWatchSecondsMax)) {
    return fail(ErrorCode::Malformed,
                "--watch takes seconds, 0.2 to 86400, and not " + in_quotes(*text));
  }
  return *seconds;
}

// As people copy it from a plan, in whatever case.
Result<std::string> digest_letters(std::string text) {
  constexpr std::size_t kLettersMin = 8;
  constexpr std::size_t kLettersMax = 64;
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'F') letter = static_cast<char>(letter - 'A' + 'a');
  }
  if (text.size() >= kLettersMin && text.size() <= kLettersMax &&
      text.find_first_not_of("0123456789abcdef") == std::string::npos) {
    return text;
  }
  return fail(ErrorCode::Malformed,
              "--digest takes 8 to 64 letters of a plan's digest, as joistctl "
              "disk plan shows it, and not " +
                  in_quotes(text));
}

Result<void> check_word(const Option& option, const std::string& value) {
  if (option.words.empty()) return {};
  if (std::ranges::find(option.words, value) != option.words.end()) return {};
  return fail(ErrorCode::Malformed, std::string(option.name) + " takes " +
                                        std::string(option.value_name) + ", and not " +
                                        in_quotes(value));
}

Result<void> apply(const GivenOption& given, CommandLine& line) {
  const std::string value = given.value.value_or("");
  if (auto good = check_word(*given.option, value); !good) return good;
  switch (given.option->id) {
    case OptionId::Output:
      line.output = value == "json" ? Output::Json : value == "yaml" ? Output::Yaml : Output::Table;
      break;
    case OptionId::Watch: {
      const auto seconds = watch_seconds(given.value);
      if (!seconds) return tl::unexpected<Error>(seconds.error());
      line.watch_seconds = *seconds;
      break;
    }
    case OptionId::NoColor:
      line.no_color = true;
      break;
    case OptionId::AgentSocket:
      line.agent_socket = value;
      break;
    case OptionId::InstallerSocket:
      line.installer_socket = value;
      break;
    case OptionId::ApplySocket:
      line.apply_socket = value;
      break;
    case OptionId::For:
      line.lasts = value;
      break;
    case OptionId::Digest: {
      const auto letters = digest_letters(value);
      if (!letters) return tl::unexpected<Error>(letters.error());
      line.digest = *letters;
      break;
    }
    case OptionId::NoWait:
      line.no_wait = true;
      break;
    case OptionId::Zero:
      line.zero = true;
      break;
    case OptionId::Discard:
      line.discard = true;
      break;
    case OptionId::Check:
      line.check = true;
      break;
    case OptionId::TokenFile:
      line.token_file = value;
      break;
    case OptionId::Kind:
      line.kind = value;
      break;
    case OptionId::Ttl:
      line.ttl = value;
      break;
    case OptionId::Note:
      line.note = value;
      break;
    case OptionId::All:
      line.all = true;
      break;
    case OptionId::Anew:
      line.anew = true;
      break;
    case OptionId::Yes:
      line.yes = true;
      break;
    default:
      break;  // --help and --version were seen before
  }
  return {};
}

bool has(const Words& words, OptionId id) {
  return std::ranges::any_of(words.options,
                             [&](const GivenOption& given) { return given.option->id == id; });
}

// --help after a command explains that command, however else it is written.
CommandLine help_line(const std::vector<std::string>& words) {
  CommandLine line;
  line.command = CommandId::Help;
  if (!words.empty()) {
    auto rest = words;
    if (const auto id = take_command(rest)) {
      line.arguments = {std::string(command(*id).name)};
    } else if (words.size() == 1) {
      line.arguments = words;
    }
  }
  return line;
}

std::string or_default(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

CommandLine default_line(const Environment& environment) {
  CommandLine line;
  line.no_color = !environment("NO_COLOR").empty();
  line.agent_socket = or_default(environment("JOIST_AGENT_SOCKET"), "/run/joist/agent.sock");
  line.installer_socket =
      or_default(environment("JOIST_INSTALLER_SOCKET"), "/run/joist-installer/installer.sock");
  line.apply_socket = or_default(environment("JOIST_APPLY_SOCKET"), "/run/joist/apply.sock");
  return line;
}

CommandLine completion_line(const std::vector<std::string>& arguments,
                            const Environment& environment) {
  CommandLine line = default_line(environment);
  line.command = CommandId::CompletionWords;
  const std::size_t skipped = arguments.size() > 2 && arguments[2] == "--" ? 3 : 2;
  line.arguments.assign(arguments.begin() + static_cast<std::ptrdiff_t>(skipped), arguments.end());
  return line;
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments,
                                       const Environment& environment) {
  // What is being completed is no command line yet.
  const bool completing =
      arguments.size() >= 2 && arguments[0] == "completion" && arguments[1] == "words";
  if (completing) return completion_line(arguments, environment);
  auto words = split(arguments);
  if (!words) return tl::unexpected<Error>(words.error());
  if (words->rest.empty() && words->options.empty()) return help_line({});
  if (has(*words, OptionId::Help)) return help_line(words->rest);

  CommandLine line = default_line(environment);
  if (has(*words, OptionId::Version)) {
    line.command = CommandId::Version;
    return line;
  }
  if (words->rest.empty()) {
    return fail(ErrorCode::Malformed, "no command given; see joistctl --help");
  }
  const auto id = take_command(words->rest);
  if (!id) return tl::unexpected<Error>(id.error());
  line.command = *id;
  line.arguments = words->rest;
  if (line.command == CommandId::DiskWatch) line.watch_seconds = kWatchSeconds;
  for (const GivenOption& given : words->options) {
    if (!takes(line.command, *given.option)) {
      return fail(ErrorCode::Malformed, std::string(given.option->name) + " does not go with " +
                                            std::string(command(line.command).name));
    }
    if (auto good = apply(given, line); !good) return tl::unexpected<Error>(good.error());
  }
  if (line.zero && line.discard) {
    return fail(ErrorCode::Malformed, "--zero or --discard, not both");
  }
  if (auto good = check_arguments(line); !good) return tl::unexpected<Error>(good.error());
  return line;
}

}  // namespace joist::ctl
