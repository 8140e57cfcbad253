// A page of the text format 0.0.4 as protobuf: messages io.prometheus.client.MetricFamily
// (github.com/prometheus/client_model, metrics.proto), each after its length as a varint.
// Written by hand, at a fraction of what making message objects costs. Pure.
//
// Lines that are no samples are left out, and so are samples whose family has no TYPE line
// of one of the format's five types.
#pragma once

#include <string>
#include <string_view>

namespace joist::metrics {

// Replaces `out`, which may not hold `page`.
void to_protobuf(std::string_view page, std::string& out);

}  // namespace joist::metrics
