#include "collectors/area.h"

#include "collectors/hardware/dmi.h"
#include "collectors/hardware/drbd.h"
#include "collectors/hardware/edac.h"
#include "collectors/hardware/hwmon.h"
#include "collectors/hardware/nvme.h"
#include "collectors/hardware/nvmesubsystem.h"
#include "collectors/hardware/pcidevice.h"
#include "collectors/hardware/powersupplyclass.h"
#include "collectors/hardware/rapl.h"
#include "collectors/hardware/thermal_zone.h"
#include "collectors/hardware/watchdog.h"

namespace joist::collectors {
namespace {

using enum Setting::Kind;
using enum Source::Standard;
using enum OwnPace::Begin;

// What firmware, a management controller or a slow bus answers for takes microseconds on one
// host and a second on another.
constexpr std::chrono::seconds kSensorPace{15};

constexpr Source kSources[] = {
    {"dmi", On, make_plain<DmiCollector>},
    {"drbd", Off, make_plain<DrbdCollector>},
    {"edac", On, make_plain<EdacCollector>},
    {"hwmon", On, HwmonCollector::make, kSensorPace, WhereSlow},
    {"nvme", On, make_plain<NvmeCollector>},
    {"nvmesubsystem", Off, make_plain<NvmesubsystemCollector>},
    {"pcidevice", Off, PcideviceCollector::make},
    {"powersupplyclass", On, PowersupplyclassCollector::make, kSensorPace, WhereSlow},
    {"rapl", On, RaplCollector::make},
    {"thermal_zone", On, make_plain<ThermalZoneCollector>, kSensorPace, WhereSlow},
    {"watchdog", On, make_plain<WatchdogCollector>},
};

constexpr Setting kSettings[] = {
    {"collector.hwmon.chip-exclude", Pattern, "", "Which chips to leave out."},
    {"collector.hwmon.chip-include", Pattern, "", "Which chips alone to show."},
    {"collector.hwmon.sensor-exclude", Pattern, "",
     "Which sensors to leave out, by \"chip;sensor\"."},
    {"collector.hwmon.sensor-include", Pattern, "",
     "Which sensors alone to show, by \"chip;sensor\"."},
    {"collector.pcidevice.idsfile", Text, "",
     "Where names of PCI devices are, instead of the usual pci.ids."},
    {"collector.pcidevice.names", Switch, "false", "Whether to show names of PCI devices."},
    {"collector.powersupply.ignored-supplies", Pattern, "^$", "Which power supplies to leave out."},
    {"collector.rapl.enable-zone-label", Switch, "false",
     "Whether one family shows all zones of energy, by a label."},
};

}  // namespace

Area hardware_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
