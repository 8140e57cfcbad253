// DRBD 8's replicated disks. Version 9 tells nothing here.
//
// Source: /proc/drbd (drbd_proc.c): for each device a line "0: cs:Connected ro:Primary/Secondary
//         ds:UpToDate/UpToDate …" and one of figures "ns:17 nr:0 …", in KiB or counts.
// Emits:  node_drbd_{activitylog_writes,bitmap_writes,disk_read_bytes,disk_written_bytes,
//         network_received_bytes,network_sent_bytes}_total{device}  counter
//         node_drbd_{application_pending,epochs,local_pending,out_of_sync_bytes,remote_pending,
//         remote_unacknowledged,connected}{device}  gauge
//         node_drbd_{node_role_is_primary,disk_state_is_up_to_date}{device,node}  gauge; node
//         is local or remote
//         As node_exporter has it, network_received_bytes is not multiplied by 1024.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/module_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

struct DrbdWord {
  std::string_view key;
  std::string_view value;  // empty after a device's number
};

// Nothing if the word is not "key:value" with one colon.
std::optional<DrbdWord> parse_drbd_word(std::string_view word);

class DrbdCollector final : public Collector {
 public:
  explicit DrbdCollector(const Roots& roots);
  std::string_view name() const override { return "drbd"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kFigures = 12;

  struct Device {
    std::string key;  // its number
    std::array<SampleSheet::Place, kFigures> figures{};
    SampleSheet::Place connected = 0;
    std::array<SampleSheet::Place, 2> roles{};  // local, remote
    std::array<SampleSheet::Place, 2> disks{};
  };

  Device make_device(std::string_view number);
  bool show(const Device& device, const DrbdWord& word);

  ModuleFile file_;
  Listing<Device> devices_;
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
