#include "disk/probe_result.h"

#include "base/printable.h"
#include "base/sha256.h"

namespace joist::disk {
namespace {

std::string shown(const std::string& text) { return printable(text, kProbedTextMax); }

Confidence confidence_of(v1::Confidence confidence) {
  switch (confidence) {
    case v1::CONFIDENCE_CHECKED:
      return Confidence::Checked;
    case v1::CONFIDENCE_PLAUSIBLE:
      return Confidence::Plausible;
    default:
      return Confidence::Magic;
  }
}

v1::Confidence to_message(Confidence confidence) {
  switch (confidence) {
    case Confidence::Checked:
      return v1::CONFIDENCE_CHECKED;
    case Confidence::Plausible:
      return v1::CONFIDENCE_PLAUSIBLE;
    case Confidence::Magic:
      break;
  }
  return v1::CONFIDENCE_MAGIC;
}

}  // namespace

v1::ProbeResponse to_message(const ProbeResult& result) {
  v1::ProbeResponse message;
  message.set_diskseq(result.diskseq);
  message.set_size_bytes(result.size_bytes);
  message.set_logical_sector_bytes(result.logical_sector_bytes);
  message.set_physical_sector_bytes(result.physical_sector_bytes);
  message.set_read_only(result.read_only);
  message.set_held(result.held);
  message.set_truncated(result.truncated);
  message.set_content_digest(result.content_digest);
  for (const Signature& signature : result.signatures) {
    v1::Signature& out = *message.add_signatures();
    out.set_type(shown(signature.type));
    out.set_usage(shown(signature.usage));
    out.set_offset_bytes(signature.offset_bytes);
    out.set_length_bytes(signature.length_bytes);
    out.set_label(shown(signature.label));
    out.set_uuid(shown(signature.uuid));
    out.set_device(shown(signature.device));
    out.set_owner(shown(signature.owner));
    if (!signature.owner.empty()) out.set_confidence(to_message(signature.confidence));
  }
  for (const Partition& partition : result.partitions) {
    v1::Partition& out = *message.add_partitions();
    out.set_name(shown(partition.name));
    out.set_start_bytes(partition.start_bytes);
    out.set_size_bytes(partition.size_bytes);
    out.set_type(shown(partition.type));
  }
  for (const std::string& holder : result.holders) message.add_holders(shown(holder));
  for (const std::uint64_t offset : result.data_offsets_bytes) {
    message.add_data_offsets_bytes(offset);
  }
  return message;
}

Result<ProbeResult> from_message(const v1::ProbeResponse& message) {
  const auto over = [](int size, std::size_t limit) {
    return static_cast<std::size_t>(size) > limit;
  };
  if (over(message.signatures_size(), kSignaturesMax) ||
      over(message.partitions_size(), kPartitionsMax) ||
      over(message.holders_size(), kHoldersMax) ||
      over(message.data_offsets_bytes_size(), kDataOffsetsMax) ||
      message.content_digest().size() > kSha256Bytes) {
    return fail(ErrorCode::Malformed, "probe answer lists more than an answer may");
  }
  ProbeResult result;
  result.diskseq = message.diskseq();
  result.size_bytes = message.size_bytes();
  result.logical_sector_bytes = message.logical_sector_bytes();
  result.physical_sector_bytes = message.physical_sector_bytes();
  result.read_only = message.read_only();
  result.held = message.held();
  result.truncated = message.truncated();
  result.content_digest = message.content_digest();
  for (const v1::Signature& in : message.signatures()) {
    result.signatures.push_back({in.type(), in.usage(), in.offset_bytes(), in.length_bytes(),
                                 in.label(), in.uuid(), in.device(), in.owner(),
                                 confidence_of(in.confidence())});
  }
  for (const v1::Partition& in : message.partitions()) {
    result.partitions.push_back({in.name(), in.start_bytes(), in.size_bytes(), in.type()});
  }
  result.holders.assign(message.holders().begin(), message.holders().end());
  result.data_offsets_bytes.assign(message.data_offsets_bytes().begin(),
                                   message.data_offsets_bytes().end());
  return result;
}

}  // namespace joist::disk
