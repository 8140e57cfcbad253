// Linux software RAID: how many disks each array has, and how far it is synchronised.
//
// Source: /proc/mdstat (drivers/md/md.c, md_seq_show); of /sys/block/md*/md the
//         attributes raid_disks and degraded (Documentation/admin-guide/md.rst).
// Emits:  node_md_state{device,state}, node_md_disks{device,state},
//         node_md_disks_required, node_md_blocks, node_md_blocks_synced,
//         node_md_raid_disks, node_md_degraded {device}  gauge
//         Blocks are of 1 KiB. An array that reshapes is in none of the states.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/attribute_samples.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

enum class MdState { Active, Inactive, Recovering, Resync, Check, Reshape, Other };

struct MdArray {
  std::string_view device;
  MdState state = MdState::Other;
  std::uint64_t disks_active = 0;
  std::uint64_t disks_failed = 0;
  std::uint64_t disks_spare = 0;
  std::uint64_t disks_required = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_synced = 0;
};

// Cuts the text of mdstat into arrays.
class MdArrays {
 public:
  explicit MdArrays(std::string_view mdstat) : rest_(mdstat) {}

  // The lines of the next array; false after the last.
  bool next(std::string_view& lines);

 private:
  std::string_view rest_;
};

// Nothing if `lines` do not tell of an array.
std::optional<MdArray> parse_md_array(std::string_view lines);

class MdadmCollector final : public Collector {
 public:
  explicit MdadmCollector(const Roots& roots);
  std::string_view name() const override { return "mdadm"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kStates = 5;

  struct Entry {
    std::string key;  // the device
    std::array<SampleSheet::Place, kStates> states{};
    SampleSheet::Place active = 0, failed = 0, spare = 0, required = 0, blocks = 0, synced = 0;
  };

  Entry make_entry(std::string_view device);
  void show(const Entry& entry, const MdArray& array);
  void meet_devices();

  SysRoot sys_;
  ModuleFile mdstat_;
  DeviceClass block_;
  Listing<Entry> arrays_;
  SampleSheet from_mdstat_;
  SampleSheet from_sys_;
  AttributeSamples attributes_;
  std::vector<SampleSheet::Place> never_degraded_;  // arrays without redundancy
  MalformedLines malformed_;
};

}  // namespace joist::collectors
