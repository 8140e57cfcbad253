// Frames of a session as a hostile node may send them: the input is cut at its
// length bytes into frames. Whatever comes, the report held stays whole.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "installer/node_session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using joist::installer::NodeSession;
  using joist::installer::SessionEnd;

  std::string_view rest(reinterpret_cast<const char*>(data), size);
  NodeSession session({}, [](const std::string& epoch) { return epoch == "old"; });
  joist::Moment now{};
  while (rest.size() >= 2) {
    const std::size_t length =
        static_cast<std::uint8_t>(rest[0]) * 256U + static_cast<std::uint8_t>(rest[1]);
    const std::string_view frame = rest.substr(2, length);
    rest.remove_prefix(2 + frame.size());
    now.boot += std::chrono::seconds(1);
    const std::uint64_t seq_before = session.report().seq();
    const auto step = session.on_frame(frame, now);
    if (step.report_changed) {
      const auto& report = session.report();
      if (report.digest() != joist::report_digest(report.items())) std::abort();
      if (report.seq() <= seq_before) std::abort();
    }
    if (step.end != SessionEnd::None) break;
  }
  return 0;
}
