// SHA-256 (FIPS 180-4) and the two spellings of bytes that Joist uses.
// Bytes travel in std::string, as protobuf has them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace joist {

inline constexpr std::size_t kSha256Bytes = 32;

// Over pieces: what update() was given, as if in one.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);

  // 32 bytes. Nothing may follow.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// 32 bytes.
std::string sha256(std::string_view bytes);

// "00ff", lower case.
std::string to_hex(std::string_view bytes);

// RFC 4648 section 5, without padding. Decoding takes only what encoding makes:
// no padding, no white space, no stray bits at the end; else Malformed.
std::string to_base64url(std::string_view bytes);
Result<std::string> from_base64url(std::string_view text);

// Takes as long for a wrong first byte as for a wrong last one.
bool equal_in_constant_time(std::string_view left, std::string_view right);

}  // namespace joist
