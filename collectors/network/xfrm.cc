#include "collectors/network/xfrm.h"

#include <string>

namespace joist::collectors {
namespace {

struct Counter {
  std::string_view key;   // in the file
  std::string_view name;  // of node_xfrm_…_packets_total
  std::string_view help;
};

constexpr Counter kCounters[] = {
    {"XfrmInError", "in_error", "All errors not matched by other"},
    {"XfrmInBufferError", "in_buffer_error", "No buffer is left"},
    {"XfrmInHdrError", "in_hdr_error", "Header error"},
    {"XfrmInNoStates", "in_no_states",
     "No state is found i.e. Either inbound SPI, address, or IPsec protocol at SA is wrong"},
    {"XfrmInStateProtoError", "in_state_proto_error",
     "Transformation protocol specific error e.g. SA key is wrong"},
    {"XfrmInStateModeError", "in_state_mode_error", "Transformation mode specific error"},
    {"XfrmInStateSeqError", "in_state_seq_error",
     "Sequence error i.e. Sequence number is out of window"},
    {"XfrmInStateExpired", "in_state_expired", "State is expired"},
    {"XfrmInStateMismatch", "in_state_mismatch",
     "State has mismatch option e.g. UDP encapsulation type is mismatch"},
    {"XfrmInStateInvalid", "in_state_invalid", "State is invalid"},
    {"XfrmInTmplMismatch", "in_tmpl_mismatch",
     "No matching template for states e.g. Inbound SAs are correct but SP rule is wrong"},
    {"XfrmInNoPols", "in_no_pols",
     "No policy is found for states e.g. Inbound SAs are correct but no SP is found"},
    {"XfrmInPolBlock", "in_pol_block", "Policy discards"},
    {"XfrmInPolError", "in_pol_error", "Policy error"},
    {"XfrmOutError", "out_error", "All errors which is not matched others"},
    {"XfrmOutBundleGenError", "out_bundle_gen_error", "Bundle generation error"},
    {"XfrmOutBundleCheckError", "out_bundle_check_error", "Bundle check error"},
    {"XfrmOutNoStates", "out_no_states", "No state is found"},
    {"XfrmOutStateProtoError", "out_state_proto_error", "Transformation protocol specific error"},
    {"XfrmOutStateModeError", "out_state_mode_error", "Transformation mode specific error"},
    {"XfrmOutStateSeqError", "out_state_seq_error", "Sequence error i.e. Sequence number overflow"},
    {"XfrmOutStateExpired", "out_state_expired", "State is expired"},
    {"XfrmOutPolBlock", "out_pol_block", "Policy discards"},
    {"XfrmOutPolDead", "out_pol_dead", "Policy is dead"},
    {"XfrmOutPolError", "out_pol_error", "Policy error"},
    {"XfrmFwdHdrError", "fwd_hdr_error", "Forward routing of a packet is not allowed"},
    {"XfrmOutStateInvalid", "out_state_invalid", "State is invalid, perhaps expired"},
    {"XfrmAcquireError", "acquire_error", "State hasn\u2019t been fully acquired before use"},
};

}  // namespace

XfrmCollector::XfrmCollector(const Roots& roots)
    : file_(roots.proc(), "net/xfrm_stat", ProcFile::Shape::Whole, 4096, roots.devices) {
  for (const Counter& counter : kCounters) {
    const std::string family = "node_xfrm_" + std::string(counter.name) + "_packets_total";
    lines_.add(counter.key, 0, sheet_.add({family, counter.help, MetricType::Counter}, Labels()));
  }
}

Result<void> XfrmCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  sheet_.blank();
  lines_.read_into(*text, file_.path(), sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
