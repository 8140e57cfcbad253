// A slow collector (sensors behind slow buses, D-Bus, programs) at a pace of its own:
// it runs on a thread of its own every so often, and a page shows what it said last and
// how old that is. The thread sleeps while nobody asks for pages.
//
// Figures are not shown when they are older than three periods and ten seconds: then the
// source hangs, and old figures pass for new ones. Only the first page, and one after a long
// silence, waits for fresh ones.
//
// One that is slow on some hosts only (sensors of the firmware, or of a management controller)
// is read for every page until two readings in a row were slow there.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "collectors/collector.h"

namespace joist::collectors {

class OwnPace final : public Collector {
 public:
  enum class Begin { AtOnce, WhereSlow };

  OwnPace(std::unique_ptr<Collector> collector, std::chrono::milliseconds every,
          Begin begin = Begin::AtOnce);
  ~OwnPace() override;  // does not wait for a collector that hangs

  std::string_view name() const override;
  Result<void> collect(Exposition& page) override;
  std::optional<std::chrono::duration<double>> age() const override;

 private:
  struct Shared;

  Result<void> read_for_page(Exposition& page);

  std::shared_ptr<Shared> shared_;
  int slow_readings_ = 0;  // in a row; at kSlowReadings it has a pace of its own for good
};

}  // namespace joist::collectors
