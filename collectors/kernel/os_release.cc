#include "collectors/kernel/os_release.h"

#include <algorithm>
#include <chrono>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kFiles[] = {"/etc/os-release", "/usr/lib/os-release"};

std::string_view trimmed(std::string_view text) {
  const auto start = text.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(" \t\r") - start + 1);
}

bool is_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

// Nothing if a quote is not closed.
std::optional<std::string> unquoted(std::string_view text) {
  const char quote = text.empty() ? '\0' : text[0];
  if (quote != '"' && quote != '\'') return std::string(text.substr(0, text.find_first_of(" \t")));
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return value;
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) ++i;
    value += text[i];
  }
  return std::nullopt;
}

}  // namespace

Assignments parse_os_release(std::string_view text) {
  Assignments all;
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    line = trimmed(line);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || !is_name(line.substr(0, equals))) continue;
    if (auto value = unquoted(line.substr(equals + 1))) {
      all.insert_or_assign(std::string(line.substr(0, equals)), std::move(*value));
    }
  }
  return all;
}

std::optional<double> os_version(std::string_view version_id) {
  const auto digits_end = [&](std::size_t from) {
    return std::min(version_id.find_first_not_of("0123456789", from), version_id.size());
  };
  std::size_t end = digits_end(0);
  if (end == 0) return std::nullopt;
  if (end < version_id.size() && version_id[end] == '.') end = digits_end(end + 1);
  return parse_number<double>(version_id.substr(0, end));
}

std::optional<std::int64_t> parse_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = parse_number<int>(text.substr(0, 4));
  const auto month = parse_number<unsigned>(text.substr(5, 2));
  const auto day = parse_number<unsigned>(text.substr(8, 2));
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

OsReleaseCollector::OsReleaseCollector(const Roots& roots)
    : root_(roots.rootfs),
      devices_(roots.devices),
      info_("node_os_info",
            "A metric with a constant '1' value labeled by build_id, id, id_like, image_id, "
            "image_version, name, pretty_name, variant, variant_id, version, version_codename, "
            "version_id.",
            MetricType::Gauge),
      version_family_("node_os_version",
                      "Metric containing the major.minor part of the OS version.",
                      MetricType::Gauge),
      support_end_("node_os_support_end_timestamp_seconds",
                   "Metric containing the end-of-life date timestamp of the OS.",
                   MetricType::Gauge) {}

Result<void> OsReleaseCollector::refresh() {
  if (devices_ && seen_ == devices_->generation()) return {};
  found_ = false;
  for (const std::string_view file : kFiles) {
    auto text = root_.read(file);
    if (!text && text.error().code == ErrorCode::NotFound) continue;
    if (!text) return tl::unexpected<Error>(text.error());
    found_ = true;
    if (*text != text_) render(parse_os_release(*text));
    text_ = std::move(*text);
    break;
  }
  if (devices_) seen_ = devices_->generation();
  return {};
}

void OsReleaseCollector::render(const Assignments& release) {
  const auto value = [&](std::string_view name) -> std::string_view {
    const auto found = release.find(name);
    return found == release.end() ? std::string_view() : std::string_view(found->second);
  };
  info_labels_ = Labels{{"build_id", value("BUILD_ID")},
                        {"id", value("ID")},
                        {"id_like", value("ID_LIKE")},
                        {"image_id", value("IMAGE_ID")},
                        {"image_version", value("IMAGE_VERSION")},
                        {"name", value("NAME")},
                        {"pretty_name", value("PRETTY_NAME")},
                        {"variant", value("VARIANT")},
                        {"variant_id", value("VARIANT_ID")},
                        {"version", value("VERSION")},
                        {"version_codename", value("VERSION_CODENAME")},
                        {"version_id", value("VERSION_ID")}};
  version_labels_ =
      Labels{{"id", value("ID")}, {"id_like", value("ID_LIKE")}, {"name", value("NAME")}};
  version_ = os_version(value("VERSION_ID"));
  support_end_seconds_ = parse_day(value("SUPPORT_END"));
}

Result<void> OsReleaseCollector::collect(Exposition& page) {
  if (auto fresh = refresh(); !fresh) return fresh;
  if (!found_) return fail(ErrorCode::NotFound, "no os-release");

  page.begin(info_);
  page.sample(info_labels_, 1U);
  if (version_ && *version_ > 0) {
    page.begin(version_family_);
    page.sample(version_labels_, *version_);
  }
  if (support_end_seconds_) {
    page.begin(support_end_);
    page.sample(*support_end_seconds_);
  }
  return {};
}

}  // namespace joist::collectors
