#include <algorithm>
#include <random>

#include "tests/disk/blocks.h"
#include "tests/disk/corpus.h"

namespace joist::disk {
namespace {

std::string noise(std::size_t size_bytes) {
  std::mt19937 random(20240601);  // the same noise every time
  std::string bytes(size_bytes, '\0');
  std::ranges::generate(bytes, [&random] { return static_cast<char>(random()); });
  return bytes;
}

}  // namespace

Specimens leftovers() {
  Specimens all;
  constexpr auto kEnd = static_cast<std::int64_t>(kGiB);
  const auto add = [&all](std::string name, std::vector<Piece> pieces) {
    all.push_back({std::move(name), kGiB, "", written(std::move(pieces))});
  };
  for (const std::int64_t at : {std::int64_t{0}, std::int64_t{511}, std::int64_t{4095},
                                std::int64_t{100'000}, std::int64_t{524'287}}) {
    add("one byte at " + std::to_string(at), {{at, "x"}});
  }
  for (const std::int64_t before : {1, 512, 4096, 100'000, 524'288}) {
    add("one byte " + std::to_string(before) + " before the end", {{-before, "x"}});
  }
  for (const std::int64_t at : {std::int64_t{1} << 20, (std::int64_t{1} << 20) + 131'071}) {
    add("one byte in the first partition at " + std::to_string(at), {{at, "x"}});
  }
  for (const std::int64_t part : {1, 2, 7, 31, 32, 33, 62, 63}) {
    add("one byte at 64ths, " + std::to_string(part), {{kEnd / 64 * part + 4095, "x"}});
  }
  add("noise at the beginning", {{0, noise(kMiB)}});
  add("noise behind the head", {{kMiB, noise(kMiB)}});
  add("noise at the end", {{-static_cast<std::int64_t>(kMiB), noise(kMiB)}});
  add("noise in the middle", {{kEnd / 2 - 1000, noise(64 * kKiB)}});
  add("noise of a 63rd of the disk", {{123'456'789, noise(17 * kMiB)}});
  add("text at the beginning", {{0, "hello\n"}});
  add("a tar archive", {{0, "etc/passwd"}, {257, "ustar  "}});
  add("0xff in the first sector", {{0, std::string(512, '\xff')}});
  all.push_back({"noise on all of a small disk", 16 * kMiB, "", written({{0, noise(16 * kMiB)}})});
  all.push_back(
      {"one byte at the end of an odd size", kGiB + 7777 * kKiB / 2, "", written({{-1, "x"}})});
  all.push_back({"one byte at the end of 15 TiB", 15 * kTiB, "", written({{-1, "x"}})});
  all.push_back({"one byte in the middle of 15 TiB", 15 * kTiB, "",
                 written({{static_cast<std::int64_t>(15 * kTiB / 2), "x"}})});
  return all;
}

}  // namespace joist::disk
