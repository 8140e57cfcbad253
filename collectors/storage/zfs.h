// What ZFS counts: its caches, its intent log, its pools and their datasets.
//
// Source: /proc/spl/kstat/zfs (OpenZFS, module/os/linux/spl/spl-kstat.c): files of rows
//         "name type data" after a header, of the module (arcstats, zil …) and of each
//         dataset (POOL/objset-0x…); POOL/io, a row of names over one of numbers
//         (gone since 2.1); POOL/state, a word. Rows of numbers only are shown.
// Emits:  node_zfs_<part>_<row>, node_zfs_zpool_<column>{zpool},
//         node_zfs_zpool_dataset_<row>{dataset,zpool}  untyped;
//         node_zfs_zpool_state{state,zpool}  gauge
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/fields.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// A row of a kstat file.
struct KstatRow {
  std::string_view name;
  bool is_number = false;  // of 64 bits: the only ones ZFS counts with
  std::string_view data;
};

// Cuts a kstat file into rows.
class KstatRows {
 public:
  // Passes over what stands before the header.
  explicit KstatRows(std::string_view text);

  bool next(KstatRow& row);

 private:
  Lines lines_;
};

class ZfsCollector final : public Collector {
 public:
  explicit ZfsCollector(const Roots& roots);
  std::string_view name() const override { return "zfs"; }
  Result<void> collect(Exposition& page) override;

 private:
  static constexpr std::size_t kPoolStates = 7;

  struct Row {
    std::string key;
    std::optional<SampleSheet::Place> place;  // none: no possible name
  };
  struct Statistics {
    ProcFile file;
    std::string family_stem;  // "node_zfs_arc_"
    std::string help_stem;    // "kstat.zfs.misc.arcstats."
    Labels labels;
    std::string dataset;  // empty: the module's
    Listing<Row> rows;
  };
  struct PoolIo {
    ProcFile file;
    Labels labels;
    Listing<Row> columns;
  };
  struct PoolState {
    ProcFile file;
    std::array<SampleSheet::Place, kPoolStates> places;
  };

  void meet_pools();
  void meet_pool(const std::string& pool);
  void add_dataset(const std::string& pool, const std::string& path);
  Row make_row(std::string_view family_stem, std::string_view help_stem, std::string_view name,
               const Labels& labels);
  void read(Statistics& statistics);
  void read(PoolIo& io);
  void read(PoolState& state);

  SysRoot proc_;
  DeviceClass class_;
  std::vector<Statistics> statistics_;
  std::vector<PoolIo> ios_;
  std::vector<PoolState> states_;
  bool renamed_ = false;  // a dataset: its labels are to be made anew
  SampleSheet sheet_;
  MalformedLines malformed_;
};

}  // namespace joist::collectors
