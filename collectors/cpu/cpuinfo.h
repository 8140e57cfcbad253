// What the CPUs are: the kernel's description of each.
//
// Source: /proc/cpuinfo (proc_cpuinfo(5)): blocks of "name : value", one for each CPU.
#pragma once

#include <string_view>
#include <vector>

namespace joist::collectors {

// One CPU; what its architecture does not tell is empty.
struct CpuDescription {
  std::string_view number;
  std::string_view vendor;
  std::string_view family;
  std::string_view model;
  std::string_view model_name;
  std::string_view stepping;
  std::string_view microcode;
  std::string_view cache_size;
  std::string_view package;  // "physical id"
  std::string_view core;     // "core id"
  std::string_view flags;    // words; "Features" on Arm
  std::string_view bugs;     // words
};

// Views into `text`. Blocks without a number are left out, as are lines of no known name.
std::vector<CpuDescription> parse_cpuinfo(std::string_view text);

}  // namespace joist::collectors
