#include "collectors/memory/swap.h"

#include "collectors/fields.h"

namespace joist::collectors {

std::optional<SwapLine> parse_swap_line(std::string_view line) {
  Fields fields(line);
  const std::string_view device = fields.next();
  const std::string_view type = fields.next();
  const auto size = parse_uint(fields.next());
  const auto used = parse_uint(fields.next());
  const auto priority = parse_number<std::int64_t>(fields.next());
  if (!size || !used || !priority) return std::nullopt;
  return SwapLine{device, type, *size, *used, *priority};
}

SwapCollector::SwapCollector(const Roots& roots)
    : file_(roots.proc(), "swaps", ProcFile::Shape::Records, 1024),
      size_("node_swap_size_bytes", "Swap device size in bytes.", MetricType::Gauge),
      used_("node_swap_used_bytes", "Swap device used in bytes.", MetricType::Gauge),
      priority_("node_swap_priority", "Swap device priority.", MetricType::Gauge) {}

Result<void> SwapCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  swaps_.restart();
  Lines lines(*text);
  for (std::string_view line; lines.next(line);) {
    if (line.starts_with("Filename")) continue;
    const auto now = parse_swap_line(line);
    Swap* const swap =
        now ? swaps_.next(now->device, [&] { return Swap{.key = std::string(now->device)}; })
            : nullptr;
    if (swap == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    if (swap->type != now->type) {
      swap->type = now->type;
      swap->labels = Labels{{"device", now->device}, {"swap_type", now->type}};
    }
    swap->size_kib = now->size_kib;
    swap->used_kib = now->used_kib;
    swap->priority = now->priority;
  }
  swaps_.finish();

  page.begin(priority_);
  for (const auto& swap : swaps_) page.sample(swap->labels, swap->priority);
  page.begin(size_);
  for (const auto& swap : swaps_) {
    page.sample(swap->labels, static_cast<double>(swap->size_kib) * 1024);
  }
  page.begin(used_);
  for (const auto& swap : swaps_) {
    page.sample(swap->labels, static_cast<double>(swap->used_kib) * 1024);
  }
  return {};
}

}  // namespace joist::collectors
