#include "collectors/storage/mount_probe.h"

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace joist::collectors {
namespace {

using Clock = std::chrono::steady_clock;
using Source = MountQuestion::Source;
using State = MountQuestion::State;

// A worker that has not finished a mount for so long gets a second beside it.
constexpr std::chrono::milliseconds kPatience{20};

}  // namespace

// Outlives the probe while a worker hangs.
struct MountProbe::Shared {
  explicit Shared(Statfs call) : statfs(std::move(call)) {}

  const Statfs statfs;
  std::mutex mutex;
  std::condition_variable work;      // for workers: there is a queue, or it is over
  std::condition_variable progress;  // for the asker: the last answer is there
  MountQuestions queue;
  std::size_t next = 0;     // first of the queue that nobody took
  std::size_t open = 0;     // of the queue, without an answer yet
  std::size_t workers = 0;  // not counting those that are stuck
  std::size_t idle = 0;     // of them, waiting for work
  std::size_t stuck = 0;
  bool over = false;
};

namespace {

template <typename Shared>
void answer(Shared& shared, MountQuestion& question, int error) {
  const bool late = question.state == State::Stuck;
  question.state = State::Idle;
  if (late) {
    --shared.stuck;
    ++shared.workers;  // back among the living
    return;
  }
  question.answered = error == 0;
  question.error = error;
  if (question.answered) question.figures = question.scratch;
  if (--shared.open == 0) shared.progress.notify_one();
}

template <typename Shared>
void work(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (!shared->over) {
    if (shared->next == shared->queue.size()) {
      if (shared->idle > 0) break;  // one that waits is enough
      ++shared->idle;
      shared->work.wait(lock, [&] { return shared->over || shared->next < shared->queue.size(); });
      --shared->idle;
      continue;
    }
    const std::shared_ptr<MountQuestion> question = shared->queue[shared->next++];
    question->state = State::Asked;
    lock.unlock();
    const bool good = shared->statfs(question->path.c_str(), &question->scratch) == 0;
    const int error = good ? 0 : errno != 0 ? errno : EIO;
    lock.lock();
    answer(*shared, *question, error);
  }
  --shared->workers;
}

template <typename Shared>
bool start_worker(const std::shared_ptr<Shared>& shared, std::size_t threads_max) {
  if (shared->workers + shared->stuck >= threads_max) return false;
  try {
    std::thread([shared] { work(shared); }).detach();
  } catch (const std::system_error&) {
    return false;  // no thread to be had: the mounts left go without an answer
  }
  ++shared->workers;
  return true;
}

}  // namespace

MountProbe::MountProbe(std::chrono::milliseconds deadline, Statfs statfs)
    : deadline_(deadline), shared_(std::make_shared<Shared>(std::move(statfs))) {}

MountProbe::~MountProbe() {
  const std::lock_guard lock(shared_->mutex);
  shared_->over = true;
  shared_->work.notify_all();
}

bool MountProbe::hangs_in(const MountQuestion& question) const {
  const std::lock_guard lock(shared_->mutex);
  return question.state == State::Stuck;
}

std::size_t MountProbe::stuck() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->stuck;
}

void MountProbe::ask_now(MountQuestion& question) {
  question.answered = shared_->statfs(question.path.c_str(), &question.figures) == 0;
  question.error = question.answered ? 0 : errno != 0 ? errno : EIO;
}

void MountProbe::ask(const MountQuestions& questions) {
  for (const auto& question : questions) {
    if (question->source == Source::Memory) ask_now(*question);
  }
  Shared& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  shared.queue.clear();
  shared.next = 0;
  for (const Source source : {Source::Disk, Source::Elsewhere}) {
    for (const auto& question : questions) {
      if (question->source != source) continue;
      question->answered = false;
      question->error = MountQuestion::kNoAnswer;
      const bool crowded = source == Source::Elsewhere && shared.stuck >= kThreadsMax;
      if (question->state == State::Stuck || crowded) continue;
      question->state = State::Queued;
      shared.queue.push_back(question);
    }
  }
  shared.open = shared.queue.size();
  if (shared.open == 0) return;

  const auto end = Clock::now() + deadline_;
  const bool served = shared.workers > 0 || start_worker(shared_, kThreadsMax + 1);
  shared.work.notify_one();
  while (served && shared.open > 0 && Clock::now() < end) {
    const std::size_t open_before = shared.open;
    const auto step = std::min(Clock::now() + kPatience, end);
    shared.progress.wait_until(lock, step, [&] { return shared.open == 0; });
    const bool stalled = shared.open == open_before && shared.next < shared.queue.size();
    if (stalled) start_worker(shared_, kThreadsMax);  // if it may; else they wait in the queue
  }

  for (const auto& question : shared.queue) {
    if (question->state == State::Asked) {
      question->state = State::Stuck;
      --shared.workers;
      ++shared.stuck;
    } else if (question->state == State::Queued) {
      question->state = State::Idle;
    }
  }
  shared.queue.clear();
  shared.next = 0;
}

}  // namespace joist::collectors
