// The agent's side of joist-helper: one call, one connection, so that a helper
// that ends when idle, or is killed, costs one call at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "disk/probe_result.h"
#include "joist/v1/helper.pb.h"

namespace joist::agent {

class HelperClient {
 public:
  // `timeout` bounds a whole call. The helper gives a device 15 s by default
  // and then says so: let it.
  explicit HelperClient(std::string socket_path = "/run/joist/helper.sock",
                        std::chrono::milliseconds timeout = std::chrono::seconds(20))
      : socket_path_(std::move(socket_path)), timeout_(timeout) {}

  // Has the disk read. Blocks for up to the timeout: call it on a worker
  // thread; any number at once. `diskseq`: the attachment that is meant, 0 for
  // whichever is there.
  // Unavailable: no helper, no answer in time, or it ended meanwhile; ask again.
  // Unauthenticated: the helper serves another user. Refused: the name belongs
  // to another disk by now, or the device may not be opened. NotFound: no such
  // disk. Io: the device could not be read. Malformed: an answer or name that
  // makes no sense.
  Result<disk::ProbeResult> probe(std::string_view name, std::uint64_t diskseq) const;

  // Has the disk asked for its health, likewise. Unavailable also where smartctl is missing or
  // came to no end; Malformed where it said what makes no sense.
  Result<v1::HealthResponse> health(std::string_view name, std::uint64_t diskseq) const;

 private:
  Result<v1::HelperResponse> ask(const v1::HelperRequest& request, std::string_view name) const;

  std::string socket_path_;
  std::chrono::milliseconds timeout_;
};

}  // namespace joist::agent
