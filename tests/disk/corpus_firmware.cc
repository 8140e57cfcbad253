#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

constexpr std::uint64_t kSize = 64 * kMiB;

// Where libblkid 2.38 looks for each, and what it wants to see there.
std::string adaptec() {
  std::string sector(512, '\0');
  put_big(sector, 0, 0x37fc4d1e, 4);
  put(sector, 256, "DPTM");
  return sector;
}

std::string silicon() {
  std::string sector(512, '\0');
  put(sector, 0x60, 0x2f000000, 4);
  put(sector, 0x13e, (0x10000 - 0x2f00) & 0xffff, 2);
  return sector;
}

std::string via() {
  std::string sector(512, '\0');
  put(sector, 0, "\x55\xaa\x01");
  put(sector, 50, (0x55 + 0xaa + 0x01) & 0xff, 1);
  return sector;
}

std::string jmicron() {
  std::string sector(512, '\0');
  put(sector, 0, "JM");
  put(sector, 2, 0, 1);
  put(sector, 3, 2, 1);
  return sector;
}

std::string nvidia() {
  std::string sector(512, '\0');
  put(sector, 0, "NVIDIA  ");
  put(sector, 8, 30, 4);
  put(sector, 16, 0x64, 2);
  return sector;
}

// SNIA, Common RAID Disk Data Format 2.0, 4.2.
std::string ddf(bool big_endian) {
  std::string sector(512, '\xff');
  if (big_endian) {
    put_big(sector, 0, 0xde11de11, 4);
  } else {
    put(sector, 0, 0xde11de11, 4);
  }
  put(sector, 8,
      "LINUX-MD\x01\x02\x03\x04"
      "ABCDEFGHIJKL");
  put(sector, 32, "01.02.00");
  put(sector, 96, std::string(16, '\0'));  // headers that are not there
  return sector;
}

}  // namespace

Specimens firmwares() {
  Specimens all;
  const auto add = [&all](std::string name, std::string type, Piece piece) {
    all.push_back({std::move(name), kSize, std::move(type), written({std::move(piece)})});
  };
  add("ddf", "ddf_raid_member", {-512, ddf(true)});
  add("ddf, little-endian", "ddf_raid_member", {-512, ddf(false)});
  add("ddf of Adaptec", "ddf_raid_member", {-131'584, ddf(true)});
  add("isw", "isw_raid_member", {-1024, "Intel Raid ISM Cfg Sig. 1.3.00"});
  add("isw on 4096-byte sectors", "", {-8192, "Intel Raid ISM Cfg Sig. 1.3.00"});
  add("isw, its configuration alone", "", {-1536, "\x01\x02\x03\x04"});
  add("adaptec", "adaptec_raid_member", {-512, adaptec()});
  add("hpt37x", "hpt37x_raid_member", {4640, "\xf0\x16\x78\x5a"});
  add("hpt37x, broken", "hpt37x_raid_member", {4640, "\xfd\x16\x78\x5a"});
  add("hpt45x", "hpt45x_raid_member", {-5632, "\xf3\x16\x78\x5a"});
  add("jmicron", "", {-512, jmicron()});
  add("lsi", "lsi_mega_raid_member", {-512, "$XIDE$"});
  add("nvidia", "", {-1024, nvidia()});
  add("silicon", "silicon_medley_raid_member", {-512, silicon()});
  add("via", "via_raid_member", {-512, via()});
  for (const std::int64_t sector :
       {63, 255, 256, 16, 399, 591, 675, 735, 911, 974, 991, 951, 3087}) {
    add("promise, " + std::to_string(sector) + " sectors before the end",
        "promise_fasttrack_raid_member", {-sector * 512, "Promise Technology, Inc."});
  }
  return all;
}

}  // namespace joist::disk
