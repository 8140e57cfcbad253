// Any text for what the kernel says of storage. The first byte chooses the parser.
#include <cstdint>
#include <iterator>
#include <string_view>

#include "collectors/attribute_samples.h"
#include "collectors/malformed_lines.h"
#include "collectors/number_lines.h"
#include "collectors/sample_sheet.h"
#include "collectors/storage/bcache.h"
#include "collectors/storage/bcachefs.h"
#include "collectors/storage/diskstats.h"
#include "collectors/storage/mdadm.h"
#include "collectors/storage/mount_table.h"
#include "collectors/storage/mountstats.h"
#include "collectors/storage/zfs.h"

namespace joist::collectors {
namespace {

void read_mdstat(std::string_view text) {
  MdArrays arrays(text);
  for (std::string_view lines; arrays.next(lines);) {
    parse_md_array(lines);
  }
}

void read_kstat(std::string_view text) {
  KstatRows rows(text);
  for (KstatRow row; rows.next(row);) {
    parse_whole_number(row.data);
  }
}

void read_mountstats(std::string_view text) {
  NfsMounts mounts(text);
  MalformedLines malformed;
  for (NfsMount mount; mounts.next(mount, "mountstats", malformed);) {
  }
}

void read_bcachefs(std::string_view text) {
  for (const auto report : {BcachefsReport::Table, BcachefsReport::Errors, BcachefsReport::IoDone,
                            BcachefsReport::IoErrors}) {
    BcachefsLines lines(text, report);
    for (BcachefsLine line; lines.next(line);) {
      parse_bcachefs_size(line.first);
    }
  }
  parse_bcachefs_counter(text);
}

void read_number_lines(std::string_view text) {
  constexpr FamilyText kFamily{"f", "", MetricType::Counter};
  SampleSheet sheet;
  NumberLines lines;
  MalformedLines malformed;
  lines.add("net", 1, sheet.add(kFamily, {}));
  lines.add("rpc", 3, sheet.add(kFamily, Labels{{"l", "v"}}));
  lines.read_into(text, "nfs", sheet, malformed);
}

void read_mounts(std::string_view text) {
  parse_mountinfo_line(text);
  find_server_address(text);
  parse_diskstats_line(text);
}

void read_bcache(std::string_view text) {
  parse_human_number(text);
  parse_human_number(find_colon_value(text, "rate"));
}

}  // namespace
}  // namespace joist::collectors

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace joist::collectors;
  constexpr void (*kReaders[])(std::string_view) = {read_mdstat,      read_kstat,  read_mountstats,
                                                    read_bcachefs,    read_mounts, read_bcache,
                                                    read_number_lines};
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  kReaders[data[0] % std::size(kReaders)](text.substr(1));
  return 0;
}
