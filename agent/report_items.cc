#include "agent/report_items.h"

#include <utility>

#include "agent/readiness.h"
#include "base/report.h"

namespace joist::agent {
namespace {

v1::ReportItem disk_item(const v1::Disk& disk) {
  v1::ReportItem item;
  item.set_key("disk/" + (disk.id().empty() ? disk.name() : disk.id()));
  *item.mutable_disk() = disk;
  return item;
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
  }

  const std::vector<v1::ReportItem> without_disks = items;
  for (const v1::Disk& disk : disks) items.push_back(disk_item(disk));
  left_out.clear();
  if (auto report = make_report(std::move(items))) return std::move(*report);
  auto report = make_report(without_disks);
  left_out = "disks";
  if (report) return std::move(*report);
  left_out = "everything: " + report.error().message;
  return {};
}

}  // namespace joist::agent
