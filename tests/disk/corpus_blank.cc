#include <set>

#include "disk/superblock.h"
#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

using support::Image;

constexpr std::uint64_t kLargest = 15 * kTiB;  // ext4 has files of 16 TiB at most

void nothing(const Image& /*image*/) {}

// Just too small for a superblock, just large enough, and a little larger.
std::set<std::uint64_t> sizes_at_places() {
  std::set<std::uint64_t> sizes;
  for (const SuperblockPlace& place : superblock_places(kLargest)) {
    const std::uint64_t end = place.offset_bytes + place.length_bytes;
    for (const std::uint64_t size :
         {place.offset_bytes, place.offset_bytes + 512, end - 512, end, end + 512, end + kMiB}) {
      if (size >= kMiB && size <= kLargest && size % 512 == 0) sizes.insert(size);
    }
  }
  return sizes;
}

}  // namespace

Specimens blanks() {
  Specimens all;
  std::set<std::uint64_t> sizes = sizes_at_places();
  for (std::uint64_t size = kMiB; size <= kLargest; size *= 2) {
    sizes.insert(size);
    sizes.insert(size + 512);
    sizes.insert(size + 7777 * kKiB / 2);
    sizes.insert(size + 4095 * kKiB / 2 + 100);  // no disk has half a sector, but an image may
  }
  // As disks are sold (IDEMA LBA1-03), and of clouds.
  for (const std::uint64_t gigabytes : {80U, 500U, 960U, 1000U, 4000U, 8000U, 14'000U}) {
    sizes.insert((97'696'368 + 1'953'504 * (gigabytes - 50)) * std::uint64_t{512});
    sizes.insert(gigabytes * kGiB);
  }
  sizes.insert(kLargest);
  for (const std::uint64_t size : sizes) {
    all.push_back({std::to_string(size) + " bytes", size, "", nothing});
  }
  for (const std::uint64_t size : {kMiB, 5 * kMiB + 512, 40 * kMiB}) {
    all.push_back({std::to_string(size) + " bytes of zeros that are written", size, "",
                   [size](const Image& image) { image.zero(0, size); }});
  }
  all.push_back({"data that was zeroed", 80 * kMiB, "", [](const Image& image) {
                   image.make("mke2fs -q -F -t ext4 $0");
                   image.zero(0, 80 * kMiB);
                 }});
  return all;
}

}  // namespace joist::disk
