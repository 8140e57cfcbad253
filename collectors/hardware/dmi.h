// What the firmware says of the machine: maker, model, serial numbers.
//
// Source: /sys/class/dmi/id (drivers/firmware/dmi-id.c). Serial numbers and the UUID are for
//         root only.
// Emits:  node_dmi_info{…}  1, with a label for each text that can be read
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/roots.h"

namespace joist::collectors {

class DmiCollector final : public Collector {
 public:
  explicit DmiCollector(const Roots& roots);
  std::string_view name() const override { return "dmi"; }
  Result<void> collect(Exposition& page) override;

 private:
  SysRoot sys_;
  bool read_ = false;             // it stays the same until the next boot
  std::optional<Labels> labels_;  // none: no firmware of this kind
  const Family info_;
};

}  // namespace joist::collectors
