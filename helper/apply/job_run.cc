#include "helper/apply/job_run.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/sha256.h"
#include "base/wall_time.h"
#include "disk/clearing.h"
#include "disk/fingerprint.h"
#include "disk/found_text.h"
#include "disk/probed_ranges.h"
#include "helper/apply/filesystem.h"
#include "helper/apply/held_disk.h"
#include "helper/apply/mount_place.h"
#include "helper/apply/survey.h"

namespace joist::apply {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kComesWithin(60);
constexpr std::chrono::milliseconds kLookAgain(500);

constexpr std::uint64_t kZeroPieceBytes = std::uint64_t{64} << 20;

constexpr std::uint64_t kFrontBytes = std::uint64_t{1} << 20;

// While a whole disk is zeroed, how far it is is written down so often: what a crash costs.
constexpr std::chrono::seconds kNoteEvery(10);

bool is_blank(const disk::ProbeResult& found) {
  return found.signatures.empty() && found.partitions.empty() && found.data_offsets_bytes.empty() &&
         !found.truncated;
}

class JobRun {
 public:
  JobRun(v1::DiskJob job, const JobGround& ground) : job_(std::move(job)), ground_(ground) {}

  Result<v1::DiskJob> run() {
    while (job_.state() == v1::DISK_JOB_STATE_RUNNING) {
      const auto step = static_cast<int>(job_.step());
      if (step >= job_.planned().steps_size()) {
        end(v1::DISK_JOB_STATE_DONE, "");
      } else if (ground_.progress->cancelled || job_.cancelled()) {
        end(v1::DISK_JOB_STATE_CANCELLED, "");
      } else if (auto done = do_step(job_.planned().steps(step).kind()); done) {
        next_step();
      } else if (cancelled_within_) {
        end(v1::DISK_JOB_STATE_CANCELLED, done.error().message);
      } else {
        end(v1::DISK_JOB_STATE_FAILED, done.error().message);
      }
      if (auto written = write(); !written) return tl::unexpected<Error>(written.error());
    }
    return job_;
  }

  Result<v1::DiskJob> undo() {
    if (auto undone = put_back(); !undone) return tl::unexpected<Error>(undone.error());
    end(v1::DISK_JOB_STATE_UNDONE, "");
    if (auto written = write(); !written) return tl::unexpected<Error>(written.error());
    return job_;
  }

 private:
  Result<void> write() {
    *job_.mutable_change_time() = to_timestamp(std::chrono::system_clock::now());
    return ground_.store.write(job_);
  }

  void end(v1::DiskJobState state, const std::string& problem) {
    job_.set_state(state);
    job_.set_problem(problem);
    job_.set_done_bytes(ground_.progress->done_bytes);
    job_.set_total_bytes(ground_.progress->total_bytes);
  }

  void next_step() {
    job_.set_step(job_.step() + 1);
    job_.set_done_bytes(0);
    job_.set_total_bytes(0);
    *job_.mutable_step_time() = to_timestamp(std::chrono::system_clock::now());
    ground_.progress->done_bytes = 0;
    ground_.progress->total_bytes = 0;
  }

  Result<void> do_step(v1::DiskStepKind kind) {
    auto disk = take_disk();
    if (!disk) return tl::unexpected<Error>(disk.error());
    job_.set_logical_sector_bytes(disk->sector_bytes());
    job_.set_diskseq(disk->diskseq());
    auto done = check_place_of(*disk);
    if (done) done = do_step_on(*disk, kind);
    HeldDisk::let_go(std::move(*disk));
    return done;
  }

  // Before every step, and so before the first: nothing is lost for a place that is taken.
  Result<void> check_place_of(const HeldDisk& disk) const {
    if (job_.planned().mount_point().empty()) return {};
    return check_place(ground_.root, job_.planned(), disk.name());
  }

  Result<void> do_step_on(HeldDisk& disk, v1::DiskStepKind kind) {
    switch (kind) {
      case v1::DISK_STEP_KIND_CLEAR:
        return clear(disk);
      case v1::DISK_STEP_KIND_ZERO:
        return erase(disk, &HeldDisk::zero);
      case v1::DISK_STEP_KIND_DISCARD:
        return erase(disk, &HeldDisk::discard);
      case v1::DISK_STEP_KIND_VERIFY_BLANK:
        return verify_blank(disk);
      case v1::DISK_STEP_KIND_MAKE_FILESYSTEM:
        return make_filesystem_on(disk);
      case v1::DISK_STEP_KIND_MOUNT:
        return mount(disk);
      default:
        return fail(ErrorCode::Malformed, "a step that this joist-apply does not know");
    }
  }

  // Held from the first look at it to the end of the step. After a boot it may come later than we
  // do.
  Result<HeldDisk> take_disk() const {
    const auto end = steady_clock::now() + kComesWithin;
    for (;;) {
      auto disk = HeldDisk::take(ground_.root, job_.planned(), job_.logical_sector_bytes());
      const bool absent = !disk && disk.error().code == ErrorCode::NotFound;
      if (!absent || ground_.progress->cancelled || steady_clock::now() >= end) return disk;
      std::this_thread::sleep_for(kLookAgain);
    }
  }

  Result<disk::ProbeResult> probe(const HeldDisk& disk) const {
    return probe_disk(disk.name(), disk.diskseq(), ground_.probe_deadline);
  }

  // What is on it now is what its owner consented to lose.
  Result<disk::ProbeResult> probe_as_consented(const HeldDisk& disk) const {
    auto found = probe(disk);
    if (!found) return found;
    if (disk::fingerprint(*found) == job_.planned().fingerprint()) return found;
    return fail(ErrorCode::Refused,
                disk.name() +
                    " is not as it was when the plan was consented to; nothing is "
                    "written. Look at a new plan: joistctl disk plan");
  }

  Result<void> clear(HeldDisk& disk) {
    if (job_.saved_digest().empty()) {
      const auto found = probe_as_consented(disk);
      if (!found) return tl::unexpected<Error>(found.error());
      const auto saved = disk::save_bytes(disk, disk::ranges_to_clear(*found));
      if (!saved) return tl::unexpected<Error>(saved.error());
      // What was saved is what is cleared: nobody wrote between the look and the saving.
      if (auto still = probe_as_consented(disk); !still)
        return tl::unexpected<Error>(still.error());
      const auto digest = ground_.store.write_saved(job_.id(), *saved);
      if (!digest) return tl::unexpected<Error>(digest.error());
      job_.set_saved_digest(*digest);
      if (auto written = write(); !written) return written;
    }
    const auto saved = ground_.store.read_saved(job_);
    if (!saved) return tl::unexpected<Error>(saved.error());
    if (auto alone = check_nothing_else(disk, *saved); !alone) return alone;
    std::vector<disk::ByteRange> ranges;
    for (const v1::SavedRun& run : saved->runs()) {
      ranges.push_back({run.offset_bytes(), run.bytes().size()});
    }
    if (auto cleared = disk::clear_bytes(disk, *saved); !cleared) return cleared;
    if (auto clear = disk::check_clear(disk, ranges); !clear) return clear;
    return disk.reread_partitions();
  }

  // Wherever anybody writes first there is only what was saved: a part of it, or all. What was
  // written since a crash, or since the disk was handed over, is somebody's.
  static Result<void> check_nothing_else(HeldDisk& disk, const v1::SavedBytes& saved) {
    return disk::check_nothing_else(disk, disk::ranges_always_cleared(disk.size_bytes()), saved);
  }

  static Result<std::string> front_digest(HeldDisk& disk) {
    const auto front = disk.read({0, std::min(disk.size_bytes(), kFrontBytes)});
    if (!front) return front;
    return sha256(*front);
  }

  // Before the first byte, that it is as consented to; when it goes on, that the front, which goes
  // last, is as it was, and what was zeroed still is.
  Result<void> check_before_zeroing(HeldDisk& disk) {
    const auto front = front_digest(disk);
    if (!front) return tl::unexpected<Error>(front.error());
    if (job_.front_digest().empty()) {
      const auto found = probe_as_consented(disk);
      if (!found) return tl::unexpected<Error>(found.error());
      job_.set_front_digest(*front);
      return write();
    }
    const std::uint64_t zeroed_from = disk.size_bytes() - job_.done_bytes();
    std::vector<disk::ByteRange> zeroed;
    for (const disk::ByteRange& range : disk::sampled_ranges(disk.size_bytes())) {
      if (range.start_bytes >= zeroed_from) zeroed.push_back(range);
    }
    const bool at_front = zeroed_from <= kZeroPieceBytes;  // noted before it was begun
    if ((*front != job_.front_digest() && !at_front) || !disk::check_clear(disk, zeroed)) {
      return fail(ErrorCode::Refused,
                  "somebody wrote to the disk while it waited to be zeroed "
                  "further; nothing is written");
    }
    return {};
  }

  // All that was zeroed so far is on the medium.
  Result<void> note_zeroed(HeldDisk& disk, std::uint64_t done_bytes) {
    if (auto flushed = disk.flush(); !flushed) return flushed;
    job_.set_done_bytes(done_bytes);
    return write();
  }

  // The front goes last, as in disk/clearing.h: a disk that is half zeroed does not look blank.
  Result<void> erase(HeldDisk& disk, Result<void> (HeldDisk::*to_zeros)(const disk::ByteRange&)) {
    if (auto good = check_before_zeroing(disk); !good) return good;
    ground_.progress->total_bytes = disk.size_bytes();
    auto noted = steady_clock::now();
    std::uint64_t done_bytes = job_.done_bytes();
    while (done_bytes < disk.size_bytes()) {
      if (ground_.progress->cancelled) {
        cancelled_within_ = true;
        return fail(ErrorCode::Refused, "cancelled: of " + std::to_string(disk.size_bytes()) +
                                            " bytes the last " + std::to_string(done_bytes) +
                                            " are zero");
      }
      const std::uint64_t left_bytes = disk.size_bytes() - done_bytes;
      const bool front = left_bytes <= kZeroPieceBytes;
      if (front || steady_clock::now() - noted >= kNoteEvery) {
        if (auto written = note_zeroed(disk, done_bytes); !written) return written;
        noted = steady_clock::now();
      }
      const std::uint64_t piece_bytes = std::min(left_bytes, kZeroPieceBytes);
      const disk::ByteRange piece{left_bytes - piece_bytes, piece_bytes};
      if (auto zeroed = (disk.*to_zeros)(piece); !zeroed) return zeroed;
      done_bytes += piece_bytes;
      ground_.progress->done_bytes = done_bytes;
    }
    if (auto flushed = disk.flush(); !flushed) return flushed;
    if (auto clear = disk::check_clear(disk, disk::sampled_ranges(disk.size_bytes())); !clear) {
      return clear;
    }
    return disk.reread_partitions();
  }

  Result<void> verify_blank(HeldDisk& disk) {
    const auto found = probe(disk);
    if (!found) return tl::unexpected<Error>(found.error());
    if (is_blank(*found)) return {};
    const auto lines = disk::found_lines(*found);
    return fail(ErrorCode::Refused,
                "it is not blank: " + (lines.empty() ? "partitions" : lines.front()) +
                    " was found; somebody writes to it");
  }

  // What mkfs left when it was killed, or nothing: no other name may stand on it.
  Result<void> check_only_ours(const disk::ProbeResult& found) const {
    const std::string type = filesystem_type(job_.planned().filesystem());
    for (const disk::Signature& signature : found.signatures) {
      const bool nameless = signature.uuid.empty() && signature.type == type;
      if (nameless || signature.uuid == job_.planned().filesystem_uuid()) continue;
      return fail(ErrorCode::Refused,
                  "somebody else's " + signature.type + " is on it by now; nothing is written");
    }
    if (found.partitions.empty()) return {};
    return fail(ErrorCode::Refused, "it has partitions by now; nothing is written");
  }

  Result<void> make_filesystem_on(HeldDisk& disk) {
    const auto before = probe(disk);
    if (!before) return tl::unexpected<Error>(before.error());
    // The first time it is blank; later it may hold what an earlier try left.
    const bool again = job_.total_bytes() != 0;
    if (!again && !is_blank(*before)) {
      return fail(ErrorCode::Refused, "it is not blank any more; nothing is written");
    }
    if (auto ours = check_only_ours(*before); !ours) return ours;
    job_.set_total_bytes(disk.size_bytes());
    if (auto written = write(); !written) return written;

    disk.release_hold();  // mkfs takes the disk for itself
    if (auto made = make_filesystem(job_.planned(), disk.path()); !made) return made;
    if (auto held = disk.hold_again(); !held) return held;
    if (auto flushed = disk.flush(); !flushed) return flushed;
    const auto after = probe(disk);
    if (!after) return tl::unexpected<Error>(after.error());
    const bool there = std::ranges::any_of(after->signatures, [this](const auto& signature) {
      return signature.uuid == job_.planned().filesystem_uuid();
    });
    if (!there) return fail(ErrorCode::Io, "the new file system is not found on it");
    return check_only_ours(*after);
  }

  Result<void> mount(HeldDisk& disk) {
    const auto found = probe(disk);
    if (!found) return tl::unexpected<Error>(found.error());
    if (auto ours = check_only_ours(*found); !ours) return ours;
    const std::string name = disk.name();
    HeldDisk::let_go(std::move(disk));
    // udev makes the link that the unit waits for once nobody has the disk locked.
    return mount_at_every_boot(ground_.root, job_.planned(), name);
  }

  Result<void> put_back() {
    if (job_.state() == v1::DISK_JOB_STATE_RUNNING) {
      return fail(ErrorCode::Refused, "job " + job_.id() + " is under way; cancel it first");
    }
    if (job_.saved_digest().empty()) {
      return fail(ErrorCode::Refused,
                  "job " + job_.id() + " cleared nothing that was saved: there is nothing to undo");
    }
    const auto saved = ground_.store.read_saved(job_);
    if (!saved) return tl::unexpected<Error>(saved.error());
    auto disk = HeldDisk::take(ground_.root, job_.planned(), job_.logical_sector_bytes());
    if (!disk) return tl::unexpected<Error>(disk.error());
    auto done = put_back_on(*disk, *saved);
    HeldDisk::let_go(std::move(*disk));
    return done;
  }

  Result<void> put_back_on(HeldDisk& disk, const v1::SavedBytes& saved) const {
    if (auto alone = check_nothing_else(disk, saved); !alone) return alone;
    if (auto restored = disk::restore_bytes(disk, saved); !restored) return restored;
    if (auto read = disk.reread_partitions(); !read) return read;
    const auto found = probe(disk);
    if (!found) return tl::unexpected<Error>(found.error());
    if (disk::fingerprint(*found) == job_.planned().fingerprint()) return {};
    return fail(ErrorCode::Io,
                "all that was saved is back, but the disk is not what it was: "
                "somebody wrote to it beside");
  }

  v1::DiskJob job_;
  const JobGround& ground_;
  bool cancelled_within_ = false;
};

}  // namespace

Result<v1::DiskJob> run_job(v1::DiskJob job, const JobGround& ground) {
  return JobRun(std::move(job), ground).run();
}

Result<v1::DiskJob> undo_job(v1::DiskJob job, const JobGround& ground) {
  return JobRun(std::move(job), ground).undo();
}

}  // namespace joist::apply
