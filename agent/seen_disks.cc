#include "agent/seen_disks.h"

#include <utility>

#include "base/checked_file.h"

namespace joist::agent {
namespace {

constexpr const char* kKind = "joist-seen-disks-1";
constexpr std::size_t kBytesMax = std::size_t{8} << 20;

// NotFound becomes an empty one.
Result<v1::SeenDisks> read_record(const std::string& path) {
  v1::SeenDisks record;
  const auto bytes = read_checked(path, kKind, kBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) return record;
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  if (!record.ParseFromString(*bytes)) {
    return fail(ErrorCode::Malformed, path + ": of another version");
  }
  return record;
}

}  // namespace

SeenNow see_disks(const std::string& path, const SysRoot& root, const disk::Inventory& inventory) {
  auto record = read_record(path);
  if (!record) {
    const std::string problem = record.error().message + "; remove it to begin anew";
    return {disk::doubt_all(inventory.disks, problem), problem};
  }
  const auto boot_id = root.read_line("/proc/sys/kernel/random/boot_id");
  auto seen = disk::compare_seen(std::move(*record), inventory.disks, boot_id.value_or(""),
                                 inventory.observed.wall);
  SeenNow now{std::move(seen.doubts), {}};
  if (!seen.differs) return now;
  const auto written = write_checked(path, kKind, seen.record.SerializeAsString(), 0600);
  if (!written) now.problem = written.error().message;
  return now;
}

}  // namespace joist::agent
