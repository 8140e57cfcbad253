#include "disk/found_text.h"

#include <algorithm>

namespace joist::disk {
namespace {

constexpr std::size_t kLinesMax = 64;

bool same_format(const Signature& one, const Signature& other) {
  return one.type == other.type && one.device == other.device;
}

std::string line_of(const Signature& first, std::ptrdiff_t copies) {
  std::string text = first.type + " at byte " + std::to_string(first.offset_bytes);
  if (!first.device.empty()) text += " (" + first.device + ")";
  if (!first.label.empty()) text += ", labelled \"" + first.label + "\"";
  if (copies > 0) text += ", and " + std::to_string(copies) + (copies == 1 ? " copy" : " copies");
  return text;
}

}  // namespace

std::vector<std::string> signature_lines(const std::vector<Signature>& signatures) {
  std::vector<std::string> lines;
  for (auto one = signatures.begin(); one != signatures.end(); ++one) {
    const auto same = [&one](const Signature& other) { return same_format(*one, other); };
    if (std::any_of(signatures.begin(), one, same)) continue;
    lines.push_back(line_of(*one, std::count_if(one + 1, signatures.end(), same)));
  }
  return lines;
}

std::vector<std::string> found_lines(const ProbeResult& found) {
  std::vector<std::string> lines = signature_lines(found.signatures);
  for (const Partition& partition : found.partitions) {
    lines.push_back("partition " + partition.name + " of " + std::to_string(partition.size_bytes) +
                    " bytes from byte " + std::to_string(partition.start_bytes) + " on" +
                    (partition.type.empty() ? "" : ", type " + partition.type));
  }
  if (found.signatures.empty() && !found.data_offsets_bytes.empty()) {
    lines.push_back("bytes of no known format, from byte " +
                    std::to_string(found.data_offsets_bytes.front()) + " on");
  }
  const bool more = found.truncated || lines.size() > kLinesMax;
  if (lines.size() > kLinesMax) lines.resize(kLinesMax);
  if (more) lines.push_back("and more than is listed");
  return lines;
}

}  // namespace joist::disk
