#include "collectors/device_sheet.h"

#include <algorithm>
#include <charconv>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kBufferBytes = 128;  // grows where an attribute is longer

std::optional<double> divided(std::string_view text, double divisor) {
  const auto value = parse_any_base(text);
  if (!value) return std::nullopt;
  return *value / divisor;
}

}  // namespace

void AttributeLabels::add(std::string_view label, std::string_view value) {
  const auto at = std::ranges::lower_bound(values_, label, {}, &Label::name);
  values_.insert(at, {std::string(label), std::string(value), std::nullopt});
}

void AttributeLabels::add(const SysRoot& root, std::string_view label, std::string_view path) {
  ProcFile file(root, path, ProcFile::Shape::Whole, kBufferBytes);
  const auto text = file.read();
  const auto at = std::ranges::lower_bound(values_, label, {}, &Label::name);
  if (text) {
    std::string value(trimmed(*text));
    values_.insert(at, {std::string(label), std::move(value), std::move(file)});
  } else {
    values_.insert(at, {std::string(label), "", std::nullopt});
  }
}

const Labels& AttributeLabels::read() {
  for (Label& label : values_) {
    if (!label.file) continue;
    const auto text = label.file->read();
    const std::string_view value = text ? trimmed(*text) : std::string_view();
    if (value == label.value) continue;
    label.value = value;
    rendered_ = false;
  }
  if (!rendered_) render();
  return labels_;
}

void AttributeLabels::render() {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (const Label& label : values_) {
    const bool left_out = missing_ == Missing::LeftOut && label.value.empty();
    if (!left_out) all.emplace_back(label.name, label.value);
  }
  labels_ = Labels(std::span<const std::pair<std::string_view, std::string_view>>(all));
  rendered_ = true;
}

void DeviceSheet::clear() {
  sheet_.clear();
  moving_.clear();
  fixed_.clear();
  states_.clear();
  told_.clear();
}

void DeviceSheet::fix(const FamilyText& family, const Labels& labels, double value) {
  fixed_.emplace_back(sheet_.add(family, labels), value);
}

bool DeviceSheet::follow(const FamilyText& family, const Labels& labels, std::string_view path,
                         AttributeSamples::Parse parse) {
  return moving_.add(root_, path, sheet_.add(family, labels), parse);
}

bool DeviceSheet::read_once(const FamilyText& family, const Labels& labels, std::string_view path,
                            AttributeSamples::Parse parse) {
  const auto word = text(path);
  if (!word) return false;
  if (const auto value = parse(*word)) {
    fix(family, labels, *value);
  } else {
    malformed_.report(root_.resolve(path).string(), *word);
  }
  return true;
}

bool DeviceSheet::follow_state(const FamilyText& family,
                               std::vector<std::pair<std::string_view, std::string_view>> labels,
                               std::string_view label, std::span<const std::string_view> states,
                               std::string_view path) {
  State state{ProcFile(root_, path, ProcFile::Shape::Whole, kBufferBytes), states, {}};
  if (!state.file.read()) return false;
  labels.emplace_back(label, "");
  for (const std::string_view name : states) {
    labels.back().second = name;
    state.places.push_back(sheet_.add(
        family, Labels(std::span<const std::pair<std::string_view, std::string_view>>(labels))));
  }
  states_.push_back(std::move(state));
  return true;
}

void DeviceSheet::tell(const FamilyText& family, AttributeLabels labels) {
  const auto same = [&](const Told& told) { return told.family.name() == family.name; };
  auto told = std::ranges::find_if(told_, same);
  if (told == told_.end()) {
    told_.push_back({Family(family.name, family.help, family.type), {}});
    told = std::prev(told_.end());
  }
  told->lines.push_back(std::move(labels));
}

void DeviceSheet::write(Exposition& page) {
  sheet_.blank();
  for (const auto& [place, value] : fixed_) sheet_.set(place, value);
  moving_.read_into(sheet_, malformed_);
  for (State& state : states_) {
    const auto text = state.file.read();
    if (!text) continue;
    const std::string_view word = trimmed(*text);
    for (std::size_t i = 0; i < state.places.size(); ++i) {
      sheet_.set(state.places[i], word == state.states[i] ? 1 : 0);
    }
  }
  sheet_.write(page);
  for (Told& told : told_) {
    page.begin(told.family);
    for (AttributeLabels& line : told.lines) page.sample(line.read(), 1U);
  }
}

std::optional<std::string> DeviceSheet::text(std::string_view path) const {
  auto line = root_.read_line(path);
  if (!line) return std::nullopt;
  return std::move(*line);
}

std::optional<double> parse_any_base(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return parse_whole_number(text);
  text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<double>(value);
}

std::optional<double> parse_thousandths(std::string_view text) { return divided(text, 1e3); }
std::optional<double> parse_millionths(std::string_view text) { return divided(text, 1e6); }
std::optional<double> parse_tenths(std::string_view text) { return divided(text, 10); }

}  // namespace joist::collectors
