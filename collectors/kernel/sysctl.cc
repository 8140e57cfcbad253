#include "collectors/kernel/sysctl.h"

#include <algorithm>
#include <set>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kPrefix = "node_sysctl_";

ProcFile file_of(const Roots& roots, std::string setting) {
  std::ranges::replace(setting, '.', '/');
  // Small: the kernel allocates and zeroes as much as it is asked for.
  return {roots.proc(), "sys/" + setting, ProcFile::Shape::Whole, 512};
}

std::vector<std::string> family_names(const SysctlChoice& choice) {
  const std::string stem = std::string(kPrefix) + sysctl_family_part(choice.setting);
  if (choice.values.empty()) return {stem};
  std::vector<std::string> names;
  for (const std::string& value : choice.values) names.push_back(stem + "_" + value);
  return names;
}

// A setting is a path below /proc/sys and nowhere else.
bool is_setting(std::string_view setting) {
  return !setting.empty() && setting.find("..") == std::string_view::npos &&
         setting.find('\0') == std::string_view::npos;
}

Result<std::vector<SysctlChoice>> choices(const Settings& settings, std::string_view flag,
                                          bool numbers) {
  std::vector<SysctlChoice> all;
  std::set<std::string> names;
  for (const std::string& text : settings.list(flag)) {
    SysctlChoice choice = parse_sysctl_choice(text);
    const auto refused = [&](std::string_view why) {
      return fail(ErrorCode::Malformed, std::string(flag) + "=" + text + ": " + std::string(why));
    };
    if (!is_setting(choice.setting)) return refused("expected a setting's name, as kernel.pid_max");
    if (!numbers && !choice.values.empty()) return refused("text values cannot be named");
    const auto families = numbers ? family_names(choice) : std::vector<std::string>{choice.setting};
    for (const std::string& family : families) {
      if (numbers && !is_metric_name(family)) return refused(family + " is no metric's name");
      if (!names.insert(family).second) return refused("given twice");
    }
    all.push_back(std::move(choice));
  }
  return all;
}

}  // namespace

SysctlChoice parse_sysctl_choice(std::string_view text) {
  SysctlChoice choice;
  const auto colon = text.find(':');
  choice.setting = text.substr(0, colon);
  if (colon == std::string_view::npos) return choice;
  for (std::string_view rest = text.substr(colon + 1);;) {
    const auto comma = rest.find(',');
    choice.values.emplace_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return choice;
    rest.remove_prefix(comma + 1);
  }
}

std::string sysctl_family_part(std::string_view setting) {
  std::string part(setting);
  for (char& c : part) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == ':';
    if (!allowed) c = '_';
  }
  return part;
}

Made SysctlCollector::make(const Roots& roots, const Settings& settings) {
  auto numbers = choices(settings, "collector.sysctl.include", true);
  if (!numbers) return tl::unexpected<Error>(numbers.error());
  auto texts = choices(settings, "collector.sysctl.include-info", false);
  if (!texts) return tl::unexpected<Error>(texts.error());
  return std::make_unique<SysctlCollector>(roots, std::move(*numbers), std::move(*texts));
}

SysctlCollector::SysctlCollector(const Roots& roots, std::vector<SysctlChoice> numbers,
                                 std::vector<SysctlChoice> texts)
    : info_("node_sysctl_info", "sysctl info", MetricType::Gauge) {
  for (const SysctlChoice& choice : numbers) {
    Number number{file_of(roots, choice.setting), {}, {}, {}};
    const std::string help = "sysctl " + choice.setting;
    const auto names = family_names(choice);
    for (std::size_t i = 0; i < names.size(); ++i) {
      number.families.emplace_back(
          names[i], choice.values.empty() ? help : help + ", field " + std::to_string(i),
          MetricType::Untyped);
    }
    numbers_.push_back(std::move(number));
  }
  for (SysctlChoice& choice : texts) {
    texts_.push_back({file_of(roots, choice.setting), choice.setting, {}, {}});
  }
}

Result<void> SysctlCollector::show(Number& number, Exposition& page) {
  const auto text = number.file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  number.values.clear();
  Fields fields(*text);
  for (auto field = fields.next(); !field.empty(); field = fields.next()) {
    const auto value = parse_number<double>(field);
    if (!value) return fail(ErrorCode::Malformed, number.file.path() + ": expected numbers");
    number.values.push_back(*value);
  }
  const std::size_t count = number.values.size();
  const bool named = number.families.size() > 1;
  if (count == 0 || (named && count != number.families.size())) {
    return fail(ErrorCode::Malformed, number.file.path() + ": it has " + std::to_string(count) +
                                          " values, not as many as were named");
  }
  for (std::size_t i = number.labels.size(); i < count; ++i) {
    number.labels.push_back(Labels{{"index", std::to_string(i)}});
  }

  if (named) {
    for (std::size_t i = 0; i < count; ++i) {
      page.begin(number.families[i]);
      page.sample(number.values[i]);
    }
    return {};
  }
  page.begin(number.families[0]);
  if (count == 1) page.sample(number.values[0]);
  for (std::size_t i = 0; count > 1 && i < count; ++i) {
    page.sample(number.labels[i], number.values[i]);
  }
  return {};
}

Result<void> SysctlCollector::collect(Exposition& page) {
  // One setting that cannot be read costs no other.
  for (Number& number : numbers_) {
    if (auto shown = show(number, page); !shown) {
      malformed_.report(number.file.path(), shown.error().message);
    }
  }
  page.begin(info_);
  for (Text& setting : texts_) {
    const auto text = setting.file.read();
    if (!text) {
      malformed_.report(setting.file.path(), text.error().message);
      continue;
    }
    if (*text != setting.text) {
      setting.text = *text;
      setting.labels.clear();
      Fields fields(*text);
      for (auto word = fields.next(); !word.empty(); word = fields.next()) {
        setting.labels.push_back(Labels{{"index", std::to_string(setting.labels.size())},
                                        {"name", setting.setting},
                                        {"value", word}});
      }
    }
    for (const Labels& labels : setting.labels) page.sample(labels, 1U);
  }
  return {};
}

}  // namespace joist::collectors
