// Kernel settings that the person chose.
//
// Source: /proc/sys, the setting's dots made slashes. One flag names one setting,
//         "kernel.threads-max"; a setting of several values may be given a name for
//         each, "fs.file-nr:total,current,max".
// Emits:  node_sysctl_<setting>, for several values with {index} or, where they were
//         named, node_sysctl_<setting>_<name>  untyped
//         node_sysctl_info{index,name,value} 1  gauge, for settings asked for as text
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/area.h"
#include "collectors/collector.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

struct SysctlChoice {
  std::string setting;
  std::vector<std::string> values;  // their names; empty: counted
};

SysctlChoice parse_sysctl_choice(std::string_view text);

// `setting` as a part of a metric's name.
std::string sysctl_family_part(std::string_view setting);

class SysctlCollector final : public Collector {
 public:
  // Malformed if a choice cannot be made a metric, or was made before.
  static Made make(const Roots& roots, const Settings& settings);
  SysctlCollector(const Roots& roots, std::vector<SysctlChoice> numbers,
                  std::vector<SysctlChoice> texts);
  std::string_view name() const override { return "sysctl"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Number {
    ProcFile file;
    std::vector<Family> families;  // one for each named value, else one
    std::vector<Labels> labels;    // of the values by index, as many as were seen
    std::vector<double> values;
  };
  struct Text {
    ProcFile file;
    std::string setting;
    std::string text;  // what labels were rendered from
    std::vector<Labels> labels;
  };

  Result<void> show(Number& number, Exposition& page);

  std::vector<Number> numbers_;
  std::vector<Text> texts_;
  MalformedLines malformed_;
  const Family info_;
};

}  // namespace joist::collectors
