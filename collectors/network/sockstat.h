// Sockets in use, by protocol and state.
//
// Source: /proc/net/sockstat and /proc/net/sockstat6 (proc_pid_net(5)): "TCP: inuse 5
//         orphan 0 …"; mem is in pages.
// Emits:  node_sockstat_sockets_used, node_sockstat_<protocol>_{inuse,orphan,tw,alloc,mem,
//         memory,mem_bytes}  gauge
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/collector.h"
#include "collectors/listing.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/roots.h"

namespace joist::collectors {

inline constexpr std::array<std::string_view, 6> kSockstatStates{"inuse", "orphan", "tw",
                                                                 "alloc", "mem",    "memory"};

struct SockstatLine {
  std::string_view protocol;                                               // "sockets", "TCP"
  std::array<std::optional<std::int64_t>, kSockstatStates.size()> values;  // in that order
  std::optional<std::int64_t> used;                                        // of the line "sockets"
};

// Nothing if the line is not "protocol: name number …". Names of kernels to come are ignored.
std::optional<SockstatLine> parse_sockstat_line(std::string_view line);

// Of the whole file: "UDP", "UDP6". Nothing where it does not say.
std::optional<std::int64_t> sockets_in_use(std::string_view text, std::string_view protocol);

class SockstatCollector final : public Collector {
 public:
  explicit SockstatCollector(const Roots& roots);
  std::string_view name() const override { return "sockstat"; }
  Result<void> collect(Exposition& page) override;

 private:
  struct Protocol {
    std::string key;
    std::vector<Family> states;  // in the order of kSockstatStates, then mem_bytes
  };

  Result<void> show(SharedFile& file, Listing<Protocol>& protocols, Exposition& page);
  void show_line(const SockstatLine& line, const Protocol& protocol, Exposition& page) const;

  const std::int64_t page_bytes_;
  std::shared_ptr<SharedFile> v4_, v6_;
  Listing<Protocol> v4_protocols_, v6_protocols_;
  MalformedLines malformed_;
  const Family used_;
};

}  // namespace joist::collectors
