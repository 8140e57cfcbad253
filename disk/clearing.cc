#include "disk/clearing.h"

#include <algorithm>

namespace joist::disk {
namespace {

constexpr std::uint64_t kChunkBytes = std::uint64_t{1} << 20;

// The front: what everybody looks at first.
constexpr std::uint64_t kFrontBytes = std::uint64_t{1} << 20;

bool is_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

std::uint64_t end_of(const v1::SavedRun& run) { return run.offset_bytes() + run.bytes().size(); }

bool holds(const v1::SavedRun& run, std::uint64_t offset_bytes, std::string_view sector) {
  return run.offset_bytes() <= offset_bytes &&
         std::string_view(run.bytes()).substr(offset_bytes - run.offset_bytes(), sector.size()) ==
             sector;
}

// Calls `take` with pieces of the range that fit in memory.
template <typename Take>
Result<void> read_in_chunks(BlockTarget& target, const ByteRange& range, Take take) {
  for (std::uint64_t at = range.start_bytes; at < range.end_bytes();) {
    const std::uint64_t size_bytes = std::min(kChunkBytes, range.end_bytes() - at);
    const auto bytes = target.read({at, size_bytes});
    if (!bytes) return tl::unexpected<Error>(bytes.error());
    if (auto taken = take(at, *bytes); !taken) return taken;
    at += size_bytes;
  }
  return {};
}

void append(v1::SavedBytes& saved, std::uint64_t offset_bytes, std::string_view sector) {
  if (saved.runs_size() > 0) {
    v1::SavedRun& last = *saved.mutable_runs(saved.runs_size() - 1);
    const bool goes_on = last.offset_bytes() + last.bytes().size() == offset_bytes;
    if (goes_on && last.bytes().size() < kChunkBytes) {
      last.mutable_bytes()->append(sector);
      return;
    }
  }
  v1::SavedRun& run = *saved.add_runs();
  run.set_offset_bytes(offset_bytes);
  run.set_bytes(std::string(sector));
}

// A journal is read from a file: what it names must be possible.
Result<void> check_runs(const BlockTarget& target, const v1::SavedBytes& saved) {
  std::uint64_t end_bytes = 0;
  for (const v1::SavedRun& run : saved.runs()) {
    const std::uint64_t size_bytes = run.bytes().size();
    const bool whole = size_bytes > 0 && run.offset_bytes() % target.sector_bytes() == 0 &&
                       size_bytes % target.sector_bytes() == 0;
    const bool inside = run.offset_bytes() >= end_bytes &&
                        run.offset_bytes() <= target.size_bytes() &&
                        size_bytes <= target.size_bytes() - run.offset_bytes();
    if (!whole || !inside) {
      return fail(ErrorCode::Malformed, "the saved bytes do not fit this disk, at byte " +
                                            std::to_string(run.offset_bytes()));
    }
    end_bytes = run.offset_bytes() + size_bytes;
  }
  return {};
}

// That each sector of the run is as it was saved, or zero.
Result<void> check_ours(BlockTarget& target, const v1::SavedRun& run) {
  const auto now = target.read({run.offset_bytes(), run.bytes().size()});
  if (!now) return tl::unexpected<Error>(now.error());
  const std::uint32_t sector_bytes = target.sector_bytes();
  for (std::size_t at = 0; at < run.bytes().size(); at += sector_bytes) {
    const auto found = std::string_view(*now).substr(at, sector_bytes);
    if (is_zero(found) || found == std::string_view(run.bytes()).substr(at, sector_bytes)) continue;
    return fail(ErrorCode::Refused, "somebody wrote to the disk since it was saved, at byte " +
                                        std::to_string(run.offset_bytes() + at) +
                                        "; nothing is changed");
  }
  return {};
}

Result<void> check_all_ours(BlockTarget& target, const v1::SavedBytes& saved) {
  if (auto good = check_runs(target, saved); !good) return good;
  for (const v1::SavedRun& run : saved.runs()) {
    if (auto ours = check_ours(target, run); !ours) return ours;
  }
  return {};
}

// Each run once: from the end, with all that is not at the front on the medium before the first of
// the front is written. A run may lie across the end of the front: it is written in two then.
template <typename Write>
Result<void> write_front_last(BlockTarget& target, const v1::SavedBytes& saved, Write write) {
  for (const ByteRange& part :
       {ByteRange{kFrontBytes, ~std::uint64_t{0} - kFrontBytes}, ByteRange{0, kFrontBytes}}) {
    for (int index = saved.runs_size(); index-- > 0;) {
      const v1::SavedRun& run = saved.runs(index);
      const std::uint64_t start_bytes = std::max(run.offset_bytes(), part.start_bytes);
      const std::uint64_t end_bytes = std::min(end_of(run), part.end_bytes());
      if (start_bytes >= end_bytes) continue;
      const auto bytes = std::string_view(run.bytes())
                             .substr(start_bytes - run.offset_bytes(), end_bytes - start_bytes);
      if (auto written = write(start_bytes, bytes); !written) return written;
    }
    if (auto flushed = target.flush(); !flushed) return flushed;
  }
  return {};
}

}  // namespace

Result<v1::SavedBytes> save_bytes(BlockTarget& target, const std::vector<ByteRange>& ranges) {
  v1::SavedBytes saved;
  std::uint64_t saved_bytes = 0;
  const std::uint32_t sector_bytes = target.sector_bytes();
  for (const ByteRange& range : ranges) {
    const auto take = [&](std::uint64_t at, std::string_view bytes) -> Result<void> {
      for (std::size_t into = 0; into < bytes.size(); into += sector_bytes) {
        const auto sector = bytes.substr(into, sector_bytes);
        if (is_zero(sector)) continue;
        saved_bytes += sector.size();
        if (saved_bytes > kSavedBytesMax) {
          return fail(ErrorCode::Refused, "more would be cleared than can be saved");
        }
        append(saved, at + into, sector);
      }
      return {};
    };
    if (auto read = read_in_chunks(target, range, take); !read) {
      return fail(read.error(), "save what is to be cleared");
    }
  }
  return saved;
}

Result<void> clear_bytes(BlockTarget& target, const v1::SavedBytes& saved) {
  if (auto ours = check_all_ours(target, saved); !ours) return ours;
  return write_front_last(target, saved,
                          [&target](std::uint64_t offset_bytes, std::string_view bytes) {
                            return target.write(offset_bytes, std::string(bytes.size(), '\0'));
                          });
}

Result<void> check_nothing_else(BlockTarget& target, const std::vector<ByteRange>& ranges,
                                const v1::SavedBytes& saved) {
  if (auto good = check_runs(target, saved); !good) return good;
  const std::uint32_t sector_bytes = target.sector_bytes();
  int at_run = 0;  // runs and ranges both go upwards
  for (const ByteRange& range : ranges) {
    const auto take = [&](std::uint64_t at, std::string_view bytes) -> Result<void> {
      for (std::size_t into = 0; into < bytes.size(); into += sector_bytes) {
        const auto sector = bytes.substr(into, sector_bytes);
        if (is_zero(sector)) continue;
        const std::uint64_t offset_bytes = at + into;
        while (at_run < saved.runs_size() && end_of(saved.runs(at_run)) <= offset_bytes) ++at_run;
        if (at_run < saved.runs_size() && holds(saved.runs(at_run), offset_bytes, sector)) continue;
        return fail(ErrorCode::Refused, "somebody wrote to the disk since it was saved, at byte " +
                                            std::to_string(offset_bytes) + "; nothing is changed");
      }
      return {};
    };
    if (auto read = read_in_chunks(target, range, take); !read) return read;
  }
  return {};
}

Result<void> check_clear(BlockTarget& target, const std::vector<ByteRange>& ranges) {
  for (const ByteRange& range : ranges) {
    const auto take = [](std::uint64_t at, std::string_view bytes) -> Result<void> {
      const auto data = bytes.find_first_not_of('\0');
      if (data == std::string_view::npos) return {};
      return fail(ErrorCode::Io, "byte " + std::to_string(at + data) +
                                     " is not zero after it was zeroed; the disk does not keep "
                                     "what it is given, or somebody else writes to it");
    };
    if (auto read = read_in_chunks(target, range, take); !read) {
      return fail(read.error(), "read back what was cleared");
    }
  }
  return {};
}

Result<void> restore_bytes(BlockTarget& target, const v1::SavedBytes& saved) {
  if (auto ours = check_all_ours(target, saved); !ours) return ours;
  auto written = write_front_last(target, saved,
                                  [&target](std::uint64_t offset_bytes, std::string_view bytes) {
                                    return target.write(offset_bytes, bytes);
                                  });
  if (!written) return written;
  for (const v1::SavedRun& run : saved.runs()) {
    const auto now = target.read({run.offset_bytes(), run.bytes().size()});
    if (!now) return fail(now.error(), "read back what was restored");
    if (*now != run.bytes()) {
      return fail(ErrorCode::Io, "what was restored does not read back, from byte " +
                                     std::to_string(run.offset_bytes()) + " on");
    }
  }
  return {};
}

}  // namespace joist::disk
