#include "collectors/hardware/nvmesubsystem.h"

#include <algorithm>
#include <utility>

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr FamilyText kInfo{"node_nvmesubsystem_info",
                           "Non-numeric information about an NVMe subsystem.", Gauge};
constexpr FamilyText kNamespace{"node_nvmesubsystem_namespace_info",
                                "Maps an NVMe namespace block device to its subsystem.", Gauge};
constexpr FamilyText kPaths{"node_nvmesubsystem_paths",
                            "Number of controller paths for an NVMe subsystem.", Gauge};
constexpr FamilyText kLive{"node_nvmesubsystem_paths_live",
                           "Number of controller paths in live state for an NVMe subsystem.",
                           Gauge};
constexpr FamilyText kState{
    "node_nvmesubsystem_path_state",
    "Current NVMe controller path state (1 for the current state, 0 for all others).", Gauge};

constexpr std::string_view kStates[] = {"live", "connecting", "resetting", "dead", "unknown"};
constexpr std::string_view kLiveState = "live";

constexpr std::size_t kStateBytes = 64;

bool take_digits(std::string_view& text) {
  const auto length = std::min(text.find_first_not_of("0123456789"), text.size());
  text.remove_prefix(length);
  return length > 0;
}

}  // namespace

std::string_view nvme_path_state(std::string_view text) {
  if (text == "new" || text == "deleting" || text == "deleting (no IO)") return {};
  const auto known = std::ranges::find(kStates, text);
  return known == std::end(kStates) ? "unknown" : *known;
}

NvmeEntry nvme_entry(std::string_view name) {
  if (!name.starts_with("nvme")) return NvmeEntry::Other;
  name.remove_prefix(4);
  if (!take_digits(name)) return NvmeEntry::Other;
  if (name.empty()) return NvmeEntry::Controller;
  if (!name.starts_with('n')) return NvmeEntry::Other;
  name.remove_prefix(1);
  return take_digits(name) && name.empty() ? NvmeEntry::Namespace : NvmeEntry::Other;
}

NvmesubsystemCollector::NvmesubsystemCollector(const Roots& roots)
    : sys_(roots.sys()),
      devices_(roots.sys(), "/class/nvme-subsystem", roots.devices),
      told_(roots.sys()) {}

Result<void> NvmesubsystemCollector::collect(Exposition& page) {
  const auto anew = devices_.refresh();
  if (!anew) return tl::unexpected<Error>(anew.error());
  if (*anew) meet_all();

  states_.blank();
  for (Subsystem& subsystem : subsystems_) {
    double live = 0;
    for (Path& path : subsystem.paths) {
      const auto text = path.state.read();
      const std::string_view state = text ? nvme_path_state(trimmed(*text)) : "unknown";
      if (state == kLiveState) ++live;
      for (std::size_t i = 0; i < path.places.size(); ++i) {
        states_.set(path.places[i], state == kStates[i] ? 1 : 0);
      }
    }
    states_.set(subsystem.count, static_cast<double>(subsystem.paths.size()));
    states_.set(subsystem.live, live);
  }
  told_.write(page);
  states_.write(page);
  return {};
}

void NvmesubsystemCollector::meet_all() {
  told_.clear();
  states_.clear();
  subsystems_.clear();
  for (const std::string& name : devices_.names()) {
    if (name.starts_with("nvme-subsys")) subsystems_.push_back(meet(name));
  }
}

NvmesubsystemCollector::Subsystem NvmesubsystemCollector::meet(const std::string& name) {
  const std::string path = devices_.directory() + "/" + name;
  AttributeLabels info;
  info.add(sys_, "iopolicy", path + "/iopolicy");
  info.add("model", told_.text(path + "/model").value_or(""));
  info.add("nqn", told_.text(path + "/subsysnqn").value_or(""));
  info.add("serial", told_.text(path + "/serial").value_or(""));
  info.add("subsystem", name);
  told_.tell(kInfo, std::move(info));

  Subsystem subsystem;
  subsystem.count = states_.add(kPaths, Labels{{"subsystem", name}});
  subsystem.live = states_.add(kLive, Labels{{"subsystem", name}});
  const auto names = sys_.list(path);
  if (!names) return subsystem;
  for (const std::string& entry : *names) {
    const NvmeEntry kind = nvme_entry(entry);
    if (kind == NvmeEntry::Namespace) {
      told_.fix(kNamespace, Labels{{"device", entry}, {"subsystem", name}}, 1);
    }
    if (kind != NvmeEntry::Controller) continue;
    const std::string transport = told_.text(path + "/" + entry + "/transport").value_or("");
    Path controller{
        ProcFile(sys_, path + "/" + entry + "/state", ProcFile::Shape::Whole, kStateBytes), {}};
    for (const std::string_view state : kStates) {
      controller.places.push_back(states_.add(kState, Labels{{"controller", entry},
                                                             {"state", state},
                                                             {"subsystem", name},
                                                             {"transport", transport}}));
    }
    subsystem.paths.push_back(std::move(controller));
  }
  return subsystem;
}

}  // namespace joist::collectors
