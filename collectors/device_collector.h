// A collector that shows what the devices of one class say of themselves: it lays out a sheet
// when it meets them, and a page reads what moves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "collectors/collector.h"
#include "collectors/device_class.h"
#include "collectors/device_sheet.h"
#include "collectors/roots.h"

namespace joist::collectors {

class DeviceCollector : public Collector {
 public:
  Result<void> collect(Exposition& page) final;

 protected:
  // What it means that sysfs has no such directory: NotFound, or success without a sample, as
  // node_exporter has it.
  enum class Absent { Fails, Succeeds };

  DeviceCollector(const Roots& roots, std::string_view directory, Absent absent);

  // Lays out the device in `path`. An error is one of the whole collector, for as long as the
  // devices stay the same.
  virtual Result<void> meet(DeviceSheet& sheet, const std::string& name,
                            const std::string& path) = 0;

  // The devices with these paths are about to be met, all of them anew.
  virtual void begin(const DeviceSheet& sheet, const std::vector<std::string>& paths);

 private:
  Result<void> meet_all();

  DeviceClass devices_;
  Absent absent_;
  DeviceSheet sheet_;
  Result<void> met_;
};

}  // namespace joist::collectors
