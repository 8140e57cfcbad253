#include "collectors/storage/zfs.h"

#include <algorithm>
#include <utility>

#include "collectors/attribute_samples.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kDirectory = "/spl/kstat/zfs";

struct Part {
  std::string_view file;
  std::string_view family_stem;
};

constexpr Part kParts[] = {
    {"abdstats", "node_zfs_abd_"},
    {"arcstats", "node_zfs_arc_"},
    {"dbufstats", "node_zfs_dbuf_"},
    {"dmu_tx", "node_zfs_dmu_tx_"},
    {"dnodestats", "node_zfs_dnode_"},
    {"fm", "node_zfs_fm_"},
    {"vdev_cache_stats", "node_zfs_vdev_cache_"},
    {"vdev_mirror_stats", "node_zfs_vdev_mirror_"},
    {"xuio_stats", "node_zfs_xuio_"},
    {"zfetchstats", "node_zfs_zfetch_"},
    {"zil", "node_zfs_zil_"},
};

constexpr std::string_view kPoolStateNames[] = {"online",  "degraded", "faulted",  "offline",
                                                "removed", "unavail",  "suspended"};

// What a host with many datasets may hold open; the rest is opened for each page.
constexpr std::size_t kOpenMax = 128;

// KSTAT_DATA_INT64 and KSTAT_DATA_UINT64.
bool is_number_type(std::string_view type) { return type == "3" || type == "4"; }

bool is_same_word(std::string_view lower, std::string_view any_case) {
  return std::ranges::equal(lower, any_case, {}, {}, [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
}

bool is_header(std::string_view line) {
  Fields fields(line);
  return fields.next() == "name" && fields.next() == "type" && fields.next() == "data" &&
         fields.next().empty();
}

}  // namespace

KstatRows::KstatRows(std::string_view text) : lines_(text) {
  std::string_view line;
  while (lines_.next(line) && !is_header(line)) {
  }
}

bool KstatRows::next(KstatRow& row) {
  for (std::string_view line; lines_.next(line);) {
    Fields fields(line);
    row.name = fields.next();
    const std::string_view type = fields.next();
    const std::string_view data = fields.next();
    if (data.empty()) continue;
    row.is_number = is_number_type(type);
    // The name of a dataset may have blanks in it.
    row.data = trimmed(line.substr(static_cast<std::size_t>(data.data() - line.data())));
    return true;
  }
  return false;
}

ZfsCollector::ZfsCollector(const Roots& roots)
    : proc_(roots.proc()), class_(roots.proc(), kDirectory, roots.devices) {}

void ZfsCollector::meet_pools() {
  statistics_.clear();
  ios_.clear();
  states_.clear();
  sheet_.clear();
  renamed_ = false;
  for (const std::string& name : class_.names()) {
    const auto* const part = std::ranges::find(kParts, name, &Part::file);
    if (part == std::end(kParts)) {
      meet_pool(name);
      continue;
    }
    ProcFile file(proc_, std::string(kDirectory) + "/" + name, ProcFile::Shape::Records, 16384);
    statistics_.push_back(
        {std::move(file), std::string(part->family_stem), "kstat.zfs.misc." + name + ".", {}});
  }
}

void ZfsCollector::meet_pool(const std::string& pool) {
  const std::string directory = std::string(kDirectory) + "/" + pool;
  const auto files = proc_.list(directory);
  if (!files) return;  // no pool: a file of the module's
  for (const std::string& name : *files) {
    const std::string path = directory + "/" + name;
    if (name == "io") {
      ios_.push_back(
          {ProcFile(proc_, path, ProcFile::Shape::Records, 1024), Labels{{"zpool", pool}}, {}});
    } else if (name == "state") {
      PoolState state{ProcFile(proc_, path, ProcFile::Shape::Records, 64), {}};
      for (std::size_t i = 0; i < kPoolStates; ++i) {
        state.places[i] =
            sheet_.add({"node_zfs_zpool_state", "kstat.zfs.misc.state", MetricType::Gauge},
                       Labels{{"state", kPoolStateNames[i]}, {"zpool", pool}});
      }
      states_.push_back(std::move(state));
    } else if (name.starts_with("objset-")) {
      add_dataset(pool, path);
    }
  }
}

void ZfsCollector::add_dataset(const std::string& pool, const std::string& path) {
  ProcFile file(proc_, path, ProcFile::Shape::Records, 2048);
  const auto text = file.read();
  if (!text) return;  // gone meanwhile
  KstatRows rows(*text);
  for (KstatRow row; rows.next(row);) {
    if (row.name != "dataset_name") continue;
    const std::string dataset(row.data);
    statistics_.push_back({std::move(file), "node_zfs_zpool_dataset_", "kstat.zfs.misc.objset.",
                           Labels{{"dataset", dataset}, {"zpool", pool}}, dataset});
    return;
  }
  malformed_.report(path, "no dataset_name");
}

ZfsCollector::Row ZfsCollector::make_row(std::string_view family_stem, std::string_view help_stem,
                                         std::string_view name, const Labels& labels) {
  std::string family = std::string(family_stem) + std::string(name);
  std::ranges::replace(family, '-', '_');
  Row row{std::string(name), std::nullopt};
  const std::string help = std::string(help_stem) + row.key;
  if (is_metric_name(family)) row.place = sheet_.add({family, help, MetricType::Untyped}, labels);
  return row;
}

void ZfsCollector::read(Statistics& statistics) {
  const auto text = statistics.file.read();
  if (!text) return;  // the pool was exported
  statistics.rows.restart();
  KstatRows rows(*text);
  for (KstatRow row; rows.next(row);) {
    if (!row.is_number) {
      const bool names_dataset = row.name == "dataset_name" && !statistics.dataset.empty();
      if (names_dataset && row.data != statistics.dataset) renamed_ = true;
      continue;
    }
    const Row* const known = statistics.rows.next(row.name, [&] {
      return make_row(statistics.family_stem, statistics.help_stem, row.name, statistics.labels);
    });
    const auto value = parse_whole_number(row.data);
    if (known != nullptr && known->place && value) {
      sheet_.set(*known->place, *value);
    } else {
      malformed_.report(statistics.file.path(), row.name);
    }
  }
  statistics.rows.finish();
}

void ZfsCollector::read(PoolIo& io) {
  const auto text = io.file.read();
  if (!text) return;
  std::string_view names;
  std::string_view numbers;
  Lines lines(*text);
  while (lines.next(names) && Fields(names).next() != "nread") {
  }
  if (!lines.next(numbers)) return;

  io.columns.restart();
  Fields columns(names);
  Fields fields(numbers);
  for (auto column = columns.next(); !column.empty(); column = columns.next()) {
    const Row* const known = io.columns.next(column, [&] {
      return make_row("node_zfs_zpool_", "kstat.zfs.misc.io.", column, io.labels);
    });
    const auto value = parse_whole_number(fields.next());
    if (known != nullptr && known->place && value) {
      sheet_.set(*known->place, *value);
    } else {
      malformed_.report(io.file.path(), column);
    }
  }
  io.columns.finish();
}

void ZfsCollector::read(PoolState& state) {
  const auto text = state.file.read();
  if (!text) return;
  const std::string_view word = trimmed(*text);
  for (std::size_t i = 0; i < kPoolStates; ++i) {
    sheet_.set(state.places[i], is_same_word(kPoolStateNames[i], word) ? 1 : 0);
  }
}

Result<void> ZfsCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed || renamed_) meet_pools();

  sheet_.blank();
  for (std::size_t index = 0; index < statistics_.size(); ++index) {
    read(statistics_[index]);
    if (index >= kOpenMax) statistics_[index].file.close();
  }
  for (PoolIo& io : ios_) read(io);
  for (PoolState& state : states_) read(state);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
