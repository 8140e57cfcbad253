#include "collectors/cpu/cpu_vulnerabilities.h"

#include <string>

namespace joist::collectors {
namespace {

struct State {
  std::string_view begins;
  std::string_view label;
};
constexpr State kStates[] = {
    {"Not affected", "not affected"}, {"Vulnerable", "vulnerable"}, {"Mitigation", "mitigation"}};

}  // namespace

Vulnerability parse_vulnerability(std::string_view text) {
  for (const State& state : kStates) {
    if (!text.starts_with(state.begins)) continue;
    text.remove_prefix(state.begins.size());
    if (text.starts_with(": ")) text.remove_prefix(2);
    return {state.label, text};
  }
  return {"unknown", text};
}

CpuVulnerabilitiesCollector::CpuVulnerabilitiesCollector(const Roots& roots)
    : sys_(roots.sys()),
      bugs_(roots.sys(), "devices/system/cpu/vulnerabilities", roots.devices),
      info_("node_cpu_vulnerabilities_info",
            "Details of each CPU vulnerability reported by sysfs. The value of the series is an "
            "int encoded state of the vulnerability. The same state is stored as a string in the "
            "label",
            MetricType::Gauge) {}

Result<void> CpuVulnerabilitiesCollector::collect(Exposition& page) {
  const auto renewed = bugs_.refresh();
  if (!renewed) return tl::unexpected<Error>(renewed.error());
  if (*renewed) {
    labels_.clear();
    for (const std::string& bug : bugs_.names()) {
      const auto text = sys_.read_line(bugs_.directory() + "/" + bug);
      if (!text) continue;
      const auto [state, mitigation] = parse_vulnerability(*text);
      labels_.push_back(Labels{{"codename", bug}, {"mitigation", mitigation}, {"state", state}});
    }
  }
  page.begin(info_);
  for (const Labels& labels : labels_) page.sample(labels, 1U);
  return {};
}

}  // namespace joist::collectors
