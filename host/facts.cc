#include "host/facts.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <optional>

namespace joist::host {
namespace {

constexpr std::chrono::seconds kBootTimeWander{2};
constexpr std::uint64_t kBytesPerKib = 1024;

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The number after the line's `key`, as in "MemTotal:  16384 kB" and "btime 1700000000".
Result<std::uint64_t> number_after(std::string_view text, std::string_view key,
                                   std::string_view path) {
  std::size_t at = text.find(key);
  while (at != std::string_view::npos && at != 0 && text[at - 1] != '\n') {
    at = text.find(key, at + 1);
  }
  if (at == std::string_view::npos) {
    return fail(ErrorCode::Malformed, std::string(path) + ": no line " + std::string(key));
  }
  text.remove_prefix(at + key.size());
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  const auto value = number<std::uint64_t>(text.substr(0, text.find_first_of(" \n")));
  if (!value) {
    return fail(ErrorCode::Malformed,
                std::string(path) + ": " + std::string(key) + " is not a number");
  }
  return *value;
}

// systemd writes "uninitialized" into images; only an id is an id.
std::string machine_id(const SysRoot& root) {
  auto text = root.read_line("/etc/machine-id");
  const bool is_id = text && text->size() == 32 && std::ranges::all_of(*text, [](char letter) {
                       return std::isxdigit(static_cast<unsigned char>(letter)) != 0;
                     });
  return is_id ? *text : std::string();
}

std::string operating_system(const SysRoot& root) {
  for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
    if (const auto text = root.read(path)) return pretty_name(*text);
  }
  return {};
}

std::chrono::seconds steadied(std::chrono::seconds boot_time, const Facts* previous) {
  if (previous == nullptr) return boot_time;
  const auto moved = boot_time - previous->boot_time;
  return moved <= kBootTimeWander && moved >= -kBootTimeWander ? previous->boot_time : boot_time;
}

}  // namespace

std::string pretty_name(std::string_view os_release) {
  constexpr std::string_view kKey = "PRETTY_NAME=";
  std::string name;
  while (!os_release.empty()) {
    const auto end = std::min(os_release.find('\n'), os_release.size());
    std::string_view line = os_release.substr(0, end);
    os_release.remove_prefix(std::min(end + 1, os_release.size()));
    if (line.substr(0, kKey.size()) != kKey) continue;

    line.remove_prefix(kKey.size());
    name.clear();
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"' || line[i] == '\'') continue;
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      name += line[i];
    }
  }
  return name;
}

Result<std::uint32_t> count_cpus(std::string_view list) {
  std::uint32_t cpus = 0;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const std::string_view range = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));

    const auto dash = range.find('-');
    const auto first = number<std::uint32_t>(range.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : number<std::uint32_t>(range.substr(dash + 1));
    if (!first || !last || *last < *first || *last > 65535) {
      return fail(ErrorCode::Malformed, "not a list of CPUs: " + std::string(range));
    }
    cpus += *last - *first + 1;
  }
  return cpus;
}

Result<Facts> observe_facts(const SysRoot& root, const Facts* previous) {
  utsname kernel{};
  if (::uname(&kernel) != 0) return fail_errno(errno, "uname");
  auto boot_id = root.read_line("/proc/sys/kernel/random/boot_id");
  if (!boot_id) return fail(boot_id.error(), "boot id");
  const auto online = root.read_line("/sys/devices/system/cpu/online");
  if (!online) return fail(online.error(), "online CPUs");
  const auto cpus = count_cpus(*online);
  if (!cpus) return fail(cpus.error(), "/sys/devices/system/cpu/online");
  const auto meminfo = root.read("/proc/meminfo");
  if (!meminfo) return fail(meminfo.error(), "memory");
  const auto memory_kib = number_after(*meminfo, "MemTotal:", "/proc/meminfo");
  if (!memory_kib) return fail(memory_kib.error(), "memory");
  const auto stat = root.read("/proc/stat");
  if (!stat) return fail(stat.error(), "boot time");
  const auto boot_seconds = number_after(*stat, "btime", "/proc/stat");
  if (!boot_seconds) return fail(boot_seconds.error(), "boot time");

  return Facts{.name = kernel.nodename,
               .machine_id = machine_id(root),
               .boot_id = std::move(*boot_id),
               .os = operating_system(root),
               .kernel = kernel.release,
               .architecture = kernel.machine,
               .cpus = *cpus,
               .memory_bytes = *memory_kib * kBytesPerKib,
               .boot_time = steadied(std::chrono::seconds(*boot_seconds), previous)};
}

}  // namespace joist::host
