// Any bytes as a disk: read to the end, and an answer that travels.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "base/unique_fd.h"
#include "disk/probe.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const joist::UniqueFd image(::memfd_create("disk", MFD_CLOEXEC));
  // Past the size below which libblkid skips the RAID formats.
  if (::ftruncate(image.get(), 2 << 20) != 0) return 0;
  if (::write(image.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  const auto result = joist::disk::probe(image.get(), "img0");
  if (!result) std::abort();
  const auto back = joist::disk::from_message(joist::disk::to_message(*result));
  if (!back || back->signatures.size() != result->signatures.size()) std::abort();
  return 0;
}
