#include "installer/store_worker.h"

#include "base/log.h"

namespace joist::installer {
namespace {

using wire::Task;

// More than there are connections: each waits for one answer at a time.
constexpr std::size_t kQueueMax = 32'768;

}  // namespace

StoreWorker::StoreWorker(wire::asio::io_context& io, Store store, Metrics& metrics,
                         const Clock& clock, std::chrono::milliseconds deadline)
    : io_(io),
      store_(std::make_shared<Store>(std::move(store))),
      metrics_(metrics),
      clock_(clock),
      deadline_(deadline),
      worker_(io, "the store", kQueueMax) {
  if (const auto counted = store_->counts(clock.now().wall); counted) counts_ = *counted;
  metrics_.store_healthy(true);
}

void StoreWorker::tell(std::function<Result<void>(Store&)> change) {
  const auto told = [](const std::exception_ptr& error, const Result<void>& done) {
    if (error) std::rethrow_exception(error);
    // A store that fails is told of once for all.
    const bool refused = !done && done.error().code != ErrorCode::Unavailable;
    if (refused) log(Priority::Warning, "the store refused a change", done.error());
  };
  wire::asio::co_spawn(io_, ask_named<Result<void>>(std::move(change)), told);
}

Task<Result<StoreCounts>> StoreWorker::check() {
  const auto doubt = health_.fault() ? Store::Doubt::Yes : Store::Doubt::No;
  const auto question = [now = clock_.now().wall, doubt](Store& store) {
    return store.check(now, doubt);
  };
  auto counted = co_await ask(question);
  if (counted) counts_ = *counted;
  co_return counted;
}

bool StoreWorker::note(const std::vector<StoreWrite>& writes) {
  bool stored = true;
  for (const StoreWrite& write : writes) {
    stored = stored && !write.failure;
    if (write.failure) {
      note_failure(StoreHealth::Trouble::Unwritable, write.what, write.failure->message);
      continue;
    }
    metrics_.store_write(write.what, write.seconds);
    metrics_.store_healthy(true);
    if (health_.succeeded() == StoreHealth::News::Recovered) {
      log(Priority::Notice, "the store answers and can be written again");
    }
  }
  return stored;
}

void StoreWorker::note_failure(StoreHealth::Trouble trouble, const std::string& what,
                               const std::string& why) {
  metrics_.store_failure(what);
  metrics_.store_healthy(false);
  if (health_.failed(trouble, why, clock_.now().boot) == StoreHealth::News::None) return;
  log(Priority::Error,
      "the store " + *health_.fault() + "; meanwhile no node can join and no report is kept",
      {{"what", what}, {"failures", std::to_string(health_.failures())}});
}

tl::unexpected<Error> StoreWorker::not_stored(const Error& error) {
  return fail(ErrorCode::Unavailable, "the installer cannot write its store (" + error.message +
                                          "); nothing was changed, try again when that is mended");
}

}  // namespace joist::installer
