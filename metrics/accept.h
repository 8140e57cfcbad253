// Which format and which encoding of a page a request asks for, by its headers Accept and
// Accept-Encoding (RFC 9110, 12.5), as Prometheus 2 and 3 send them and
// client_golang reads them. Pure.
#pragma once

#include <string_view>

namespace joist::metrics {

enum class Format {
  Text,            // 0.0.4; also where the header asks for nothing known
  OpenMetrics001,  // the same text as 1.0.0, under the older number
  OpenMetrics100,
  Protobuf,  // io.prometheus.client.MetricFamily, each after its length
};

enum class Encoding { Identity, Gzip, Zstd };

// What is preferred most of what there is; of equals the first.
Format negotiate_format(std::string_view accept);

// Never one that is not accepted. zstd only where it is named, and then before gzip,
// which costs twice as much.
Encoding negotiate_encoding(std::string_view accept_encoding);

// For the header Content-Type: always with the version, without which Prometheus 3 refuses.
std::string_view content_type(Format format);

// For the header Content-Encoding; empty: none.
std::string_view content_encoding(Encoding encoding);

}  // namespace joist::metrics
