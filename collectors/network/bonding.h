// Bonds: how many interfaces each has, and how many of them work.
//
// Source: /sys/class/net/bonding_masters, NAME/bonding/slaves,
//         NAME/lower_SLAVE/bonding_slave/mii_status (slave_SLAVE on old kernels)
//         (Documentation/networking/bonding.rst).
// Emits:  node_bonding_{active,slaves}{master}  gauge
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/module_file.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

class BondingCollector final : public Collector {
 public:
  explicit BondingCollector(const Roots& roots);
  std::string_view name() const override { return "bonding"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Slave {
    std::string key;
    std::unique_ptr<ProcFile> mii_status;
  };
  struct Bond {
    std::string key;
    Labels labels;
    std::unique_ptr<ProcFile> slave_names;
    Listing<Slave> slaves;
    std::uint64_t slave_count = 0;
    std::uint64_t active = 0;
  };

  Bond meet(std::string_view name) const;
  std::unique_ptr<ProcFile> open_status(std::string_view bond, std::string_view slave) const;
  Result<void> count(Bond& bond) const;

  SysRoot sys_;
  ModuleFile masters_;
  Listing<Bond> bonds_;
  const Family slaves_, active_;
};

}  // namespace joist::collectors
