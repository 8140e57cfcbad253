// Any text for what /proc and udev hold.
#include <cstdint>
#include <string_view>

#include "disk/mountinfo.h"
#include "disk/swaps.h"
#include "disk/udev_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto mounts = joist::disk::parse_mountinfo(text);
  const auto swaps = joist::disk::parse_swaps(text);
  const auto record = joist::disk::to_record(joist::parse_udev_data(text));
  return 0;
}
