#include "helper/apply/job_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/checked_file.h"
#include "base/durable_file.h"
#include "base/sha256.h"
#include "base/sys_root.h"
#include "base/unique_fd.h"
#include "disk/clearing.h"

namespace joist::apply {
namespace {

constexpr std::string_view kJobKind = "joist-job-1";
constexpr std::string_view kSavedKind = "joist-saved-1";
constexpr std::size_t kJobBytesMax = std::size_t{1} << 20;
constexpr std::size_t kSavedFileBytesMax = disk::kSavedBytesMax + (std::size_t{8} << 20);
constexpr std::size_t kIdMax = 64;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;

Result<void> sync_directory(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno(errno, "sync " + path);
  return {};
}

}  // namespace

bool JobStore::is_id(std::string_view id) {
  const auto allowed = [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == 'T' ||
           letter == 'Z' || letter == '-';
  };
  return !id.empty() && id.size() <= kIdMax && std::ranges::all_of(id, allowed);
}

std::string JobStore::file(const std::string& id, std::string_view name) const {
  return directory_ + "/" + id + "/" + std::string(name);
}

Result<void> JobStore::create(const v1::DiskJob& job) const {
  const std::string path = directory_ + "/" + job.id();
  if (::mkdir(path.c_str(), kDirectoryMode) != 0) {
    if (errno == EEXIST) return fail(ErrorCode::Refused, "there is a job " + job.id() + " already");
    return fail_errno(errno, "make " + path);
  }
  if (auto synced = sync_directory(directory_); !synced) return synced;
  return write(job);
}

Result<void> JobStore::write(const v1::DiskJob& job) const {
  return write_checked(file(job.id(), "job"), kJobKind, job.SerializeAsString(), kFileMode);
}

void JobStore::remove(const std::string& id) const {
  ::unlink(file(id, "job").c_str());
  ::rmdir((directory_ + "/" + id).c_str());
}

Result<void> JobStore::cancel(const std::string& id) const {
  return write_durably(file(id, "cancel"), "", kFileMode);
}

bool JobStore::was_cancelled(const std::string& id) const {
  return ::access(file(id, "cancel").c_str(), F_OK) == 0;
}

Result<v1::DiskJob> JobStore::read(const std::string& id) const {
  if (!is_id(id)) return fail(ErrorCode::NotFound, "no job has such an id");
  const std::string path = file(id, "job");
  const auto bytes = read_checked(path, kJobKind, kJobBytesMax);
  if (!bytes && bytes.error().code == ErrorCode::NotFound) {
    return fail(ErrorCode::NotFound, "there is no job " + id);
  }
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  v1::DiskJob job;
  if (!job.ParseFromString(*bytes) || job.id() != id) {
    return fail(ErrorCode::Malformed, path + ": not the journal of this job");
  }
  return job;
}

Result<std::vector<v1::DiskJob>> JobStore::list() const {
  auto ids = SysRoot().list_any(directory_);
  if (!ids) return tl::unexpected<Error>(ids.error());
  std::ranges::sort(*ids, std::greater<>());
  std::vector<v1::DiskJob> jobs;
  for (const std::string& id : *ids) {
    if (!is_id(id)) continue;
    auto job = read(id);
    if (!job && job.error().code == ErrorCode::NotFound) continue;  // cut before its first write
    if (!job) {
      v1::DiskJob damaged;
      damaged.set_id(id);
      damaged.set_problem(job.error().message);
      job = std::move(damaged);
    }
    jobs.push_back(std::move(*job));
  }
  return jobs;
}

Result<std::string> JobStore::write_saved(const std::string& id,
                                          const v1::SavedBytes& saved) const {
  const std::string bytes = saved.SerializeAsString();
  if (auto written = write_checked(file(id, "saved"), kSavedKind, bytes, kFileMode); !written) {
    return tl::unexpected<Error>(written.error());
  }
  return sha256(bytes);
}

Result<v1::SavedBytes> JobStore::read_saved(const v1::DiskJob& job) const {
  const std::string path = file(job.id(), "saved");
  const auto bytes = read_checked(path, kSavedKind, kSavedFileBytesMax);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  v1::SavedBytes saved;
  if (sha256(*bytes) != job.saved_digest() || !saved.ParseFromString(*bytes)) {
    return fail(ErrorCode::Malformed, path + ": not what this job saved");
  }
  return saved;
}

}  // namespace joist::apply
