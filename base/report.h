// The algebra of reports, the same on both sides of the session: what a report
// is, how two differ, and how a difference is applied. Pure.
//
// The digest of a report is SHA-256 over its items in key order, serialised as
// joist.v1.Report with nothing but `items`, deterministically (map entries
// sorted). Both sides keep fields they do not know, so that an older installer
// comes to the same digest as a newer agent.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "joist/v1/report.pb.h"

namespace joist {

// What a report may cost the installer. A host that has more to tell says so in
// a condition, instead of telling it.
struct ReportLimits {
  std::size_t bytes_max = std::size_t{8} << 20;  // of all items, serialised
  std::size_t items_max = 20'000;
  std::size_t item_bytes_max = std::size_t{256} << 10;
  std::size_t key_bytes_max = 512;
};

// Of a delta, serialised: fits a frame of the session (1 MiB) with room to spare.
inline constexpr std::size_t kDeltaBytesMax = std::size_t{768} << 10;

// 32 bytes; `items` must be in key order.
std::string report_digest(const google::protobuf::RepeatedPtrField<v1::ReportItem>& items);

// A report of these items, sorted, with its digest; seq, boot_id and epoch are
// the caller's. Malformed, naming the key, if one is empty, too long or there
// twice, or if a limit is broken.
Result<v1::Report> make_report(std::vector<v1::ReportItem> items, const ReportLimits& limits = {});

// A report of those items that fit, whatever they are; those given first come
// first. `left_out` names each that does not, and why: as make_report() does.
v1::Report make_fitting_report(std::vector<v1::ReportItem> items,
                               std::vector<std::string>& left_out, const ReportLimits& limits = {});

// The way from one report to another. If all of it is larger than `bytes_max`
// it leads only part of the way, and diff() from there leads on; what is gone
// goes first. `seq` is left to the caller: it grows with every delta sent.
// From a report without a digest (the empty Report) means from nothing.
v1::Delta diff(const v1::Report& from, const v1::Report& to,
               std::size_t bytes_max = kDeltaBytesMax);

// Whether a delta says anything: the same report needs no sending.
bool is_empty(const v1::Delta& delta);

// Where `delta` leads: with its seq; boot_id and epoch are `from`'s. A delta
// from nothing starts from nothing, whatever `from` is.
// Refused if the delta starts from another report, or would lead to another
// than its sender has: the two sides no longer hold the same, send all of it.
// Malformed if it is no delta at all: keys out of order, twice, or removed
// without being there; a limit broken; or from nothing to something else than
// it claims.
Result<v1::Report> apply(const v1::Report& from, const v1::Delta& delta,
                         const ReportLimits& limits = {});

}  // namespace joist
