// What a network driver says of its device through SIOCETHTOOL (ethtool(8)).
//
// Source: include/uapi/linux/ethtool.h; of the network namespace this process is in.
//         Needs no privilege for what is asked here.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace joist::collectors {

struct EthtoolDriver {
  std::string driver;
  std::string version;
  std::string firmware_version;
  std::string expansion_rom_version;
  std::string bus_info;
};

struct EthtoolSettings {
  std::int64_t speed_mbits = -1;  // -1: unknown
  std::uint8_t duplex = 0;        // DUPLEX_*
  std::uint8_t autonegotiation = 0;
  // The first 32 bits of the link modes (ETHTOOL_LINK_MODE_*), as old drivers have them alone.
  std::uint32_t supported = 0;
  std::uint32_t advertised = 0;
};

// "half", "full" or "unknown", as /sys/class/net/NAME/duplex.
std::string_view duplex_name(std::uint8_t duplex);

class EthtoolDevices {
 public:
  // NotFound: the driver does not say, or there is no such device.
  Result<EthtoolSettings> settings(std::string_view device);
  Result<EthtoolDriver> driver(std::string_view device);

  // The names of the driver's counters, and their values in the same order.
  Result<std::vector<std::string>> counter_names(std::string_view device);
  Result<void> read_counters(std::string_view device, std::vector<std::uint64_t>& values);

 private:
  // `request` begins with the command.
  Result<void> ask(std::string_view device, void* request);

  UniqueFd socket_;
  std::int8_t mask_words_ = 0;  // of this kernel's ETHTOOL_GLINKSETTINGS; 0: not asked yet
  std::vector<char> buffer_;
};

}  // namespace joist::collectors
