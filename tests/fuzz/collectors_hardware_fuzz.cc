// Any text for what the files and names of hardware hold; the first byte chooses the parser.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "collectors/exposition.h"
#include "collectors/fields.h"
#include "collectors/hardware/drbd.h"
#include "collectors/hardware/edac.h"
#include "collectors/hardware/hwmon.h"
#include "collectors/hardware/nvme.h"
#include "collectors/hardware/nvmesubsystem.h"
#include "collectors/hardware/pcidevice.h"
#include "collectors/hardware/rapl.h"

namespace {

using namespace joist::collectors;

void read_sensor(std::string_view text) {
  const auto file = parse_hwmon_file(text);
  if (!file) return;
  const auto family = hwmon_family(file->type, file->property, text.size() % 2 == 0);
  if (!is_metric_name(family.name)) std::abort();
}

void read_drbd(std::string_view text) {
  Fields words(text);
  for (auto word = words.next(); !word.empty(); word = words.next()) parse_drbd_word(word);
}

void read_pci(std::string_view text) {
  parse_pci_location(text);
  parse_pci_link_speed(text);
  parse_pci_link_width(text);
  const PciIds ids{"010802", "1022", "1634", "17aa", "5095"};
  PciNames names;
  want_pci_names(ids, names);
  fill_pci_names(text, names);
  name_pci_device(ids, names);
}

void read_numbers(std::string_view text) {
  parse_any_base(text);
  parse_thousandths(text);
  parse_millionths(text);
  parse_tenths(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      read_sensor(text);
      break;
    case 1:
      clean_hwmon_name(text);
      break;
    case 2:
      read_drbd(text);
      break;
    case 3:
      read_pci(text);
      break;
    case 4:
      parse_edac_channel(text);
      edac_dimm_label(text);
      break;
    case 5:
      parse_nvme_path(text);
      nvme_entry(text);
      nvme_path_state(text);
      break;
    default:
      name_rapl_zone(text, {{"core", 1}});
      read_numbers(text);
  }
  return 0;
}
