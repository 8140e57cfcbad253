#include "collectors/network/ethtool_device.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace joist::collectors {
namespace {

constexpr std::size_t kCountersMax = 65536;
constexpr std::size_t kMaskWordsMax = 127;

// The kernel fills fixed arrays, terminated by a zero where there is room.
template <std::size_t Size>
std::string text_of(const char (&field)[Size]) {
  return {field, strnlen(field, Size)};
}

}  // namespace

std::string_view duplex_name(std::uint8_t duplex) {
  switch (duplex) {
    case DUPLEX_HALF:
      return "half";
    case DUPLEX_FULL:
      return "full";
    default:
      return "unknown";
  }
}

Result<void> EthtoolDevices::ask(std::string_view device, void* request) {
  if (!socket_) {
    socket_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket_) return fail_errno(errno, "socket for ethtool");
  }
  ifreq name{};
  if (device.size() >= sizeof name.ifr_name) return fail(ErrorCode::NotFound, "no such device");
  std::ranges::copy(device, name.ifr_name);
  name.ifr_data = static_cast<char*>(request);
  if (::ioctl(socket_.get(), SIOCETHTOOL, &name) == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENODEV) return fail(ErrorCode::NotFound, "not told");
  return fail_errno(errno, "ethtool " + std::string(device));
}

Result<EthtoolSettings> EthtoolDevices::settings(std::string_view device) {
  const auto request_bytes = [](std::size_t words) {
    return sizeof(ethtool_link_settings) + 3 * words * sizeof(std::uint32_t);
  };
  buffer_.assign(request_bytes(kMaskWordsMax), 0);
  ethtool_link_settings request{};
  // A request with the wrong number of words is answered with the right one, negative.
  for (int attempt = 0; attempt < 2; ++attempt) {
    request = {};
    request.cmd = ETHTOOL_GLINKSETTINGS;
    request.link_mode_masks_nwords = mask_words_;
    std::memcpy(buffer_.data(), &request, sizeof request);
    if (auto asked = ask(device, buffer_.data()); !asked) {
      return tl::unexpected<Error>(asked.error());
    }
    std::memcpy(&request, buffer_.data(), sizeof request);
    if (request.link_mode_masks_nwords > 0) break;
    mask_words_ = static_cast<std::int8_t>(-request.link_mode_masks_nwords);
  }
  if (request.link_mode_masks_nwords <= 0) return fail(ErrorCode::NotFound, "not told");

  EthtoolSettings settings;
  settings.speed_mbits = static_cast<std::int32_t>(request.speed);
  settings.duplex = request.duplex;
  settings.autonegotiation = request.autoneg;
  const char* const masks = buffer_.data() + sizeof request;
  std::memcpy(&settings.supported, masks, sizeof settings.supported);
  std::memcpy(&settings.advertised,
              masks + static_cast<std::size_t>(request.link_mode_masks_nwords) * 4,
              sizeof settings.advertised);
  return settings;
}

Result<EthtoolDriver> EthtoolDevices::driver(std::string_view device) {
  ethtool_drvinfo request{};
  request.cmd = ETHTOOL_GDRVINFO;
  if (auto asked = ask(device, &request); !asked) return tl::unexpected<Error>(asked.error());
  return EthtoolDriver{text_of(request.driver), text_of(request.version),
                       text_of(request.fw_version), text_of(request.erom_version),
                       text_of(request.bus_info)};
}

Result<std::vector<std::string>> EthtoolDevices::counter_names(std::string_view device) {
  ethtool_drvinfo info{};
  info.cmd = ETHTOOL_GDRVINFO;
  if (auto asked = ask(device, &info); !asked) return tl::unexpected<Error>(asked.error());
  if (info.n_stats > kCountersMax) return fail(ErrorCode::Malformed, "too many counters");
  // Room for more: a driver may have grown its list since.
  buffer_.assign(sizeof(ethtool_gstrings) + std::size_t{info.n_stats + 64} * ETH_GSTRING_LEN, 0);
  ethtool_gstrings request{};
  request.cmd = ETHTOOL_GSTRINGS;
  request.string_set = ETH_SS_STATS;
  request.len = info.n_stats;
  std::memcpy(buffer_.data(), &request, sizeof request);
  if (auto asked = ask(device, buffer_.data()); !asked) {
    return tl::unexpected<Error>(asked.error());
  }
  std::memcpy(&request, buffer_.data(), sizeof request);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(request.len, info.n_stats); ++i) {
    const char* const name = buffer_.data() + sizeof request + i * ETH_GSTRING_LEN;
    names.emplace_back(name, strnlen(name, ETH_GSTRING_LEN));
  }
  return names;
}

Result<void> EthtoolDevices::read_counters(std::string_view device,
                                           std::vector<std::uint64_t>& values) {
  ethtool_stats request{};
  buffer_.assign(sizeof request + (values.size() + 64) * sizeof(std::uint64_t), 0);
  request.cmd = ETHTOOL_GSTATS;
  request.n_stats = static_cast<std::uint32_t>(values.size());
  std::memcpy(buffer_.data(), &request, sizeof request);
  if (auto asked = ask(device, buffer_.data()); !asked) return asked;
  std::memcpy(&request, buffer_.data(), sizeof request);
  if (request.n_stats != values.size()) return fail(ErrorCode::NotFound, "other counters now");
  std::memcpy(values.data(), buffer_.data() + sizeof request,
              values.size() * sizeof(std::uint64_t));
  return {};
}

}  // namespace joist::collectors
