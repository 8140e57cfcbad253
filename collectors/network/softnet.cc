#include "collectors/network/softnet.h"

#include "collectors/fields.h"
#include "collectors/network/hexadecimal.h"

namespace joist::collectors {
namespace {

constexpr std::size_t kColumnsMin = 9;
constexpr std::size_t kColumnsMax = 13;
constexpr std::size_t kCpuColumn = 12;

struct Column {
  const char* name;
  const char* help;
  std::size_t number;  // in the file
  MetricType type = MetricType::Counter;
};

constexpr std::array<Column, kSoftnetColumns> kColumns{{
    {"processed_total", "Number of processed packets", 0},
    {"dropped_total", "Number of dropped packets", 1},
    {"times_squeezed_total", "Number of times processing packets ran out of quota", 2},
    {"cpu_collision_total",
     "Number of collision occur while obtaining device lock while transmitting", 8},
    {"received_rps_total", "Number of times cpu woken up received_rps", 9},
    {"flow_limit_count_total", "Number of times flow limit has been reached", 10},
    {"backlog_len", "Softnet backlog status", 11, MetricType::Gauge},
}};

}  // namespace

std::optional<SoftnetLine> parse_softnet_line(std::string_view line) {
  std::array<std::uint64_t, kColumnsMax> numbers{};
  std::size_t count = 0;
  Fields fields(line);
  while (count < kColumnsMax) {
    const std::string_view field = fields.next();
    if (field.empty()) break;
    const auto number = parse_hexadecimal(field);
    if (!number) return std::nullopt;
    numbers[count++] = *number;
  }
  if (count < kColumnsMin) return std::nullopt;
  SoftnetLine parsed;
  for (std::size_t column = 0; column < kSoftnetColumns; ++column) {
    parsed.values[column] = numbers[kColumns[column].number];
  }
  if (count > kCpuColumn) parsed.cpu = numbers[kCpuColumn];
  return parsed;
}

SoftnetCollector::SoftnetCollector(const Roots& roots)
    : file_(roots.proc(), "net/softnet_stat", ProcFile::Shape::ShortRecords, 16384) {
  for (const Column& column : kColumns) {
    families_.emplace_back(std::string("node_softnet_") + column.name, column.help, column.type);
  }
}

Result<void> SoftnetCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  cpus_.restart();
  Lines lines(*text);
  std::uint64_t number = 0;
  for (std::string_view line; lines.next(line); ++number) {
    const auto parsed = parse_softnet_line(line);
    if (!parsed) {
      malformed_.report(file_.path(), line);
      continue;
    }
    std::array<char, 24> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), parsed->cpu.value_or(number));
    const std::string_view key(digits.data(), static_cast<std::size_t>(end.ptr - digits.data()));
    Cpu* const cpu = cpus_.next(key, [&] { return Cpu{std::string(key), {{"cpu", key}}, {}}; });
    if (cpu == nullptr) {
      malformed_.report(file_.path(), line);
    } else {
      cpu->values = parsed->values;
    }
  }
  cpus_.finish();

  for (std::size_t column = 0; column < kSoftnetColumns; ++column) {
    page.begin(families_[column]);
    for (const auto& cpu : cpus_) page.sample(cpu->labels, cpu->values[column]);
  }
  return {};
}

}  // namespace joist::collectors
