// Disks as people have them: what is on them whole, damaged and half wiped; and disks on which
// nothing is.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/disk_image.h"

namespace joist::disk {

using Make = std::function<void(const support::Image&)>;

struct Specimen {
  std::string name;
  std::uint64_t size_bytes;
  std::string type;  // what the probe must name; empty: that there is data is enough
  Make make;
  std::uint32_t sector_bytes = 512;  // in which it is cleared and restored
};
using Specimens = std::vector<Specimen>;

Specimens filesystems();  // by their own tools
Specimens rare_filesystems();
Specimens tables();
Specimens volumes();    // LVM, LUKS, md, ZFS, …
Specimens firmwares();  // RAID of controllers
Specimens platforms();  // Ceph, Longhorn, VMware
Specimens leftovers();  // of which nothing is known but that it is there
Specimens blanks();

// A piece that is written; a negative place counts from the end.
struct Piece {
  std::int64_t offset_bytes;
  std::string bytes;
};
Make written(std::vector<Piece> pieces);

// A stretch that is zeroed after.
struct Stretch {
  std::int64_t offset_bytes;
  std::uint64_t size_bytes;
};
Make zeroed(Make make, std::vector<Stretch> stretches);

// A shell's command; the image is $0.
Make made(std::string command);

// The same on an image of its own, whose bytes stand from there on.
Make placed(std::uint64_t offset_bytes, std::uint64_t size_bytes, Make make);

// One after the other.
Make both(Make first, Make second);

}  // namespace joist::disk
