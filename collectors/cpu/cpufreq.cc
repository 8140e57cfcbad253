#include "collectors/cpu/cpufreq.h"

#include <algorithm>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr std::string_view kCpus = "devices/system/cpu";
constexpr double kHertzPerKilohertz = 1000;

// What a host has beyond is opened for each page, so that no host, however many
// CPUs it has, makes this process run out of descriptors.
constexpr std::size_t kOpenMax = 512;

struct Attribute {
  std::string_view file;
  bool fixed;  // by the hardware
};
// In the order of the families.
constexpr Attribute kAttributes[] = {
    {"cpuinfo_cur_freq", false}, {"cpuinfo_max_freq", true},  {"cpuinfo_min_freq", true},
    {"scaling_cur_freq", false}, {"scaling_max_freq", false}, {"scaling_min_freq", false},
};

Family gauge(std::string_view name, std::string_view help) {
  return {"node_cpu_" + std::string(name), help, MetricType::Gauge};
}

std::optional<std::uint64_t> read_kilohertz(ProcFile& file) {
  const auto text = file.read();
  return text ? parse_uint(Fields(*text).next()) : std::nullopt;
}

}  // namespace

std::string_view cpu_number(std::string_view name) {
  if (!name.starts_with("cpu")) return {};
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view number = name.substr(3);
  return std::ranges::all_of(number, digit) ? number : std::string_view();
}

CpufreqCollector::CpufreqCollector(const Roots& roots)
    : sys_(roots.sys()),
      directory_(roots.sys(), kCpus, roots.devices),
      families_{{
          gauge("frequency_hertz", "Current cpu thread frequency in hertz."),
          gauge("frequency_max_hertz", "Maximum cpu thread frequency in hertz."),
          gauge("frequency_min_hertz", "Minimum cpu thread frequency in hertz."),
          gauge("scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
          gauge("scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz."),
          gauge("scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."),
      }},
      governor_(gauge("scaling_governor", "Current enabled CPU frequency governor.")) {}

Result<void> CpufreqCollector::find_cpus() {
  const auto renewed = directory_.refresh();
  if (!renewed) return tl::unexpected<Error>(renewed.error());
  if (!*renewed) return {};

  policies_.clear();
  cpus_.clear();
  open_files_ = 0;
  supported_ = sys_.exists(std::string(kCpus) + "/offline");
  for (const std::string& name : directory_.names()) {
    const std::string_view number = cpu_number(name);
    if (number.empty()) continue;
    const auto directory = sys_.real_path(std::string(kCpus) + "/" + name + "/cpufreq");
    if (!directory) continue;  // off line, or without a driver

    Cpu cpu{Labels{{"cpu", number}}, policy_of(*directory), {}};
    for (const std::string& governor : policies_[cpu.policy].governors) {
      cpu.governors.push_back(Labels{{"cpu", number}, {"governor", governor}});
    }
    cpus_.push_back(std::move(cpu));
  }
  return {};
}

std::size_t CpufreqCollector::policy_of(const std::string& directory) {
  const auto known = std::ranges::find(policies_, directory, &Policy::directory);
  if (known != policies_.end()) return static_cast<std::size_t>(known - policies_.begin());

  Policy policy{directory, {}, {}, {}, {}};
  for (std::size_t family = 0; family < kFrequencies; ++family) {
    const Attribute& attribute = kAttributes[family];
    Frequency frequency{
        family, attribute.fixed,
        ProcFile(sys_, directory + "/" + std::string(attribute.file), ProcFile::Shape::Whole, 64),
        std::nullopt};
    frequency.kilohertz = read_kilohertz(frequency.file);
    if (!frequency.kilohertz) continue;  // not there, or not for us
    frequency.file.close();
    policy.frequencies.push_back(std::move(frequency));
  }
  const auto governors = sys_.read_line(directory + "/scaling_available_governors");
  Fields fields(governors ? std::string_view(*governors) : std::string_view());
  for (auto word = fields.next(); !word.empty(); word = fields.next()) {
    policy.governors.emplace_back(word);
  }
  if (!policy.governors.empty()) {
    policy.governor_file.emplace(sys_, directory + "/scaling_governor", ProcFile::Shape::Whole, 64);
  }
  policies_.push_back(std::move(policy));
  return policies_.size() - 1;
}

void CpufreqCollector::read(Policy& policy) {
  const auto keep_or_close = [&](ProcFile& file) {
    if (++open_files_ > kOpenMax) file.close();
  };
  for (Frequency& frequency : policy.frequencies) {
    if (frequency.fixed) continue;
    frequency.kilohertz = read_kilohertz(frequency.file);
    keep_or_close(frequency.file);
  }
  if (!policy.governor_file) return;
  const auto governor = policy.governor_file->read();
  policy.governor = governor ? Fields(*governor).next() : std::string_view();
  keep_or_close(*policy.governor_file);
}

Result<void> CpufreqCollector::collect(Exposition& page) {
  if (auto found = find_cpus(); !found) return found;
  if (!supported_) return fail(ErrorCode::NotFound, "no cpufreq");

  open_files_ = 0;
  for (Policy& policy : policies_) read(policy);

  for (std::size_t family = 0; family < kFrequencies; ++family) {
    page.begin(families_[family]);
    for (const Cpu& cpu : cpus_) {
      const auto& frequencies = policies_[cpu.policy].frequencies;
      const auto frequency = std::ranges::find(frequencies, family, &Frequency::family);
      if (frequency == frequencies.end() || !frequency->kilohertz) continue;
      page.sample(cpu.labels, static_cast<double>(*frequency->kilohertz) * kHertzPerKilohertz);
    }
  }
  page.begin(governor_);
  for (const Cpu& cpu : cpus_) {
    const Policy& policy = policies_[cpu.policy];
    if (policy.governor.empty()) continue;
    for (std::size_t i = 0; i < policy.governors.size(); ++i) {
      page.sample(cpu.governors[i], policy.governors[i] == policy.governor ? 1U : 0U);
    }
  }
  return {};
}

}  // namespace joist::collectors
