#include "collectors/network/udp_queues.h"

#include <cstdint>

#include "collectors/fields.h"
#include "collectors/network/socket_queues.h"
#include "collectors/network/sockstat.h"
#include "collectors/shared_file.h"

namespace joist::collectors {
namespace {

ModuleFile open_later(const Roots& roots, std::string_view path) {
  return {roots.proc(), path, ProcFile::Shape::ShortRecords, 16384, roots.devices};
}

}  // namespace

UdpQueuesCollector::UdpQueuesCollector(const Roots& roots)
    : live_(roots.live()),
      protocols_{{{open_later(roots, "net/udp"),
                   roots.shared_proc_file("net/sockstat"),
                   "UDP",
                   {{"ip", "v4"}, {"queue", "rx"}},
                   {{"ip", "v4"}, {"queue", "tx"}}},
                  {open_later(roots, "net/udp6"),
                   roots.shared_proc_file("net/sockstat6"),
                   "UDP6",
                   {{"ip", "v6"}, {"queue", "rx"}},
                   {{"ip", "v6"}, {"queue", "tx"}}}}},
      queues_("node_udp_queues",
              "Number of allocated memory in the kernel for UDP datagrams in bytes.",
              MetricType::Gauge) {}

Result<UdpQueuesCollector::Waiting> UdpQueuesCollector::count(Protocol& protocol) {
  if (live_) {  // a recorded tree's files need not be of one moment
    const auto summary = protocol.sockstat->read();
    if (summary && sockets_in_use(**summary, protocol.name) == 0) return Waiting();
  }
  const auto text = protocol.file.read();
  if (!text) return tl::unexpected<Error>(text.error());
  Waiting waiting;
  Lines lines(*text);
  std::string_view line;
  lines.next(line);  // the header
  while (lines.next(line)) {
    const auto socket = parse_socket_line(line);
    if (!socket) {
      malformed_.report(protocol.file.path(), line);
      continue;
    }
    waiting.receive_bytes += socket->receive_queue_bytes;
    waiting.transmit_bytes += socket->transmit_queue_bytes;
  }
  return waiting;
}

Result<void> UdpQueuesCollector::collect(Exposition& page) {
  bool any = false;
  page.begin(queues_);
  for (Protocol& protocol : protocols_) {
    const auto waiting = count(protocol);
    if (!waiting && waiting.error().code == ErrorCode::NotFound) continue;
    if (!waiting) return tl::unexpected<Error>(waiting.error());
    any = true;
    page.sample(protocol.receive, waiting->receive_bytes);
    page.sample(protocol.transmit, waiting->transmit_bytes);
  }
  if (!any) return fail(ErrorCode::NotFound, "no UDP");
  return {};
}

}  // namespace joist::collectors
