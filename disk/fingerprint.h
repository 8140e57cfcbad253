// Digests that a consent is bound to. Pure.
//
// A digest is SHA-256 over fields, each led by its length, so that no two lists of fields read the
// same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/sha256.h"
#include "disk/probe_result.h"

namespace joist::disk {

class Digest {
 public:
  // `what`: of what it is, so that no digest of one thing is one of another: "joist-plan-1".
  explicit Digest(std::string_view what) { add(what); }

  Digest& add(std::string_view field);
  Digest& add(std::uint64_t number);

  // The number of an enumerator.
  template <typename Enum>
  requires std::is_enum_v<Enum> Digest& add(Enum value) {
    return add(static_cast<std::uint64_t>(value));
  }

  // 32 bytes. Nothing may follow.
  std::string finish() { return hash_.finish(); }

 private:
  Sha256 hash_;
};

// Over everything that was found on a disk: signatures, partitions, and each byte of the sampled
// areas. Not over names of the kernel, which another boot changes. 32 bytes.
std::string fingerprint(const ProbeResult& found);

}  // namespace joist::disk
