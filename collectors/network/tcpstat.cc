#include "collectors/network/tcpstat.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

// By the kernel's numbers (include/net/tcp_states.h).
constexpr std::array<std::string_view, 12> kStateNames{
    "unknown",   "established", "syn_sent",   "syn_recv", "fin_wait1", "fin_wait2",
    "time_wait", "close",       "close_wait", "last_ack", "listen",    "closing"};

constexpr std::uint32_t kAllStates = 0xFFF;

}  // namespace

std::optional<SocketLine> parse_inet_diag(std::string_view payload) {
  if (payload.size() < sizeof(inet_diag_msg)) return std::nullopt;
  const auto message = read_packed<inet_diag_msg>(payload);
  return SocketLine{message.idiag_state, message.idiag_wqueue, message.idiag_rqueue};
}

TcpstatCollector::TcpstatCollector(const Roots& roots)
    : live_(roots.live()),
      diagnosis_(NETLINK_SOCK_DIAG, "the TCP sockets"),
      v4_(roots.proc(), "net/tcp", ProcFile::Shape::ShortRecords, 16384, roots.devices),
      v6_(roots.proc(), "net/tcp6", ProcFile::Shape::ShortRecords, 16384, roots.devices),
      states_("node_tcp_connection_states", "Number of connection states.", MetricType::Gauge),
      receive_{{"state", "rx_queued_bytes"}},
      transmit_{{"state", "tx_queued_bytes"}} {
  for (const std::string_view state : kStateNames) labels_.push_back(Labels{{"state", state}});
}

void TcpstatCollector::clear() {
  sockets_ = {};
  receive_bytes_ = 0;
  transmit_bytes_ = 0;
  any_ = false;
}

void TcpstatCollector::count(const SocketLine& socket) {
  any_ = true;
  ++sockets_[socket.state < kStates ? socket.state : 0];
  receive_bytes_ += socket.receive_queue_bytes;
  transmit_bytes_ += socket.transmit_queue_bytes;
}

Result<void> TcpstatCollector::ask_kernel() {
  for (const std::uint8_t family : {std::uint8_t{AF_INET}, std::uint8_t{AF_INET6}}) {
    inet_diag_req_v2 request{};
    request.sdiag_family = family;
    request.sdiag_protocol = IPPROTO_TCP;
    request.idiag_states = kAllStates;
    auto dump = diagnosis_.dump(SOCK_DIAG_BY_FAMILY, bytes_of(request),
                                [this](const NetlinkMessage& message) {
                                  if (const auto socket = parse_inet_diag(message.payload)) {
                                    count(*socket);
                                  }
                                });
    if (!dump) return tl::unexpected<Error>(dump.error());
  }
  return {};
}

Result<void> TcpstatCollector::read_file(ModuleFile& file) {
  const auto text = file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  Lines lines(*text);
  std::string_view line;
  lines.next(line);  // the header
  while (lines.next(line)) {
    if (const auto socket = parse_socket_line(line)) {
      count(*socket);
    } else {
      malformed_.report(file.path(), line);
    }
  }
  return {};
}

Result<void> TcpstatCollector::collect(Exposition& page) {
  clear();
  if (!live_ || !ask_kernel()) {
    clear();
    if (auto read = read_file(v4_); !read) return read;
    auto read = read_file(v6_);
    const bool switched_off = !read && read.error().code == ErrorCode::NotFound;
    if (!read && !switched_off) return read;
  }
  page.begin(states_);
  for (std::size_t state = 0; state < kStates; ++state) {
    if (sockets_[state] > 0) page.sample(labels_[state], sockets_[state]);
  }
  if (!any_) return {};
  page.sample(receive_, receive_bytes_);
  page.sample(transmit_, transmit_bytes_);
  return {};
}

}  // namespace joist::collectors
