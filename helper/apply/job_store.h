// The journals of disks, one directory a job:
//
//   jobs/20261123T150405123Z-1a2b3c4d/job     joist.v1.DiskJob, replaced whole at every change
//   jobs/20261123T150405123Z-1a2b3c4d/saved   joist.v1.SavedBytes, written once, before the first
//   write
//   jobs/20261123T150405123Z-1a2b3c4d/cancel  somebody asked for its end; empty
//
// All are durable when a call returns. Root alone may read them: they hold what was on a disk.
// One writer a job at a time: whoever runs it; of `cancel`, who serves.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "joist/v1/journal.pb.h"

namespace joist::apply {

class JobStore {
 public:
  explicit JobStore(std::string directory) : directory_(std::move(directory)) {}

  // Whether `id` can be a job's, and so a directory's, name.
  static bool is_id(std::string_view id);

  // A new one; Refused if there is one of that id.
  Result<void> create(const v1::DiskJob& job) const;
  Result<void> write(const v1::DiskJob& job) const;

  // As if it had not been created. Only of one that nobody runs yet.
  void remove(const std::string& id) const;

  // To be asked for once more after a crash; was_cancelled() from then on.
  Result<void> cancel(const std::string& id) const;
  bool was_cancelled(const std::string& id) const;

  // NotFound; Malformed where it is damaged or another's.
  Result<v1::DiskJob> read(const std::string& id) const;

  // All, the newest first. One whose file cannot be believed has its id and `problem` alone.
  Result<std::vector<v1::DiskJob>> list() const;

  // The digest for DiskJob.saved_digest.
  Result<std::string> write_saved(const std::string& id, const v1::SavedBytes& saved) const;

  // Malformed where it is not what the job's digest says.
  Result<v1::SavedBytes> read_saved(const v1::DiskJob& job) const;

 private:
  std::string file(const std::string& id, std::string_view name) const;

  std::string directory_;
};

}  // namespace joist::apply
