// What a host is: facts that change seldom, mostly at boot.
//
// Source: uname(2), /etc/machine-id (machine-id(5)), os-release(5),
//         /proc/sys/kernel/random/boot_id, /proc/meminfo, /proc/stat and
//         /sys/devices/system/cpu/online.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/sys_root.h"

namespace joist::host {

struct Facts {
  std::string name;          // uname -n
  std::string machine_id;    // 32 hexadecimal digits; empty where there is none (yet)
  std::string boot_id;       // a UUID
  std::string os;            // PRETTY_NAME; empty where there is no os-release
  std::string kernel;        // uname -r
  std::string architecture;  // uname -m
  std::uint32_t cpus = 0;    // online
  std::uint64_t memory_bytes = 0;
  std::chrono::seconds boot_time{};  // since 1970, as the clock says now
};

// Fails where the kernel does not say what every kernel says. `previous`, if
// there is one, keeps its boot time when the new one is within 2 s of it: the
// kernel derives it from a clock that is being disciplined.
Result<Facts> observe_facts(const SysRoot& root, const Facts* previous = nullptr);

// The value of PRETTY_NAME, unquoted (os-release(5): shell-like); "" if absent.
std::string pretty_name(std::string_view os_release);

// CPUs in a kernel list such as "0-3,5" (cpuset(7), "List format").
Result<std::uint32_t> count_cpus(std::string_view list);

}  // namespace joist::host
