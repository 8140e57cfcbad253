// A slow collector (sensors behind slow buses, D-Bus, programs) at a pace of its own:
// it runs on a thread of its own every so often, and a page shows what it said last and
// how old that is. The thread sleeps while nobody asks for pages.
//
// Figures are not shown when they are older than three periods and ten seconds: then the
// source hangs, and old figures pass for new ones. Only the first page, and one after a long
// silence, waits for fresh ones.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/collector.h"

namespace joist::collectors {

class OwnPace final : public Collector {
 public:
  OwnPace(std::unique_ptr<Collector> collector, std::chrono::milliseconds every);
  ~OwnPace() override;  // does not wait for a collector that hangs

  std::string_view name() const override;
  Result<void> collect(Exposition& page) override;
  std::optional<std::chrono::duration<double>> age() const override;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace joist::collectors
