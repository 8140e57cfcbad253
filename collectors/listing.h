// What a collector remembers about each line of a listing (a device, a field of
// meminfo): rendered labels, filter decisions. Kernel listings keep their order
// from scrape to scrape, so the n-th key of a pass is almost always the n-th
// of the last one, and finding it is one comparison. Where it is not, the pass
// looks keys up by their hash: a route that goes costs the others nothing.
//
// Entry has a `std::string key`.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace joist::collectors {

template <typename Entry>
class Listing {
 public:
  // Begins a pass over the source.
  void restart() {
    ++pass_;
    hint_ = 0;
    passed_.clear();
    indexed_ = false;
  }

  // The entry of `key`, made by `make()` when it is new. Null if this pass had
  // the key before: two samples with one name and label set are no valid page.
  template <typename Make>
  Entry* next(std::string_view key, Make make) {
    if (hint_ < slots_.size() && slots_[hint_]->entry.key == key) return take(hint_);
    if (!indexed_) build_index();
    std::size_t& place = index_[place_of(key)];
    if (place != kNobody) return take(place);
    place = slots_.size();
    slots_.push_back(std::unique_ptr<Slot>(new Slot{make()}));
    if (index_.size() < 2 * slots_.size()) build_index();
    const std::size_t after = hint_;
    Entry* const made = take(slots_.size() - 1);
    hint_ = after;  // the next one is most likely still where it was
    return made;
  }

  // Ends a pass: forgets what it did not have.
  void finish() {
    if (!indexed_ && passed_.size() == slots_.size()) return;
    std::erase_if(slots_, [this](const auto& slot) { return slot->pass != pass_; });
    std::ranges::sort(slots_, {}, [](const auto& slot) { return slot->place; });
  }

  // In the order of the last pass.
  auto begin() const { return passed_.begin(); }
  auto end() const { return passed_.end(); }

 private:
  struct Slot {
    Entry entry;
    std::uint64_t pass = 0;  // the last that had it
    std::size_t place = 0;   // there
  };

  Entry* take(std::size_t at) {
    Slot& slot = *slots_[at];
    if (slot.pass == pass_) return nullptr;
    slot.pass = pass_;
    slot.place = passed_.size();
    passed_.push_back(&slot.entry);
    hint_ = at + 1;
    return &slot.entry;
  }

  // Where the key stands in the index, or would: there is room.
  std::size_t place_of(std::string_view key) const {
    std::size_t at = std::hash<std::string_view>()(key) & (index_.size() - 1);
    while (index_[at] != kNobody && slots_[index_[at]]->entry.key != key) {
      at = (at + 1) & (index_.size() - 1);
    }
    return at;
  }

  void build_index() {
    indexed_ = true;
    const std::size_t size = std::max(index_.size(), std::bit_ceil(4 * slots_.size() + 4));
    index_.assign(size, kNobody);
    for (std::size_t at = 0; at < slots_.size(); ++at) {
      index_[place_of(slots_[at]->entry.key)] = at;
    }
  }

  static constexpr std::size_t kNobody = ~std::size_t{0};

  std::vector<std::unique_ptr<Slot>> slots_;  // in the order of the last whole pass
  std::vector<Entry*> passed_;
  // By hash, for a pass that lost the order: at most half full. Kept, as are all buffers here:
  // where a source has a key twice, that is every pass.
  std::vector<std::size_t> index_;
  bool indexed_ = false;
  std::uint64_t pass_ = 0;
  std::size_t hint_ = 0;
};

}  // namespace joist::collectors
