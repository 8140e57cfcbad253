#include "collectors/network/infiniband.h"

#include <array>
#include <cmath>

#include "collectors/fields.h"

namespace joist::collectors {
namespace {

constexpr double kBytesInGbit = 125'000'000;
constexpr double kRateMax = 1e6;  // Gb/s

std::optional<double> parse_lane_words(std::string_view text) {
  const auto words = parse_uint(text);
  if (!words) return std::nullopt;
  return static_cast<double>(*words * 4);
}

std::optional<double> parse_counter(std::string_view text) {
  const auto value = parse_uint(text);
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

// Of milliseconds, as node_exporter rounds them.
std::optional<double> parse_whole_seconds(std::string_view text) {
  const auto milliseconds = parse_uint(text);
  if (!milliseconds) return std::nullopt;
  return static_cast<double>(*milliseconds / 1000);
}

struct Attribute {
  FamilyText family;
  const char* path;  // below ports/PORT
  AttributeSamples::Parse parse;
};

using MetricType::Counter;
using MetricType::Gauge;

constexpr Attribute kAttributes[] = {
    {{"node_infiniband_state_id",
      "State of the InfiniBand port (0: no change, 1: down, 2: init, 3: armed, 4: active, 5: act "
      "defer)",
      Gauge},
     "state",
     parse_infiniband_state},
    {{"node_infiniband_physical_state_id",
      "Physical state of the InfiniBand port (0: no change, 1: sleep, 2: polling, 3: disable, 4: "
      "shift, 5: link up, 6: link error recover, 7: phytest)",
      Gauge},
     "phys_state",
     parse_infiniband_state},
    {{"node_infiniband_rate_bytes_per_second", "Maximum signal transfer rate", Gauge},
     "rate",
     parse_infiniband_rate},
    {{"node_infiniband_legacy_multicast_packets_received_total",
      "Number of multicast packets received", Counter},
     "counters_ext/port_multicast_rcv_packets",
     parse_counter},
    {{"node_infiniband_legacy_multicast_packets_transmitted_total",
      "Number of multicast packets transmitted", Counter},
     "counters_ext/port_multicast_xmit_packets",
     parse_counter},
    {{"node_infiniband_legacy_data_received_bytes_total",
      "Number of data octets received on all links", Counter},
     "counters_ext/port_rcv_data_64",
     parse_lane_words},
    {{"node_infiniband_legacy_packets_received_total",
      "Number of data packets received on all links", Counter},
     "counters_ext/port_rcv_packets_64",
     parse_counter},
    {{"node_infiniband_legacy_unicast_packets_received_total", "Number of unicast packets received",
      Counter},
     "counters_ext/port_unicast_rcv_packets",
     parse_counter},
    {{"node_infiniband_legacy_unicast_packets_transmitted_total",
      "Number of unicast packets transmitted", Counter},
     "counters_ext/port_unicast_xmit_packets",
     parse_counter},
    {{"node_infiniband_legacy_data_transmitted_bytes_total",
      "Number of data octets transmitted on all links", Counter},
     "counters_ext/port_xmit_data_64",
     parse_lane_words},
    // Of what is sent; node_exporter's help says "received".
    {{"node_infiniband_legacy_packets_transmitted_total",
      "Number of data packets received on all links", Counter},
     "counters_ext/port_xmit_packets_64",
     parse_counter},
    {{"node_infiniband_link_downed_total",
      "Number of times the link failed to recover from an error state and went down", Counter},
     "counters/link_downed",
     parse_counter},
    {{"node_infiniband_link_error_recovery_total",
      "Number of times the link successfully recovered from an error state", Counter},
     "counters/link_error_recovery",
     parse_counter},
    {{"node_infiniband_multicast_packets_received_total",
      "Number of multicast packets received (including errors)", Counter},
     "counters/multicast_rcv_packets",
     parse_counter},
    {{"node_infiniband_multicast_packets_transmitted_total",
      "Number of multicast packets transmitted (including errors)", Counter},
     "counters/multicast_xmit_packets",
     parse_counter},
    {{"node_infiniband_port_constraint_errors_received_total",
      "Number of packets received on the switch physical port that are discarded", Counter},
     "counters/port_rcv_constraint_errors",
     parse_counter},
    {{"node_infiniband_port_constraint_errors_transmitted_total",
      "Number of packets not transmitted from the switch physical port", Counter},
     "counters/port_xmit_constraint_errors",
     parse_counter},
    {{"node_infiniband_port_data_received_bytes_total",
      "Number of data octets received on all links", Counter},
     "counters/port_rcv_data",
     parse_lane_words},
    {{"node_infiniband_port_data_transmitted_bytes_total",
      "Number of data octets transmitted on all links", Counter},
     "counters/port_xmit_data",
     parse_lane_words},
    {{"node_infiniband_port_discards_received_total",
      "Number of inbound packets discarded by the port because the port is down or congested",
      Counter},
     "counters/port_rcv_discards",
     parse_counter},
    {{"node_infiniband_port_discards_transmitted_total",
      "Number of outbound packets discarded by the port because the port is down or congested",
      Counter},
     "counters/port_xmit_discards",
     parse_counter},
    {{"node_infiniband_port_errors_received_total",
      "Number of packets containing an error that were received on this port", Counter},
     "counters/port_rcv_errors",
     parse_counter},
    {{"node_infiniband_port_packets_received_total",
      "Number of packets received on all VLs by this port (including errors)", Counter},
     "counters/port_rcv_packets",
     parse_counter},
    {{"node_infiniband_port_packets_transmitted_total",
      "Number of packets transmitted on all VLs from this port (including errors)", Counter},
     "counters/port_xmit_packets",
     parse_counter},
    {{"node_infiniband_port_transmit_wait_total",
      "Number of ticks during which the port had data to transmit but no data was sent during the "
      "entire tick",
      Counter},
     "counters/port_xmit_wait",
     parse_counter},
    {{"node_infiniband_unicast_packets_received_total",
      "Number of unicast packets received (including errors)", Counter},
     "counters/unicast_rcv_packets",
     parse_counter},
    {{"node_infiniband_unicast_packets_transmitted_total",
      "Number of unicast packets transmitted (including errors)", Counter},
     "counters/unicast_xmit_packets",
     parse_counter},
    {{"node_infiniband_excessive_buffer_overrun_errors_total",
      "Number of times that OverrunErrors consecutive flow control update periods "
      "occurred, each having at least one overrun error.",
      Counter},
     "counters/excessive_buffer_overrun_errors",
     parse_counter},
    {{"node_infiniband_local_link_integrity_errors_total",
      "Number of times that the count of local physical errors exceeded the threshold "
      "specified by LocalPhyErrors.",
      Counter},
     "counters/local_link_integrity_errors",
     parse_counter},
    {{"node_infiniband_port_receive_remote_physical_errors_total",
      "Number of packets marked with the EBP (End of Bad Packet) delimiter received on "
      "the port.",
      Counter},
     "counters/port_rcv_remote_physical_errors",
     parse_counter},
    {{"node_infiniband_port_receive_switch_relay_errors_total",
      "Number of packets that could not be forwarded by the switch.", Counter},
     "counters/port_rcv_switch_relay_errors",
     parse_counter},
    {{"node_infiniband_symbol_error_total",
      "Number of minor link errors detected on one or more physical lanes.", Counter},
     "counters/symbol_error",
     parse_counter},
    {{"node_infiniband_vl15_dropped_total",
      "Number of incoming VL15 packets dropped due to resource limitations.", Counter},
     "counters/VL15_dropped",
     parse_counter},
    {{"node_infiniband_duplicate_requests_packets_total",
      "The number of received packets. A duplicate request is a request that had been "
      "previously executed.",
      Counter},
     "hw_counters/duplicate_request",
     parse_counter},
    {{"node_infiniband_implied_nak_seq_errors_total",
      "The number of time the requested decided an ACK. with a PSN larger than the "
      "expected PSN for an RDMA read or response.",
      Counter},
     "hw_counters/implied_nak_seq_err",
     parse_counter},
    {{"node_infiniband_local_ack_timeout_errors_total",
      "The number of times QP's ack timer expired for RC, XRC, DCT QPs at the sender "
      "side. The QP retry limit was not exceed, therefore it is still recoverable "
      "error.",
      Counter},
     "hw_counters/local_ack_timeout_err",
     parse_counter},
    {{"node_infiniband_np_cnp_packets_sent_total",
      "The number of CNP packets sent by the Notification Point when it noticed "
      "congestion experienced in the RoCEv2 IP header (ECN bits). The counters was "
      "added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/np_cnp_sent",
     parse_counter},
    {{"node_infiniband_np_ecn_marked_roce_packets_received_total",
      "The number of RoCEv2 packets received by the notification point which were "
      "marked for experiencing the congestion (ECN bits where '11' on the ingress RoCE "
      "traffic) . The counters was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/np_ecn_marked_roce_packets",
     parse_counter},
    {{"node_infiniband_out_of_buffer_drops_total",
      "The number of drops occurred due to lack of WQE for the associated QPs.", Counter},
     "hw_counters/out_of_buffer",
     parse_counter},
    {{"node_infiniband_out_of_sequence_packets_received_total",
      "The number of out of sequence packets received.", Counter},
     "hw_counters/out_of_sequence",
     parse_counter},
    {{"node_infiniband_packet_sequence_errors_total",
      "The number of received NAK sequence error packets. The QP retry limit was not "
      "exceeded.",
      Counter},
     "hw_counters/packet_seq_err",
     parse_counter},
    {{"node_infiniband_req_cqes_errors_total",
      "The number of times requester detected CQEs completed with errors. The counters "
      "was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/req_cqe_error",
     parse_counter},
    {{"node_infiniband_req_cqes_flush_errors_total",
      "The number of times requester detected CQEs completed with flushed errors. The "
      "counters was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/req_cqe_flush_error",
     parse_counter},
    {{"node_infiniband_req_remote_access_errors_total",
      "The number of times requester detected remote access errors. The counters was "
      "added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/req_remote_access_errors",
     parse_counter},
    {{"node_infiniband_req_remote_invalid_request_errors_total",
      "The number of times requester detected remote invalid request errors. The "
      "counters was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/req_remote_invalid_request",
     parse_counter},
    {{"node_infiniband_resp_cqes_errors_total",
      "The number of times responder detected CQEs completed with errors. The counters "
      "was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/resp_cqe_error",
     parse_counter},
    {{"node_infiniband_resp_cqes_flush_errors_total",
      "The number of times responder detected CQEs completed with flushed errors. The "
      "counters was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/resp_cqe_flush_error",
     parse_counter},
    {{"node_infiniband_resp_local_length_errors_total",
      "The number of times responder detected local length errors. The counters was "
      "added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/resp_local_length_error",
     parse_counter},
    {{"node_infiniband_resp_remote_access_errors_total",
      "The number of times responder detected remote access errors. The counters was "
      "added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/resp_remote_access_errors",
     parse_counter},
    {{"node_infiniband_rnr_nak_retry_packets_received_total",
      "The number of received RNR NAK packets. The QP retry limit was not exceeded.", Counter},
     "hw_counters/rnr_nak_retry_err",
     parse_counter},
    {{"node_infiniband_roce_adp_retransmits_total",
      "The number of adaptive retransmissions for RoCE traffic. The counter was added "
      "in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
      Counter},
     "hw_counters/roce_adp_retrans",
     parse_counter},
    {{"node_infiniband_roce_adp_retransmits_timeout_total",
      "The number of times RoCE traffic reached timeout due to adaptive retransmission."
      " The counter was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
      Counter},
     "hw_counters/roce_adp_retrans_to",
     parse_counter},
    {{"node_infiniband_roce_slow_restart_used_total",
      "The number of times RoCE slow restart was used. The counter was added in "
      "MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
      Counter},
     "hw_counters/roce_slow_restart",
     parse_counter},
    {{"node_infiniband_roce_slow_restart_cnps_total",
      "The number of times RoCE slow restart generated CNP packets. The counter was "
      "added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
      Counter},
     "hw_counters/roce_slow_restart_cnps",
     parse_counter},
    {{"node_infiniband_roce_slow_restart_total",
      "The number of times RoCE slow restart changed state to slow restart. The counter"
      " was added in MLNX_OFED rev 5.0-1.0.0.0 and kernel v5.6.0",
      Counter},
     "hw_counters/roce_slow_restart_trans",
     parse_counter},
    {{"node_infiniband_rp_cnp_packets_handled_total",
      "The number of CNP packets handled by the Reaction Point HCA to throttle the "
      "transmission rate. The counters was added in MLNX_OFED 4.1",
      Counter},
     "hw_counters/rp_cnp_handled",
     parse_counter},
    {{"node_infiniband_rp_cnp_ignored_packets_received_total",
      "The number of CNP packets received and ignored by the Reaction Point HCA. This "
      "counter should not raise if RoCE Congestion Control was enabled in the network. "
      "If this counter raise, verify that ECN was enabled on the adapter.",
      Counter},
     "hw_counters/rp_cnp_ignored",
     parse_counter},
    {{"node_infiniband_rx_atomic_requests_total",
      "The number of received ATOMIC request for the associated QPs.", Counter},
     "hw_counters/rx_atomic_requests",
     parse_counter},
    {{"node_infiniband_rx_dct_connect_requests_total",
      "The number of received connection requests for the associated DCTs.", Counter},
     "hw_counters/rx_dct_connect",
     parse_counter},
    {{"node_infiniband_rx_icrc_encapsulated_errors_total",
      "The number of RoCE packets with ICRC errors. This counter was added in MLNX_OFED"
      " 4.4 and kernel 4.19",
      Counter},
     "hw_counters/rx_icrc_encapsulated",
     parse_counter},
    {{"node_infiniband_rx_read_requests_total",
      "The number of received READ requests for the associated QPs.", Counter},
     "hw_counters/rx_read_requests",
     parse_counter},
    {{"node_infiniband_rx_write_requests_total",
      "The number of received WRITE requests for the associated QPs.", Counter},
     "hw_counters/rx_write_requests",
     parse_counter},
    {{"node_infiniband_lifespan_seconds",
      "The maximum period in ms which defines the aging of the counter reads. Two "
      "consecutive reads within this period might return the same values.",
      Gauge},
     "hw_counters/lifespan",
     parse_whole_seconds},
};

constexpr FamilyText kInfo{"node_infiniband_info",
                           "Non-numeric data from /sys/class/infiniband/<device>, value is always "
                           "1.",
                           MetricType::Gauge};

}  // namespace

std::optional<double> parse_infiniband_state(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto id = parse_number<std::uint32_t>(trimmed(text.substr(0, colon)));
  if (!id) return std::nullopt;
  return *id;
}

std::optional<double> parse_infiniband_rate(std::string_view text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto gbits = parse_number<float>(text.substr(0, space));
  if (!gbits || !(*gbits >= 0) || *gbits > kRateMax) return std::nullopt;
  return std::floor(double{*gbits} * kBytesInGbit);
}

InfinibandCollector::InfinibandCollector(const Roots& roots)
    : sys_(roots.sys()), devices_(roots.sys(), "/class/infiniband", roots.devices) {}

void InfinibandCollector::meet_port(const std::string& device, const std::string& port) {
  const std::string directory = devices_.directory() + "/" + device + "/ports/" + port + "/";
  const Labels labels{{"device", device}, {"port", port}};
  for (const Attribute& attribute : kAttributes) {
    const std::string path = directory + attribute.path;
    if (!sys_.exists(path)) continue;
    attributes_.add(sys_, path, sheet_.add(attribute.family, labels), attribute.parse);
  }
}

void InfinibandCollector::meet(const std::string& device) {
  const std::string directory = devices_.directory() + "/" + device + "/";
  const auto text = [&](const char* attribute) {
    return sys_.read_line(directory + attribute).value_or("");
  };
  infos_.push_back(sheet_.add(kInfo, Labels{{"board_id", text("board_id")},
                                            {"device", device},
                                            {"firmware_version", text("fw_ver")},
                                            {"hca_type", text("hca_type")}}));
  const auto ports = sys_.list(directory + "ports");
  if (!ports) return;
  for (const std::string& port : *ports) {
    if (parse_uint(port)) meet_port(device, port);
  }
}

Result<void> InfinibandCollector::collect(Exposition& page) {
  const auto changed = devices_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) {
    sheet_.clear();
    attributes_.clear();
    infos_.clear();
    for (const std::string& device : devices_.names()) meet(device);
  }
  sheet_.blank();
  for (const auto place : infos_) sheet_.set(place, 1);
  attributes_.read_into(sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
