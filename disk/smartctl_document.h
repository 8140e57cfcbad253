// smartctl's answer, from JSON to a message. The JSON is a stranger's: it holds what a
// disk says of itself. So it is parsed in a process that can open nothing (helper/).
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "joist/v1/smartctl.pb.h"

namespace joist::disk {

// Longest document that is taken; a disk with full error logs says some 100 KiB.
inline constexpr std::size_t kSmartctlBytesMax = std::size_t{256} << 10;

// One JSON document, all of it. Text comes out printable and cut, long tables cut, so
// that the message always fits a datagram (base/seqpacket.h). Malformed names the field
// that is not what smartctl documents. Pure.
Result<v1::SmartctlReport> parse_smartctl(std::string_view json);

}  // namespace joist::disk
