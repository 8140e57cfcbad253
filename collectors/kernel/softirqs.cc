#include "collectors/kernel/softirqs.h"

#include "collectors/fields.h"
#include "collectors/kernel/interrupts.h"

namespace joist::collectors {

std::optional<SoftirqLine> parse_softirq_line(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view kind = Fields(line.substr(0, colon)).next();
  if (kind.empty()) return std::nullopt;
  return SoftirqLine{kind, line.substr(colon + 1)};
}

SoftirqsCollector::SoftirqsCollector(const Roots& roots)
    : file_(roots.proc(), "softirqs", ProcFile::Shape::Whole, 8192),
      total_("node_softirqs_functions_total", "Softirq counts per CPU.", MetricType::Counter) {}

Result<void> SoftirqsCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  Lines lines(*text);
  std::string_view line;
  if (!lines.next(line)) return fail(ErrorCode::Malformed, file_.path() + ": it is empty");
  const std::size_t cpus = count_cpus(line);

  page.begin(total_);
  kinds_.restart();
  while (lines.next(line)) {
    const auto now = parse_softirq_line(line);
    Kind* const kind = now ? kinds_.next(now->kind,
                                         [&] {
                                           return Kind{std::string(now->kind), {}};
                                         })
                           : nullptr;
    if (kind == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    for (std::size_t cpu = kind->labels.size(); cpu < cpus; ++cpu) {
      kind->labels.push_back(Labels{{"cpu", std::to_string(cpu)}, {"type", kind->key}});
    }
    Fields counts(now->counts);
    for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
      const auto count = parse_uint(counts.next());
      if (!count) {
        malformed_.report(file_.path(), line);
        break;
      }
      page.sample(kind->labels[cpu], *count);
    }
  }
  kinds_.finish();
  return {};
}

}  // namespace joist::collectors
