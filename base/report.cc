#include "base/report.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <set>

#include "base/printable.h"
#include "base/sha256.h"

namespace joist {
namespace {

using v1::Delta;
using v1::Report;
using v1::ReportItem;
using Items = google::protobuf::RepeatedPtrField<ReportItem>;

// As it stands in a serialised Report: tag, length, the item.
void append_entry(const ReportItem& item, std::string& out) {
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  constexpr std::uint32_t kTag = Report::kItemsFieldNumber << 3 | 2;  // length-delimited
  coded.WriteTag(kTag);
  coded.WriteVarint32(static_cast<std::uint32_t>(item.ByteSizeLong()));
  item.SerializeWithCachedSizes(&coded);
}

std::string entry(const ReportItem& item) {
  std::string bytes;
  append_entry(item, bytes);
  return bytes;
}

// What append_entry() appends.
std::size_t entry_bytes(const ReportItem& item) {
  const std::size_t bytes = item.ByteSizeLong();
  return 1 + google::protobuf::io::CodedOutputStream::VarintSize64(bytes) + bytes;
}

tl::unexpected<Error> malformed(std::string_view key, const std::string& what) {
  return fail(ErrorCode::Malformed, "report item \"" + printable(key, 64) + "\": " + what);
}

Result<void> check_item(const ReportItem& item, const ReportLimits& limits) {
  if (item.key().empty()) return fail(ErrorCode::Malformed, "report item without a key");
  if (item.key().size() > limits.key_bytes_max) {
    return malformed(item.key(),
                     "key longer than " + std::to_string(limits.key_bytes_max) + " bytes");
  }
  if (item.ByteSizeLong() > limits.item_bytes_max) {
    return malformed(item.key(), std::to_string(item.ByteSizeLong()) + " bytes, at most " +
                                     std::to_string(limits.item_bytes_max));
  }
  return {};
}

// Holds items in strict key order to the limits, and digests them on the way.
Result<std::string> check_items(const Items& items, const ReportLimits& limits) {
  if (static_cast<std::size_t>(items.size()) > limits.items_max) {
    return fail(ErrorCode::Malformed, "report of " + std::to_string(items.size()) +
                                          " items, at most " + std::to_string(limits.items_max));
  }
  Sha256 hash;
  std::size_t bytes = 0;
  std::string_view before;
  std::string serialised;
  for (const ReportItem& item : items) {
    if (auto checked = check_item(item, limits); !checked) return fail(checked.error(), "report");
    if (item.key() <= before) return malformed(item.key(), "out of order, or there twice");
    before = item.key();
    serialised.clear();
    append_entry(item, serialised);
    bytes += serialised.size();
    hash.update(serialised);
  }
  if (bytes > limits.bytes_max) {
    return fail(ErrorCode::Malformed, "report of " + std::to_string(bytes) + " bytes, at most " +
                                          std::to_string(limits.bytes_max));
  }
  return hash.finish();
}

// A delta in the making, and the report it leads to so far.
struct Draft {
  Delta delta;
  std::size_t bytes = 11 + 34 + 34;  // seq and two digests, with their tags
  std::size_t bytes_max;

  // Whether `more` bytes still fit; the first change always does.
  bool takes(std::size_t more) {
    const bool first = delta.changed().empty() && delta.removed().empty();
    if (!first && bytes + more + 8 > bytes_max) return false;
    bytes += more + 8;  // tag and length
    return true;
  }
};

// Walks two sorted lists; calls `visit(old, new)` once a key, null where absent.
template <typename Visit>
void walk(const Items& from, const Items& to, Visit visit) {
  auto left = from.begin();
  auto right = to.begin();
  while (left != from.end() || right != to.end()) {
    const bool only_left = right == to.end() || (left != from.end() && left->key() < right->key());
    const bool only_right = left == from.end() || (right != to.end() && right->key() < left->key());
    visit(only_right ? nullptr : &*left, only_left ? nullptr : &*right);
    if (!only_right) ++left;
    if (!only_left) ++right;
  }
}

Result<void> check_delta(const Delta& delta) {
  std::string_view before;
  for (const ReportItem& item : delta.changed()) {
    if (item.key() <= before) return malformed(item.key(), "out of order, or there twice");
    before = item.key();
  }
  before = {};
  for (const std::string& key : delta.removed()) {
    if (key <= before) return malformed(key, "removed out of order, or twice");
    before = key;
  }
  return {};
}

// The items that result, in key order.
Result<Items> merged(const Items& from, const Delta& delta) {
  Items result;
  Items removed;  // as items, to be walked beside the others
  for (const std::string& key : delta.removed()) removed.Add()->set_key(key);
  Items kept;
  kept.Reserve(from.size());
  Result<void> judged;
  walk(from, removed, [&](const ReportItem* old, const ReportItem* gone) {
    if (old == nullptr && judged) judged = malformed(gone->key(), "removed, but not there");
    if (old != nullptr && gone == nullptr) *kept.Add() = *old;
  });
  walk(removed, delta.changed(), [&](const ReportItem* gone, const ReportItem* changed) {
    const bool both = gone != nullptr && changed != nullptr;
    if (both && judged) judged = malformed(gone->key(), "changed and removed");
  });
  if (!judged) return fail(judged.error(), "delta");
  result.Reserve(kept.size() + delta.changed_size());
  walk(kept, delta.changed(), [&](const ReportItem* old, const ReportItem* changed) {
    *result.Add() = changed != nullptr ? *changed : *old;
  });
  return result;
}

}  // namespace

std::string report_digest(const Items& items) {
  Sha256 hash;
  std::string serialised;
  for (const ReportItem& item : items) {
    serialised.clear();
    append_entry(item, serialised);
    hash.update(serialised);
  }
  return hash.finish();
}

Result<Report> make_report(std::vector<ReportItem> items, const ReportLimits& limits) {
  std::ranges::sort(items, {},
                    [](const ReportItem& item) -> const std::string& { return item.key(); });
  Report report;
  report.mutable_items()->Reserve(static_cast<int>(items.size()));
  for (ReportItem& item : items) *report.add_items() = std::move(item);
  auto digest = check_items(report.items(), limits);
  if (!digest) return fail(digest.error(), "make report");
  report.set_digest(std::move(*digest));
  return report;
}

Report make_fitting_report(std::vector<ReportItem> items, std::vector<std::string>& left_out,
                           const ReportLimits& limits) {
  left_out.clear();
  std::set<std::string> keys;
  std::size_t bytes = 0;
  const auto check = [&](const ReportItem& item) -> Result<void> {
    if (auto good = check_item(item, limits); !good) return good;
    if (keys.contains(item.key())) return malformed(item.key(), "there twice");
    if (keys.size() >= limits.items_max) {
      return malformed(item.key(), "more than " + std::to_string(limits.items_max) + " items");
    }
    if (bytes + entry_bytes(item) > limits.bytes_max) {
      return malformed(item.key(), "more than " + std::to_string(limits.bytes_max) + " bytes");
    }
    return {};
  };
  std::erase_if(items, [&](const ReportItem& item) {
    const auto good = check(item);
    if (!good) {
      left_out.push_back(good.error().message);
      return true;
    }
    keys.insert(item.key());
    bytes += entry_bytes(item);
    return false;
  });
  return std::move(*make_report(std::move(items), limits));  // held to the same limits above
}

Delta diff(const Report& from, const Report& to, std::size_t bytes_max) {
  Draft draft;
  draft.bytes_max = bytes_max;
  draft.delta.set_base_digest(from.digest());

  bool whole = true;
  walk(from.items(), to.items(), [&](const ReportItem* old, const ReportItem* wanted) {
    if (wanted != nullptr || !whole) return;
    whole = draft.takes(old->key().size());
    if (whole) draft.delta.add_removed(old->key());
  });
  walk(from.items(), to.items(), [&](const ReportItem* old, const ReportItem* wanted) {
    if (wanted == nullptr || !whole) return;
    const std::string bytes = entry(*wanted);
    if (old != nullptr && entry(*old) == bytes) return;
    whole = draft.takes(bytes.size());
    if (whole) *draft.delta.add_changed() = *wanted;
  });
  // Part of the way: where it leads is a report of its own, made as the other
  // side will make it. It cannot fail: both ends are in order.
  const std::string digest =
      whole ? to.digest() : report_digest(merged(from.items(), draft.delta).value());
  draft.delta.set_digest(digest);
  return std::move(draft.delta);
}

bool is_empty(const Delta& delta) {
  return delta.changed().empty() && delta.removed().empty() &&
         delta.base_digest() == delta.digest();
}

Result<Report> apply(const Report& from, const Delta& delta, const ReportLimits& limits) {
  const bool from_nothing = delta.base_digest().empty();
  if (!from_nothing && delta.base_digest() != from.digest()) {
    return fail(ErrorCode::Refused, "the delta starts from another report than is held");
  }
  if (auto checked = check_delta(delta); !checked) return fail(checked.error(), "delta");
  auto items = merged(from_nothing ? Items() : from.items(), delta);
  if (!items) return fail(items.error(), "apply");
  auto digest = check_items(*items, limits);
  if (!digest) return fail(digest.error(), "delta");
  if (*digest != delta.digest()) {
    // From nothing both sides hold the same by definition: sending it again
    // would not help.
    return fail(from_nothing ? ErrorCode::Malformed : ErrorCode::Refused,
                "the delta leads to another report than it claims");
  }
  Report result;
  *result.mutable_items() = std::move(*items);
  result.set_seq(delta.seq());
  result.set_boot_id(from.boot_id());
  result.set_epoch(from.epoch());
  result.set_digest(std::move(*digest));
  return result;
}

}  // namespace joist
