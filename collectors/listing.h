// What a collector remembers about each line of a listing (a device, a field of
// meminfo): rendered labels, filter decisions. Kernel listings keep their order
// from scrape to scrape, so the n-th key of a pass is almost always the n-th
// of the last one, and finding it is one comparison.
//
// Entry has a `std::string key`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace joist::collectors {

template <typename Entry>
class Listing {
 public:
  // Begins a pass over the source.
  void restart() { next_ = 0; }

  // The entry of `key`, made by `make()` when it is new. Null if this pass had
  // the key before: two samples with one name and label set are no valid page.
  template <typename Make>
  Entry* next(std::string_view key, Make make) {
    const auto at = entries_.begin() + static_cast<std::ptrdiff_t>(next_);
    const auto has_key = [&](const auto& entry) { return entry->key == key; };
    if (at == entries_.end() || !has_key(*at)) {
      if (std::any_of(entries_.begin(), at, has_key)) return nullptr;
      const auto moved = std::find_if(at, entries_.end(), has_key);
      if (moved != entries_.end()) {
        std::rotate(at, moved, moved + 1);
      } else {
        entries_.insert(at, std::make_unique<Entry>(make()));
      }
    }
    return entries_[next_++].get();
  }

  // Ends a pass: forgets what it did not have.
  void finish() { entries_.resize(next_); }

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;  // the order of the source
  std::size_t next_ = 0;
};

}  // namespace joist::collectors
