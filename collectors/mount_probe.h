// Asks file systems for their figures without ever waiting for one that hangs.
//
// statfs(2) on a dead NFS server or a stopped FUSE daemon does not return, and
// nothing can take it back. So it is called on worker threads: normally one,
// which answers all mounts one after another. A worker that makes no progress
// is left alone with its mount and another takes over the rest. A mount whose
// worker has not come back is not asked again until it does, so each hanging
// mount costs one sleeping thread, once. Mounts that came back last time are
// asked before the others; and while many hang, only those are.
#pragma once

#include <sys/statfs.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace joist::collectors {

// One mount to ask about. Shared, because a worker may hang in it for longer
// than anybody else remembers it. MountProbe alone writes to it.
struct MountQuestion {
  explicit MountQuestion(std::string mount_path) : path(std::move(mount_path)) {}

  enum class State { Idle, Queued, Asked, Stuck };

  const std::string path;  // what statfs(2) is given
  State state = State::Idle;
  bool answered = false;  // in the last ask(); `figures` hold then
  bool prompt = false;    // came back, with figures or an error, the last time it was asked
  struct statfs figures {};
  struct statfs scratch {};  // the worker's, until it has the lock again
};

using MountQuestions = std::vector<std::shared_ptr<MountQuestion>>;

// statfs(2), or what a test puts in its place. 0, or -1 and errno.
using Statfs = std::function<int(const char* path, struct statfs* figures)>;

class MountProbe {
 public:
  MountProbe(std::chrono::milliseconds deadline, Statfs statfs);
  ~MountProbe();  // does not wait for workers that hang
  MountProbe(const MountProbe&) = delete;
  MountProbe& operator=(const MountProbe&) = delete;

  // Asks all and returns when each has answered or the deadline is over; then
  // `answered` says which. One call at a time.
  void ask(const MountQuestions& questions);

  // Mounts a worker hangs in now.
  std::size_t stuck() const;

 private:
  struct Shared;

  std::chrono::milliseconds deadline_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace joist::collectors
