// Asks file systems for their figures without ever waiting for one that hangs.
//
// statfs(2) on a dead NFS server or a stopped FUSE daemon does not return, and
// nothing can take it back. So it is called on worker threads: normally one,
// which answers all mounts one after another; those of which the kernel has the figures in
// memory are asked on the caller's thread. A worker that makes no progress
// is left alone with its mount and another takes over the rest. A mount whose
// worker has not come back is not asked again until it does, so each hanging
// mount costs one sleeping thread, once. There are at most kThreadsMax of them:
// local mounts are asked first, and while so many hang, alone.
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
  // By whom statfs(2) is answered.
  enum class Source { Memory, Disk, Elsewhere };  // Elsewhere: a server or a daemon

  MountQuestion(std::string mount_path, Source answered_by)
      : path(std::move(mount_path)), source(answered_by) {}

  enum class State { Idle, Queued, Asked, Stuck };

  static constexpr int kNoAnswer = -1;

  const std::string path;  // what statfs(2) is given
  const Source source;
  State state = State::Idle;
  bool answered = false;  // in the last ask(); `figures` hold then
  int error = kNoAnswer;  // errno where it failed
  struct statfs figures {};
  struct statfs scratch {};  // the worker's, until it has the lock again
};

using MountQuestions = std::vector<std::shared_ptr<MountQuestion>>;

// statfs(2), or what a test puts in its place. 0, or -1 and errno.
using Statfs = std::function<int(const char* path, struct statfs* figures)>;

class MountProbe {
 public:
  // The threads that may hang for mounts that are not local. One more serves
  // the local ones.
  static constexpr std::size_t kThreadsMax = 16;

  MountProbe(std::chrono::milliseconds deadline, Statfs statfs);
  ~MountProbe();  // does not wait for workers that hang
  MountProbe(const MountProbe&) = delete;
  MountProbe& operator=(const MountProbe&) = delete;

  // Asks all and returns when each has answered or the deadline is over; then
  // `answered` says which. One call at a time.
  void ask(const MountQuestions& questions);

  bool hangs_in(const MountQuestion& question) const;

  // Mounts a worker hangs in now.
  std::size_t stuck() const;

 private:
  struct Shared;

  void ask_now(MountQuestion& question);

  std::chrono::milliseconds deadline_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace joist::collectors
