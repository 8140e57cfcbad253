#include "collectors/kernel/interrupts.h"

#include <utility>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

void append_words(std::string& out, Fields& fields) {
  for (auto word = fields.next(); !word.empty(); word = fields.next()) {
    if (!out.empty()) out += ' ';
    out += word;
  }
}

}  // namespace

std::size_t count_cpus(std::string_view head) {
  std::size_t cpus = 0;
  Fields fields(head);
  while (!fields.next().empty()) ++cpus;
  return cpus;
}

std::optional<InterruptLine> parse_interrupt_line(std::string_view line, std::size_t cpus) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view name = Fields(line.substr(0, colon)).next();
  const std::string_view rest = line.substr(colon + 1);
  if (name.empty()) return std::nullopt;

  Fields fields(rest);
  for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
    if (fields.next().empty()) return std::nullopt;
  }
  const std::string_view first = fields.next();
  if (first.empty()) return std::nullopt;
  const auto columns = static_cast<std::size_t>(first.data() - rest.data());
  return InterruptLine{name, rest.substr(0, columns), rest.substr(columns)};
}

InterruptSource describe_interrupt(std::string_view name, std::string_view description) {
  InterruptSource source;
  Fields fields(description);
  if (parse_uint(name)) {
    source.info = fields.next();
    append_words(source.devices, fields);
  } else {
    append_words(source.info, fields);
  }
  return source;
}

Made InterruptsCollector::make(const Roots& roots, const Settings& settings) {
  auto filter = settings.devices("collector.interrupts.name");
  if (!filter) return tl::unexpected<Error>(filter.error());
  return std::make_unique<InterruptsCollector>(
      roots, std::move(*filter), settings.is_on("collector.interrupts.include-zeros"));
}

InterruptsCollector::InterruptsCollector(const Roots& roots, DeviceFilter filter, bool zeros)
    : file_(roots.proc(), "interrupts", ProcFile::Shape::Records, 32768),
      filter_(std::move(filter)),
      zeros_(zeros),
      total_("node_interrupts_total", "Interrupt details.", MetricType::Counter) {}

void InterruptsCollector::render(Interrupt& interrupt, const InterruptLine& line,
                                 std::size_t cpus) const {
  interrupt.description = line.description;
  interrupt.labels.clear();
  const auto [info, devices] = describe_interrupt(line.name, line.description);
  interrupt.excluded = filter_.leaves_out(interrupt.key + ";" + info + ";" + devices);
  if (interrupt.excluded) return;
  for (std::size_t cpu = 0; cpu < cpus; ++cpu) {
    interrupt.labels.push_back(Labels{{"cpu", std::to_string(cpu)},
                                      {"devices", devices},
                                      {"info", info},
                                      {"type", interrupt.key}});
  }
}

Result<void> InterruptsCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  Lines lines(*text);
  std::string_view line;
  if (!lines.next(line)) return fail(ErrorCode::Malformed, file_.path() + ": it is empty");
  const std::size_t cpus = count_cpus(line);

  page.begin(total_);
  interrupts_.restart();
  while (lines.next(line)) {
    const auto now = parse_interrupt_line(line, cpus);
    if (!now) continue;
    Interrupt* const interrupt = interrupts_.next(now->name, [&] {
      return Interrupt{std::string(now->name), {}, false, {}};
    });
    if (interrupt == nullptr) {
      malformed_.report(file_.path(), line);
      continue;
    }
    const bool same = interrupt->description == now->description &&
                      (interrupt->excluded || interrupt->labels.size() == cpus);
    if (!same) render(*interrupt, *now, cpus);
    if (interrupt->excluded) continue;

    Fields counts(now->counts);
    for (const Labels& labels : interrupt->labels) {
      const auto count = parse_uint(counts.next());
      if (!count) {
        malformed_.report(file_.path(), line);
        break;
      }
      if (*count != 0 || zeros_) page.sample(labels, *count);
    }
  }
  interrupts_.finish();
  return {};
}

}  // namespace joist::collectors
