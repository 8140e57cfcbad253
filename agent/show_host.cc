#include "agent/show_host.h"

#include "base/printable.h"
#include "base/version.h"

namespace joist::agent {
namespace {

constexpr std::size_t kTextMax = 256;

std::string shown_text(const std::string& text) { return printable(text, kTextMax); }

v1::Link show_link(const network::Link& link) {
  v1::Link shown;
  shown.set_name(shown_text(link.name));
  shown.set_mac(link.mac);
  shown.set_mtu_bytes(link.mtu_bytes);
  shown.set_state(shown_text(link.state));
  shown.set_speed_bits_per_second(link.speed_bits_per_second);
  for (const std::string& address : link.addresses) shown.add_addresses(address);
  return shown;
}

}  // namespace

const std::string& node_name(const v1::NodeSpec& spec, const host::Facts& facts) {
  return spec.name().empty() ? facts.name : spec.name();
}

v1::Host show_host(const v1::NodeSpec& spec, const host::Facts& facts,
                   const std::vector<network::Link>& links) {
  v1::Host host;
  host.set_name(shown_text(node_name(spec, facts)));
  host.set_machine_id(facts.machine_id);
  host.set_boot_id(facts.boot_id);
  host.set_os(shown_text(facts.os));
  host.set_kernel(shown_text(facts.kernel));
  host.set_architecture(shown_text(facts.architecture));
  host.set_cpus(facts.cpus);
  host.set_memory_bytes(facts.memory_bytes);
  host.mutable_boot_time()->set_seconds(facts.boot_time.count());
  host.set_agent_version(std::string(version()));
  *host.mutable_roles() = spec.roles();
  *host.mutable_labels() = spec.labels();
  for (const network::Link& link : links) *host.add_links() = show_link(link);
  return host;
}

}  // namespace joist::agent
