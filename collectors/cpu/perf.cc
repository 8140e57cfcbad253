#include "collectors/cpu/perf.h"

#include <linux/perf_event.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "collectors/cpu/cpu.h"
#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr unsigned kCpusMax = 8192;         // CONFIG_NR_CPUS at its largest
constexpr std::uint64_t kSpareFiles = 256;  // for the rest of the process

constexpr std::uint64_t cache(std::uint64_t id, std::uint64_t operation, std::uint64_t result) {
  return id | operation << 8 | result << 16;
}
constexpr std::uint64_t kRead = PERF_COUNT_HW_CACHE_OP_READ;
constexpr std::uint64_t kWrite = PERF_COUNT_HW_CACHE_OP_WRITE;
constexpr std::uint64_t kHit = PERF_COUNT_HW_CACHE_RESULT_ACCESS;
constexpr std::uint64_t kMiss = PERF_COUNT_HW_CACHE_RESULT_MISS;

struct Row {
  std::string_view profiler;  // its name in node_exporter's flags
  std::string_view family;
  std::string_view help;
  std::uint64_t config;
};

constexpr Row kHardware[] = {
    {"BranchInstr", "branch_instructions_total", "Number of CPU branch instructions",
     PERF_COUNT_HW_BRANCH_INSTRUCTIONS},
    {"BranchMisses", "branch_misses_total", "Number of CPU branch misses",
     PERF_COUNT_HW_BRANCH_MISSES},
    {"CacheMisses", "cache_misses_total", "Number of cache misses", PERF_COUNT_HW_CACHE_MISSES},
    {"CacheRef", "cache_refs_total", "Number of cache references (non frequency scaled)",
     PERF_COUNT_HW_CACHE_REFERENCES},
    {"CpuCycles", "cpucycles_total", "Number of CPU cycles (frequency scaled)",
     PERF_COUNT_HW_CPU_CYCLES},
    {"CpuInstr", "instructions_total", "Number of CPU instructions", PERF_COUNT_HW_INSTRUCTIONS},
    {"RefCpuCycles", "ref_cpucycles_total", "Number of CPU cycles", PERF_COUNT_HW_REF_CPU_CYCLES},
    {"StalledCyclesBackend", "stalled_cycles_backend_total", "Number of stalled backend CPU cycles",
     PERF_COUNT_HW_STALLED_CYCLES_BACKEND},
    {"StalledCyclesFrontend", "stalled_cycles_frontend_total",
     "Number of stalled frontend CPU cycles", PERF_COUNT_HW_STALLED_CYCLES_FRONTEND},
};
constexpr Row kSoftware[] = {
    {"ContextSwitch", "context_switches_total", "Number of context switches",
     PERF_COUNT_SW_CONTEXT_SWITCHES},
    {"CpuMigration", "cpu_migrations_total", "Number of CPU process migrations",
     PERF_COUNT_SW_CPU_MIGRATIONS},
    {"MajorFault", "major_faults_total", "Number of major page faults",
     PERF_COUNT_SW_PAGE_FAULTS_MAJ},
    {"MinorFault", "minor_faults_total", "Number of minor page faults",
     PERF_COUNT_SW_PAGE_FAULTS_MIN},
    {"PageFault", "page_faults_total", "Number of page faults", PERF_COUNT_SW_PAGE_FAULTS},
};
constexpr Row kCaches[] = {
    {"BPUReadHit", "cache_bpu_read_hits_total", "Number BPU read hits",
     cache(PERF_COUNT_HW_CACHE_BPU, kRead, kHit)},
    {"BPUReadMiss", "cache_bpu_read_misses_total", "Number BPU read misses",
     cache(PERF_COUNT_HW_CACHE_BPU, kRead, kMiss)},
    {"L1InstrReadMiss", "cache_l1_instr_read_misses_total",
     "Number instruction L1 instruction read misses", cache(PERF_COUNT_HW_CACHE_L1I, kRead, kMiss)},
    {"L1DataReadHit", "cache_l1d_read_hits_total", "Number L1 data cache read hits",
     cache(PERF_COUNT_HW_CACHE_L1D, kRead, kHit)},
    {"L1DataReadMiss", "cache_l1d_read_misses_total", "Number L1 data cache read misses",
     cache(PERF_COUNT_HW_CACHE_L1D, kRead, kMiss)},
    {"L1DataWriteHit", "cache_l1d_write_hits_total", "Number L1 data cache write hits",
     cache(PERF_COUNT_HW_CACHE_L1D, kWrite, kHit)},
    {"LLReadHit", "cache_ll_read_hits_total", "Number last level read hits",
     cache(PERF_COUNT_HW_CACHE_LL, kRead, kHit)},
    {"LLReadMiss", "cache_ll_read_misses_total", "Number last level read misses",
     cache(PERF_COUNT_HW_CACHE_LL, kRead, kMiss)},
    {"LLWriteHit", "cache_ll_write_hits_total", "Number last level write hits",
     cache(PERF_COUNT_HW_CACHE_LL, kWrite, kHit)},
    {"LLWriteMiss", "cache_ll_write_misses_total", "Number last level write misses",
     cache(PERF_COUNT_HW_CACHE_LL, kWrite, kMiss)},
    {"InstrTLBReadHit", "cache_tlb_instr_read_hits_total", "Number instruction TLB read hits",
     cache(PERF_COUNT_HW_CACHE_ITLB, kRead, kHit)},
    {"InstrTLBReadMiss", "cache_tlb_instr_read_misses_total", "Number instruction TLB read misses",
     cache(PERF_COUNT_HW_CACHE_ITLB, kRead, kMiss)},
};

template <std::size_t N>
Result<void> choose(const Settings& settings, std::string_view kind, std::uint32_t type,
                    const Row (&rows)[N], std::vector<PerfEvent>& into) {
  const std::string flag = "collector.perf." + std::string(kind) + "-profilers";
  const auto wanted = settings.list(flag);
  for (const std::string& name : wanted) {
    if (std::ranges::find(rows, name, &Row::profiler) == std::end(rows)) {
      return fail(ErrorCode::Malformed, flag + ": \"" + name + "\" is no profiler");
    }
  }
  if (settings.is_on("collector.perf.disable-" + std::string(kind) + "-profilers")) return {};
  for (const Row& row : rows) {
    if (!wanted.empty() && std::ranges::find(wanted, row.profiler) == wanted.end()) continue;
    into.push_back(
        {"node_perf_" + std::string(row.family), std::string(row.help), type, row.config});
  }
  return {};
}

UniqueFd open_counter(const PerfEvent& event, unsigned cpu) {
  perf_event_attr wanted{};
  wanted.size = sizeof wanted;
  wanted.type = event.type;
  wanted.config = event.config;
  wanted.exclude_hv = 1;
  return UniqueFd(
      static_cast<int>(::syscall(SYS_perf_event_open, &wanted, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

}  // namespace

std::optional<std::vector<unsigned>> parse_perf_cpus(std::string_view text) {
  std::vector<unsigned> cpus;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto colon = part.find(':');
    const std::string_view range = part.substr(0, colon);
    const auto dash = range.find('-');
    const auto first = parse_number<unsigned>(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : parse_number<unsigned>(range.substr(dash + 1));
    const auto stride = colon == std::string_view::npos
                            ? std::optional<unsigned>(1)
                            : parse_number<unsigned>(part.substr(colon + 1));
    const bool good = first && last && stride && *stride > 0 && *stride < kCpusMax &&
                      *first <= *last && *last < kCpusMax;
    if (!good) return std::nullopt;
    for (unsigned cpu = *first; cpu <= *last; cpu += *stride) cpus.push_back(cpu);
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

Made PerfCollector::make(const Roots& roots, const Settings& settings) {
  const std::string_view list = settings.text("collector.perf.cpus");
  auto cpus = parse_perf_cpus(list);
  if (!cpus) {
    return fail(ErrorCode::Malformed,
                "collector.perf.cpus: \"" + std::string(list) + "\", expected as 0,2-5,8-16:4");
  }
  std::vector<PerfEvent> events;
  for (const auto& chosen : {choose(settings, "hardware", PERF_TYPE_HARDWARE, kHardware, events),
                             choose(settings, "software", PERF_TYPE_SOFTWARE, kSoftware, events),
                             choose(settings, "cache", PERF_TYPE_HW_CACHE, kCaches, events)}) {
    if (!chosen) return tl::unexpected<Error>(chosen.error());
  }
  auto tracepoints = settings.list("collector.perf.tracepoint");
  for (const std::string& tracepoint : tracepoints) {
    std::string family = tracepoint;
    const bool named =
        std::ranges::count(tracepoint, ':') == 1 && tracepoint.find('/') == std::string::npos;
    std::ranges::replace(family, ':', '_');
    if (!named || !is_metric_name(family)) {
      return fail(ErrorCode::Malformed,
                  "collector.perf.tracepoint: \"" + tracepoint + "\", expected subsystem:event");
    }
  }
  return std::make_unique<PerfCollector>(roots, std::move(*cpus), std::move(events),
                                         std::move(tracepoints));
}

PerfCollector::PerfCollector(const Roots& roots, std::vector<unsigned> cpus,
                             std::vector<PerfEvent> events, std::vector<std::string> tracepoints)
    : sys_(roots.sys()),
      devices_(roots.devices),
      cpus_(std::move(cpus)),
      events_(std::move(events)),
      tracepoints_(std::move(tracepoints)) {}

Result<PerfEvent> PerfCollector::find_tracepoint(const std::string& name) const {
  std::string path = name;
  std::ranges::replace(path, ':', '/');
  auto text = sys_.read_line("kernel/tracing/events/" + path + "/id");
  if (!text) text = sys_.read_line("kernel/debug/tracing/events/" + path + "/id");
  if (!text) return tl::unexpected<Error>(text.error());
  const auto id = parse_uint(*text);
  if (!id) return fail(ErrorCode::Malformed, path + ": expected a number");
  std::string family = "node_perf_" + name;
  std::ranges::replace(family, ':', '_');
  return PerfEvent{family, "Perf tracepoint " + name, PERF_TYPE_TRACEPOINT, *id};
}

Result<void> PerfCollector::open() {
  std::vector<PerfEvent> events = events_;
  for (const std::string& tracepoint : tracepoints_) {
    auto event = find_tracepoint(tracepoint);
    if (!event) return tl::unexpected<Error>(event.error());
    events.push_back(std::move(*event));
  }
  if (cpus_.empty()) {
    const auto online = sys_.read_line("devices/system/cpu/online");
    if (!online) return tl::unexpected<Error>(online.error());
    cpus_ = parse_cpu_list(*online).value_or(std::vector<unsigned>());
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::uint64_t needed = cpus_.size() * events.size();
  if (needed + kSpareFiles > files.rlim_cur) {
    return fail(ErrorCode::Refused,
                "it needs " + std::to_string(needed) +
                    " descriptors: raise LimitNOFILE, or choose CPUs or events");
  }

  int refused = 0;
  for (const PerfEvent& event : events) {
    Counted counted{Family(event.family, event.help, MetricType::Counter), {}};
    for (std::size_t cpu = 0; cpu < cpus_.size(); ++cpu) {
      UniqueFd fd = open_counter(event, cpus_[cpu]);
      if (!fd) {
        refused = errno;
        if (refused == ENODEV) continue;  // this CPU is off line
        break;                            // no CPU has such an event, or it is not for us
      }
      counted.counters.push_back({std::move(fd), cpu});
    }
    if (!counted.counters.empty()) counted_.push_back(std::move(counted));
  }
  if (counted_.empty()) {
    const bool forbidden = refused == EACCES || refused == EPERM;
    return fail(ErrorCode::NotFound, forbidden ? "not permitted" : "no events");
  }
  for (const unsigned cpu : cpus_) labels_.push_back(Labels{{"cpu", std::to_string(cpu)}});
  return {};
}

Result<void> PerfCollector::collect(Exposition& page) {
  if (counted_.empty()) {
    if (devices_ && refused_at_ == devices_->generation()) {
      return fail(ErrorCode::NotFound, "not permitted");
    }
    auto opened = open();
    if (!opened && devices_ && opened.error().code == ErrorCode::NotFound) {
      refused_at_ = devices_->generation();
    }
    if (!opened) return opened;
  }
  for (const Counted& counted : counted_) {
    page.begin(counted.family);
    for (const Counter& counter : counted.counters) {
      std::uint64_t count = 0;
      if (::read(counter.fd.get(), &count, sizeof count) != sizeof count) continue;
      page.sample(labels_[counter.cpu], count);
    }
  }
  return {};
}

}  // namespace joist::collectors
