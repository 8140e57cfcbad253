#include "agent/report_items.h"

#include <utility>

#include "agent/readiness.h"
#include "base/message_rules.h"
#include "base/printable.h"
#include "base/report.h"
#include "base/sha256.h"

namespace joist::agent {
namespace {

constexpr std::size_t kKeyIdBytesMax = 256;  // an id may be as long as a path
constexpr std::size_t kNamedMax = 3;         // of what was left out
constexpr std::size_t kMessageMax = 4096;    // Condition.message
constexpr std::size_t kEvidenceMax = 1024;   // each text of Evidence

v1::ReportItem disk_item(const v1::Disk& disk) {
  v1::ReportItem item;
  std::string name = disk.id().empty() ? disk.name() : disk.id();
  if (name.size() > kKeyIdBytesMax) name = "sha256:" + to_hex(sha256(name));
  item.set_key("disk/" + name);
  *item.mutable_disk() = disk;
  return item;
}

// No longer than the installer takes: what stands first is what matters.
void fit(v1::Condition& condition) {
  const auto cut = [](std::string text, std::size_t length_max) {
    return text.size() <= length_max ? text : printable(text, length_max);
  };
  condition.set_message(cut(condition.message(), kMessageMax));
  if (!condition.has_evidence()) return;
  v1::Evidence& evidence = *condition.mutable_evidence();
  evidence.set_value(cut(evidence.value(), kEvidenceMax));
  evidence.set_threshold(cut(evidence.threshold(), kEvidenceMax));
  evidence.set_source(cut(evidence.source(), kEvidenceMax));
}

std::string summary(const std::vector<std::string>& left_out) {
  std::string text;
  for (const std::string& one : left_out) {
    if (&one == &left_out[0] + kNamedMax) {
      return text + "; and " + std::to_string(left_out.size() - kNamedMax) + " more";
    }
    text += (text.empty() ? "" : "; ") + one;
  }
  return text;
}

}  // namespace

v1::Report ReportItems::make(const v1::Host& host, const std::vector<v1::Condition>& conditions,
                             const std::vector<v1::Disk>& disks, std::string& left_out) {
  std::vector<v1::ReportItem> items;
  items.emplace_back().set_key("host");
  *items.back().mutable_host() = host;
  for (const v1::Condition& condition : conditions) {
    v1::Condition& reported = reported_[condition.type()];
    if (!says_the_same(condition, reported)) reported = condition;
    items.emplace_back().set_key("condition/" + condition.type());
    *items.back().mutable_condition() = reported;
    fit(*items.back().mutable_condition());
  }

  for (const v1::Disk& disk : disks) items.push_back(disk_item(disk));
  std::vector<std::string> too_much;
  std::vector<std::string> broken;
  std::erase_if(items, [&](const v1::ReportItem& item) {
    const auto good = check_rules(item);
    if (!good) broken.push_back("report item \"" + item.key() + "\": " + good.error().message);
    return !good;
  });
  v1::Report report = make_fitting_report(std::move(items), too_much);
  too_much.insert(too_much.end(), broken.begin(), broken.end());
  left_out = summary(too_much);
  return report;
}

}  // namespace joist::agent
