#include "collectors/storage/mdadm.h"

#include <algorithm>
#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

using MetricType::Gauge;

constexpr FamilyText kState{"node_md_state", "Indicates the state of md-device.", Gauge};
constexpr FamilyText kDisks{"node_md_disks", "Number of active/failed/spare disks of device.",
                            Gauge};
constexpr FamilyText kRequired{"node_md_disks_required", "Total number of disks of device.", Gauge};
constexpr FamilyText kBlocks{"node_md_blocks", "Total number of blocks on device.", Gauge};
constexpr FamilyText kSynced{"node_md_blocks_synced", "Number of blocks synced on device.", Gauge};
constexpr FamilyText kRaidDisks{"node_md_raid_disks", "Number of raid disks on device.", Gauge};
constexpr FamilyText kDegraded{"node_md_degraded", "Number of degraded disks on device.", Gauge};

// In the order of MdState.
constexpr std::string_view kStateNames[] = {"active", "inactive", "recovering", "resync", "check"};

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::uint64_t count(std::string_view text, std::string_view part) {
  std::uint64_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

// "[8/7] [UUUUU_UU]": eight disks required, seven active.
bool parse_disk_counts(std::string_view status, MdArray& array) {
  for (auto open = status.find('['); open != status.npos; open = status.find('[', open + 1)) {
    const auto close = status.find(']', open);
    if (close == status.npos) break;
    const std::string_view inside = status.substr(open + 1, close - open - 1);
    const auto slash = inside.find('/');
    if (slash == inside.npos || !status.substr(close).starts_with("] [")) continue;
    const auto required = parse_uint(inside.substr(0, slash));
    const auto active = parse_uint(inside.substr(slash + 1));
    if (!required || !active) continue;
    array.disks_required = *required;
    array.disks_active = *active;
    return true;
  }
  return false;
}

// "recovery = 17.6% (690233344/3906846720) finish=…"
std::optional<std::uint64_t> parse_progress(std::string_view line) {
  const auto open = line.find('(');
  const auto slash = line.find('/', open == line.npos ? 0 : open);
  if (open == line.npos || slash == line.npos) return std::nullopt;
  return parse_uint(line.substr(open + 1, slash - open - 1));
}

// While an array reshapes, what it had before follows: "4 (3)".
std::optional<double> parse_raid_disks(std::string_view text) {
  return parse_whole_number(Fields(text).next());
}

MdState parse_activity(std::string_view line) {
  if (has(line, "recovery")) return MdState::Recovering;
  if (has(line, "reshape")) return MdState::Reshape;
  if (has(line, "check")) return MdState::Check;
  if (has(line, "resync")) return MdState::Resync;
  return MdState::Other;
}

}  // namespace

bool MdArrays::next(std::string_view& lines) {
  const auto begins_array = [](std::string_view line) {
    return !line.empty() && line[0] != ' ' && line[0] != '\t' &&
           !line.starts_with("Personalities") && !line.starts_with("unused");
  };
  Lines rest(rest_);
  std::string_view line;
  while (rest.next(line) && !begins_array(line)) {
  }
  if (!begins_array(line)) return false;
  const char* const begin = line.data();
  const char* end = begin + line.size();
  while (rest.next(line) && (line.starts_with(' ') || line.starts_with('\t'))) {
    end = line.data() + line.size();
  }
  lines = std::string_view(begin, static_cast<std::size_t>(end - begin));
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return true;
}

std::optional<MdArray> parse_md_array(std::string_view text) {
  Lines lines(text);
  std::string_view device_line;
  std::string_view status_line;
  lines.next(device_line);
  lines.next(status_line);

  MdArray array;
  Fields device(device_line);
  array.device = device.next();
  device.next();  // ":"
  const std::string_view activity = device.next();
  const auto blocks = parse_uint(Fields(status_line).next());
  if (activity.empty() || !blocks) return std::nullopt;
  if (activity == "active") array.state = MdState::Active;
  if (activity == "inactive") array.state = MdState::Inactive;
  array.blocks = *blocks;
  array.blocks_synced = *blocks;
  array.disks_failed = count(device_line, "(F)");
  array.disks_spare = count(device_line, "(S)");

  const bool without_redundancy = has(device_line, "raid0") || has(device_line, "linear");
  if (without_redundancy) {
    array.disks_required = array.disks_active = count(device_line, "[");
  } else if (array.state != MdState::Inactive && !parse_disk_counts(status_line, array)) {
    return std::nullopt;
  }

  for (std::string_view line; lines.next(line);) {
    const MdState doing = parse_activity(line);
    if (doing == MdState::Other) continue;
    const bool waits = has(line, "PENDING") || has(line, "DELAYED");
    const auto synced = waits ? std::optional<std::uint64_t>(0) : parse_progress(line);
    if (!synced) return std::nullopt;
    array.state = doing;
    array.blocks_synced = *synced;
    break;
  }
  return array;
}

MdadmCollector::MdadmCollector(const Roots& roots)
    : sys_(roots.sys()),
      mdstat_(roots.proc(), "mdstat", ProcFile::Shape::Records, 4096, roots.devices),
      block_(roots.sys(), "/block", roots.devices) {}

MdadmCollector::Entry MdadmCollector::make_entry(std::string_view device) {
  const Labels plain{{"device", device}};
  const auto place = [&](const FamilyText& family, std::string_view state) {
    return from_mdstat_.add(family, Labels{{"device", device}, {"state", state}});
  };
  Entry entry{.key = std::string(device)};
  entry.blocks = from_mdstat_.add(kBlocks, plain);
  entry.synced = from_mdstat_.add(kSynced, plain);
  entry.active = place(kDisks, "active");
  entry.failed = place(kDisks, "failed");
  entry.spare = place(kDisks, "spare");
  entry.required = from_mdstat_.add(kRequired, plain);
  for (std::size_t state = 0; state < kStates; ++state) {
    entry.states[state] = place(kState, kStateNames[state]);
  }
  return entry;
}

void MdadmCollector::show(const Entry& entry, const MdArray& array) {
  const auto set = [&](SampleSheet::Place place, std::uint64_t value) {
    from_mdstat_.set(place, static_cast<double>(value));
  };
  set(entry.blocks, array.blocks);
  set(entry.synced, array.blocks_synced);
  set(entry.active, array.disks_active);
  set(entry.failed, array.disks_failed);
  set(entry.spare, array.disks_spare);
  set(entry.required, array.disks_required);
  for (std::size_t state = 0; state < kStates; ++state) {
    set(entry.states[state], array.state == static_cast<MdState>(state) ? 1 : 0);
  }
}

void MdadmCollector::meet_devices() {
  from_sys_.clear();
  attributes_.clear();
  never_degraded_.clear();
  for (const std::string& device : block_.names()) {
    const std::string directory = "/block/" + device + "/md";
    if (!device.starts_with("md") || !sys_.exists(directory)) continue;
    const Labels labels{{"device", device}};
    attributes_.add(sys_, directory + "/raid_disks", from_sys_.add(kRaidDisks, labels),
                    parse_raid_disks);
    const auto degraded = from_sys_.add(kDegraded, labels);
    const bool may_degrade =
        attributes_.add(sys_, directory + "/degraded", degraded, parse_whole_number);
    if (!may_degrade) never_degraded_.push_back(degraded);
  }
}

Result<void> MdadmCollector::collect(Exposition& page) {
  const auto text = mdstat_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  from_mdstat_.blank();
  arrays_.restart();
  MdArrays arrays(*text);
  for (std::string_view lines; arrays.next(lines);) {
    const auto array = parse_md_array(lines);
    const Entry* const entry =
        array ? arrays_.next(array->device, [&] { return make_entry(array->device); }) : nullptr;
    if (entry != nullptr) {
      show(*entry, *array);
    } else {
      malformed_.report(mdstat_.path(), lines);
    }
  }
  arrays_.finish();

  if (const auto changed = block_.refresh(); changed && *changed) meet_devices();
  from_sys_.blank();
  for (const auto place : never_degraded_) from_sys_.set(place, 0);
  attributes_.read_into(from_sys_, malformed_);
  from_mdstat_.write(page);
  from_sys_.write(page);
  return {};
}

}  // namespace joist::collectors
