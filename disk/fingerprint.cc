#include "disk/fingerprint.h"

namespace joist::disk {

Digest& Digest::add(std::string_view field) {
  add(field.size());
  hash_.update(field);
  return *this;
}

Digest& Digest::add(std::uint64_t number) {
  std::string bytes(sizeof number, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  hash_.update(bytes);
  return *this;
}

std::string fingerprint(const ProbeResult& found) {
  Digest digest("joist-fingerprint-1");
  digest.add(found.size_bytes).add(found.logical_sector_bytes).add(found.truncated ? 1U : 0U);
  digest.add(found.signatures.size());
  for (const Signature& signature : found.signatures) {
    digest.add(signature.type).add(signature.usage);
    digest.add(signature.offset_bytes).add(signature.length_bytes);
    digest.add(signature.label).add(signature.uuid).add(signature.owner);
  }
  digest.add(found.partitions.size());
  for (const Partition& partition : found.partitions) {
    digest.add(partition.start_bytes).add(partition.size_bytes).add(partition.type);
  }
  digest.add(found.content_digest);
  return digest.finish();
}

}  // namespace joist::disk
