#include "collectors/network/udp_queues.h"

#include <cstdint>

#include "collectors/fields.h"
#include "collectors/network/socket_queues.h"

namespace joist::collectors {
namespace {

ModuleFile open_later(const Roots& roots, std::string_view path) {
  return {roots.proc(), path, ProcFile::Shape::ShortRecords, 16384, roots.devices};
}

}  // namespace

UdpQueuesCollector::UdpQueuesCollector(const Roots& roots)
    : protocols_{{{open_later(roots, "net/udp"),
                   {{"ip", "v4"}, {"queue", "rx"}},
                   {{"ip", "v4"}, {"queue", "tx"}}},
                  {open_later(roots, "net/udp6"),
                   {{"ip", "v6"}, {"queue", "rx"}},
                   {{"ip", "v6"}, {"queue", "tx"}}}}},
      queues_("node_udp_queues",
              "Number of allocated memory in the kernel for UDP datagrams in bytes.",
              MetricType::Gauge) {}

Result<void> UdpQueuesCollector::collect(Exposition& page) {
  bool any = false;
  page.begin(queues_);
  for (auto& [file, receive, transmit] : protocols_) {
    const auto text = file.read();
    if (!text && text.error().code == ErrorCode::NotFound) continue;
    if (!text) return tl::unexpected<Error>(text.error());
    any = true;
    std::uint64_t receive_bytes = 0;
    std::uint64_t transmit_bytes = 0;
    Lines lines(*text);
    std::string_view line;
    lines.next(line);  // the header
    while (lines.next(line)) {
      const auto socket = parse_socket_line(line);
      if (!socket) {
        malformed_.report(file.path(), line);
        continue;
      }
      receive_bytes += socket->receive_queue_bytes;
      transmit_bytes += socket->transmit_queue_bytes;
    }
    page.sample(receive, receive_bytes);
    page.sample(transmit, transmit_bytes);
  }
  if (!any) return fail(ErrorCode::NotFound, "no UDP");
  return {};
}

}  // namespace joist::collectors
