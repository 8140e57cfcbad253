#include "agent/agent.h"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <csignal>
#include <utility>

#include "agent/session_status.h"
#include "agent/show_disk.h"
#include "agent/show_host.h"
#include "agent/show_plan.h"
#include "agent/state_lock.h"
#include "base/log.h"
#include "base/startup_pages.h"
#include "base/version.h"
#include "base/wall_time.h"
#include "disk/doubt.h"
#include "disk/judge.h"
#include "disk/preparation.h"
#include "host/time.h"
#include "wire/http.h"

namespace joist::agent {
namespace {

using std::chrono::seconds;
using wire::Task;
using SteadyClock = std::chrono::steady_clock;

constexpr seconds kJudgeEvery{5};
constexpr seconds kJudgeSoon{1};  // while something good has not lasted long enough
constexpr seconds kHostEvery{60};
constexpr seconds kHostDeadline{10};
constexpr std::size_t kUrlsMax = 8;

std::vector<Readiness::Subject> subjects() {
  constexpr auto kBlocking = v1::SEVERITY_BLOCKING;
  return {
      {"AgentHealthy", kBlocking, {.good_needed = 2, .good_lasting = seconds(2)}},
      {"DisksInventoried",
       kBlocking,
       {.pending_reason = std::string(disk::kBeingRead),
        .good_needed = 2,
        .good_lasting = seconds(2),
        .time_to_live = disk::kInventoryTimeToLive}},
      {"DisksPrepared",
       kBlocking,
       {.pending_reason = std::string(disk::kBeingRead),
        .good_needed = 2,
        .good_lasting = seconds(2),
        .time_to_live = disk::kInventoryTimeToLive}},
      {"DisksHealthy",
       kBlocking,
       {.pending_reason = std::string(disk::kHealthBeingRead),
        .good_needed = 2,
        .good_lasting = seconds(2)}},
      // A lost session is found again within seconds, most of the time.
      {"InstallerConnected",
       kBlocking,
       {.bad_needed = 3,
        .bad_window = 5,
        .noisy_reason = "NoSession",
        .good_needed = 2,
        .good_lasting = seconds(2)}},
      {"TimeSynchronised", kBlocking, {.good_needed = 3, .good_lasting = seconds(5)}},
  };
}

std::string helper_socket(const Places& places) {
  return places.helper_socket.empty() ? places.run_dir + "/helper.sock" : places.helper_socket;
}

Task<void> sleep(wire::asio::steady_timer& timer, SteadyClock::duration time) {
  timer.expires_after(time);
  boost::system::error_code woken;
  co_await timer.async_wait(wire::asio::redirect_error(wire::asio::use_awaitable, woken));
}

}  // namespace

Agent::Agent(const Places& places, host::Facts facts, const std::string& epoch)
    : places_(places),
      started_(clock_.now()),
      facts_(std::move(facts)),
      signals_(io_, SIGHUP, SIGTERM, SIGINT),
      config_(places.config),
      identity_store_(places.state_dir),
      readiness_(subjects(), facts_.boot_id, started_),
      feed_(facts_.boot_id, epoch, std::string(version())),
      scrape_server_(loop_, [this](std::string& page) { append_own(page); }),
      web_(io_, scrape_server_,
           {.conditions = [this] { return readiness_.conditions(); },
            .stuck_loops =
                [this] {
                  std::vector<std::string> names;
                  for (const Stuck& one : pulse_.stuck(SteadyClock::now())) {
                    names.push_back(one.name);
                  }
                  return names;
                },
            .node_name = [this] { return node_name(config_.spec(), facts_); }}),
      local_api_(io_,
                 {.status = [this] { return status(); },
                  .disks = [this] { return list_disks(); },
                  .plan = [this](const v1::PlanDisksRequest& asked) { return plan_disks(asked); },
                  .conditions =
                      [this] {
                        v1::ListConditionsResponse response;
                        for (v1::Condition& one : readiness_.conditions()) {
                          *response.add_conditions() = std::move(one);
                        }
                        return response;
                      },
                  .join = [this](v1::JoinRequest request) { return join(std::move(request)); }}),
      session_(io_, identity_store_, config_, clock_, feed_, pulse_, [this] { session_changed(); }),
      disk_watch_(io_, SysRoot(), places.state_dir + "/seen-disks",
                  HelperClient(helper_socket(places)), config_, clock_, pulse_,
                  [this] { disks_changed(); }),
      health_watch_(io_, SysRoot(), HelperClient(helper_socket(places)), config_, clock_, pulse_,
                    [this] { health_changed(); }),
      host_worker_(io_, "host facts", 1),
      judge_timer_(io_) {}

Result<void> Agent::start() {
  auto spec = config_.read();
  if (!spec) return tl::unexpected<Error>(spec.error());
  if (auto applied = apply(*spec); !applied) return applied;
  config_.adopt(std::move(*spec), clock_.now().wall);
  own_metrics_.config_reloaded(true, clock_.now().wall);
  if (auto taken = take_state(); !taken) return taken;
  session_.load_identity();
  return local_api_.listen(places_.run_dir + "/agent.sock");
}

// A state that another agent has ends this one; one that cannot be written is
// no reason not to watch the host.
Result<void> Agent::take_state() {
  auto lock = lock_state(places_.state_dir);
  if (lock) {
    state_lock_ = std::move(*lock);
  } else if (lock.error().code == ErrorCode::Refused) {
    return tl::unexpected<Error>(lock.error());
  } else {
    log(Priority::Warning, "the state is not locked against another agent", lock.error());
  }
  return {};
}

// What of a spec can fail, all of it before any of it counts.
Result<void> Agent::apply(const v1::NodeSpec& spec) {
  const v1::MetricsSpec& metrics = spec.metrics();
  collectors::Options options;
  options.disabled.assign(metrics.disabled_collectors().begin(),
                          metrics.disabled_collectors().end());
  options.enabled.assign(metrics.enabled_collectors().begin(), metrics.enabled_collectors().end());
  for (const auto& directory : metrics.textfile_directories()) {
    auto set = options.settings.set("collector.textfile.directory", directory);
    if (!set) return fail(set.error(), places_.config + ": metrics.textfile_directories");
  }
  for (int i = 0; i < metrics.collector_settings_size(); ++i) {
    const v1::CollectorSetting& one = metrics.collector_settings(i);
    auto set = options.settings.set(one.name(), one.value());
    if (!set) {
      return fail(set.error(),
                  places_.config + ": metrics.collector_settings[" + std::to_string(i) + "]");
    }
  }
  // What is shown already stays: a thread may hang in it, and need not hang twice.
  std::unique_ptr<collectors::Scrape> scrape;
  if (!shown_ || *shown_ != options) {
    auto made = collectors::Scrape::make(collectors::Roots{}, options);
    if (!made) return fail(made.error(), places_.config + ": metrics");
    scrape = std::move(*made);
  }
  if (auto listening = web_.listen(spec.metrics()); !listening) return listening;
  if (scrape) {
    scrape_server_.use(std::move(scrape));
    shown_ = std::move(options);
  }
  return {};
}

void Agent::run(wire::Loop::After after) {
  wire::asio::co_spawn(io_, watch_signals(), wire::rethrow);
  wire::asio::co_spawn(io_, judge_forever(), wire::rethrow);
  wire::asio::co_spawn(io_, observe_host_forever(), wire::rethrow);
  wire::asio::co_spawn(io_, session_.run(), wire::rethrow);
  if (const auto period = ServiceManager::watchdog_period()) {
    wire::asio::co_spawn(io_, feed_watchdog(*period), wire::rethrow);
  }
  disk_watch_.start();
  health_watch_.start();
  service_manager_.ready();
  log(Priority::Info, "serving",
      {{"version", std::string(version())},
       {"metrics", "http://" + web_.address() + "/metrics"},
       {"socket", places_.run_dir + "/agent.sock"}});
  give_back_startup_pages();
  loop_.run(std::move(after));
}

Task<void> Agent::watch_signals() {
  for (;;) {
    const int number = co_await signals_.async_wait(wire::asio::use_awaitable);
    if (number != SIGHUP) break;
    reload();
  }
  service_manager_.stopping();
  log(Priority::Info, "stopping");
  co_await session_.leave();
  stop();
}

void Agent::stop() {
  session_.stop();
  web_.close();
  local_api_.close();
  io_.stop();
}

void Agent::reload() {
  service_manager_.reloading();
  mend_socket();
  session_.reload_identity();  // whoever mended it, or its mode, asks for this
  auto spec = config_.read();
  Result<void> applied = spec ? apply(*spec) : Result<void>(tl::unexpected<Error>(spec.error()));
  const WallTime now = clock_.now().wall;
  own_metrics_.config_reloaded(applied.has_value(), now);
  if (applied) {
    config_.adopt(std::move(*spec), now);
    log(Priority::Notice, "the config was read again", {{"path", places_.config}});
    disk_watch_.reconsider();
    health_watch_.reconsider();
    session_.reconsider();
    publish();
  } else {
    config_.refuse(applied.error(), now);
    log(Priority::Error, "the config was not taken; the one before stays in force", applied.error(),
        {{"path", places_.config}});
  }
  service_manager_.ready();
}

// Somebody cleared /run: without its socket nobody could ask why.
void Agent::mend_socket() {
  const auto mended = local_api_.mend();
  const std::string error = mended ? "" : mended.error().message;
  if (!mended && error != socket_error_) {
    log(Priority::Error, "the local socket is gone and cannot be made again", mended.error());
  }
  if (mended && *mended) log(Priority::Warning, "the local socket was gone, and is made again");
  socket_error_ = error;
}

Task<void> Agent::judge_forever() {
  const auto loop = pulse_.add("readiness", 6 * kJudgeEvery, SteadyClock::now());
  for (;;) {
    pulse_.beat(loop, SteadyClock::now());
    mend_socket();
    if (judge() || told_.empty()) publish();
    const auto conditions = readiness_.conditions();
    const bool recovering = std::ranges::any_of(
        conditions, [](const v1::Condition& one) { return one.reason() == "Recovering"; });
    co_await sleep(judge_timer_, recovering ? kJudgeSoon : kJudgeEvery);
  }
}

bool Agent::judge() {
  const Moment now = clock_.now();
  bool differs =
      readiness_.judge(host::judge_time(host::observe_time(), config_.spec().time()), now);
  differs |= readiness_.judge(judge_agent(pulse_.stuck(SteadyClock::now()), stuck_workers()), now);
  differs |= judge_session_now();
  differs |= judge_disks();
  differs |= judge_health();
  return differs;
}

// A lost session counts once in kJudgeEvery, however often it is looked at.
bool Agent::judge_session_now() {
  const SteadyTime now = SteadyClock::now();
  const v1::SessionStatus status = session_.status();
  const bool connected = status.state() == v1::SESSION_STATE_CONNECTED;
  const bool lost = !connected && !session_.refused();
  if (lost && now - session_judged_ < kJudgeEvery) return false;
  if (lost) session_judged_ = now;
  return readiness_.judge(judge_session(status, session_.refused()), clock_.now());
}

bool Agent::judge_disks() {
  const Moment now = clock_.now();
  const auto& look = disk_watch_.look();
  if (!look) return readiness_.age(now);
  const v1::Condition inventoried = disk::judge(*look, now);
  bool differs = readiness_.judge(inventoried, now);
  if (*look) {
    differs |= readiness_.judge(disk::judge_preparation({.host = facts_.machine_id,
                                                         .disks = (*look)->disks,
                                                         .spec = config_.spec().storage(),
                                                         .only = {},
                                                         .doubts = doubts(**look)},
                                                        inventoried),
                                now);
  }
  return differs;
}

bool Agent::judge_health() {
  const Moment now = clock_.now();
  auto condition = health_watch_.judge();
  return condition ? readiness_.judge(std::move(*condition), now) : readiness_.age(now);
}

void Agent::session_changed() {
  if (judge_session_now()) publish();
  service_manager_.status(status_line());
}

void Agent::disks_changed() {
  if (disk_watch_.look() && *disk_watch_.look()) {
    health_watch_.observe((*disk_watch_.look())->inventory.disks);
  }
  judge_disks();
  judge_health();
  publish();
}

void Agent::health_changed() {
  if (judge_health()) publish();
}

Task<void> Agent::observe_host_forever() {
  const auto loop = pulse_.add("host facts", 3 * kHostEvery, SteadyClock::now());
  wire::asio::steady_timer timer(io_);
  struct Observed {
    host::Facts facts;
    std::vector<network::Link> links;
  };
  for (;;) {
    pulse_.beat(loop, SteadyClock::now());
    std::function<Result<Observed>()> job = [before = facts_]() -> Result<Observed> {
      auto facts = host::observe_facts(SysRoot(), &before);
      if (!facts) return tl::unexpected<Error>(facts.error());
      auto links = network::observe_links(SysRoot());
      if (!links) return tl::unexpected<Error>(links.error());
      return Observed{std::move(*facts), std::move(*links)};
    };
    auto observed = co_await host_worker_.run(std::move(job), kHostDeadline);
    if (observed) {
      facts_ = std::move(observed->facts);
      links_ = std::move(observed->links);
      publish();
    } else {
      log(Priority::Warning, "the host's facts could not be read", observed.error());
    }
    co_await sleep(timer, kHostEvery);
  }
}

// Twice a period, and only while every loop moves.
Task<void> Agent::feed_watchdog(std::chrono::microseconds period) {
  wire::asio::steady_timer timer(io_);
  for (;;) {
    const auto stuck = pulse_.stuck(SteadyClock::now());
    if (stuck.empty()) service_manager_.alive();
    for (const Stuck& one : stuck) {
      log(Priority::Error, "a loop is stuck: the watchdog is not fed", {{"loop", one.name}});
    }
    co_await sleep(timer, period / 2);
  }
}

Task<Result<v1::JoinResponse>> Agent::join(v1::JoinRequest request) {
  v1::Host shown = host();
  co_return co_await session_.join(std::move(request), std::move(shown));
}

// Tells everybody what is known now. Cheap when nothing changed.
void Agent::publish() {
  tell_transitions();
  std::vector<v1::Disk> disks;
  if (disk_watch_.last_good()) {
    for (const disk::ClassifiedDisk& disk : disk_watch_.last_good()->disks) {
      v1::Disk shown = show(disk);
      keep_verdict(shown);
      disks.push_back(std::move(shown));
    }
  }
  std::string left_out;
  feed_.update(report_items_.make(host(), told_, disks, left_out));
  if (left_out != left_out_ && !left_out.empty()) {
    log(Priority::Error, "the report is too large for the installer", {{"left_out", left_out}});
  }
  left_out_ = std::move(left_out);
  session_.wake();
  service_manager_.status(status_line());
}

void Agent::tell_transitions() {
  auto now = readiness_.conditions();
  for (std::size_t i = 0; i < now.size(); ++i) {
    const auto before = told_.empty() ? v1::CONDITION_STATUS_UNKNOWN : told_[i].status();
    const bool turned = before != now[i].status();
    if (!turned) continue;
    own_metrics_.condition_changed(now[i].type(), now[i].status());
    const bool good = now[i].status() == v1::CONDITION_STATUS_TRUE;
    log(good ? Priority::Info : Priority::Warning,
        now[i].type() + " is " + std::string(status_name(now[i].status())),
        {{"condition", now[i].type()}, {"reason", now[i].reason()}, {"detail", now[i].message()}});
  }
  told_ = std::move(now);
}

v1::Host Agent::host() const { return show_host(config_.spec(), facts_, links_); }

std::vector<const Worker*> Agent::workers() const {
  auto all = disk_watch_.workers();
  for (const Worker* worker : health_watch_.workers()) all.push_back(worker);
  all.push_back(&host_worker_);
  all.push_back(&session_.worker());
  return all;
}

// A collector that hangs is not among them: it costs its own figures, which
// node_scrape_collector_success tells, and is no reason to hold a platform back.
std::vector<Stuck> Agent::stuck_workers() const {
  std::vector<Stuck> stuck;
  for (const Worker* worker : workers()) {
    if (const auto one = worker->stuck(SteadyClock::now())) stuck.push_back(*one);
  }
  return stuck;
}

std::vector<std::string> Agent::metrics_urls() const {
  const auto bound = wire::split_host_port(web_.address());
  if (!bound) return {};
  const auto listen = wire::split_host_port(config_.spec().metrics().listen());
  const bool everywhere = !listen || listen->host.empty();
  if (!everywhere) return {"http://" + web_.address() + "/metrics"};
  std::vector<std::string> urls;
  for (const network::Link& link : links_) {
    for (const std::string& address : link.addresses) {
      const std::string ip = address.substr(0, address.find('/'));
      const bool six = ip.find(':') != std::string::npos;
      if (ip.rfind("fe80:", 0) == 0 || urls.size() == kUrlsMax) continue;  // needs a zone
      urls.push_back("http://" + (six ? "[" + ip + "]" : ip) + ":" + bound->port + "/metrics");
    }
  }
  return urls;
}

v1::Status Agent::status() const {
  v1::Status status;
  status.set_node_name(node_name(config_.spec(), facts_));
  if (session_.identity()) status.set_node_uid(session_.identity()->node_uid);
  status.set_version(std::string(version()));
  *status.mutable_start_time() = to_timestamp(started_.wall);
  *status.mutable_config() = config_.status();
  *status.mutable_session() = session_.status();
  *status.mutable_ready() = readiness_.ready();
  for (std::string& url : metrics_urls()) status.add_metrics_urls(std::move(url));
  return status;
}

v1::ListDisksResponse Agent::list_disks() const {
  v1::ListDisksResponse response;
  const auto& taken = disk_watch_.last_good();
  if (!taken) return response;
  for (const disk::ClassifiedDisk& disk : taken->disks) *response.add_disks() = show(disk);
  *response.mutable_observed_time() = to_timestamp(taken->inventory.observed.wall);
  return response;
}

Result<v1::PlanDisksResponse> Agent::plan_disks(const v1::PlanDisksRequest& request) const {
  const auto& taken = disk_watch_.last_good();
  if (!taken) {
    return fail(ErrorCode::Unavailable,
                "the disks have not been listed yet: ask again in some seconds; joistctl "
                "conditions DisksInventoried says what keeps them");
  }
  // A plan without a host's name on it could be consented to on one host and meant on another.
  const auto host = SysRoot().read_line("/etc/machine-id");
  if (!host || host->empty()) {
    return fail(ErrorCode::Unavailable,
                "/etc/machine-id " +
                    (host ? "is empty" : "cannot be read: " + host.error().message) +
                    "; systemd-machine-id-setup makes one");
  }
  return show_plan(*taken, config_.spec().storage(), *host, doubts(*taken), request);
}

std::vector<v1::DiskDoubt> Agent::doubts(const disk::InventoryTaken& taken) const {
  std::vector<v1::DiskDoubt> doubts = taken.doubts;
  for (const disk::ClassifiedDisk& disk : taken.disks) {
    const auto health = health_watch_.health(disk.disk.name);
    if (!health) continue;
    if (auto doubt = disk::doubt_health(disk.disk, *health)) doubts.push_back(std::move(*doubt));
  }
  return doubts;
}

v1::Disk Agent::show(const disk::ClassifiedDisk& disk) const {
  v1::Disk shown = show_disk(disk);
  if (auto health = health_watch_.health(disk.disk.name)) {
    *shown.mutable_health() = std::move(*health);
  }
  if (const auto& taken = disk_watch_.last_good()) {
    const auto doubts = disk::doubts_of(disk.disk, taken->doubts);
    *shown.mutable_doubts() = {doubts.begin(), doubts.end()};
  }
  return shown;
}

std::string Agent::status_line() const {
  const v1::SessionStatus session = session_.status();
  std::string line =
      node_name(config_.spec(), facts_) + ": " + std::string(session_state_name(session.state()));
  if (!session.endpoint().empty()) line += " (" + session.endpoint() + ")";
  line += ", Ready is " + std::string(status_name(readiness_.ready().status()));
  if (!config_.last_reload_successful()) line += ", the config file has errors";
  return line;
}

std::string_view Agent::own_metrics_text() {
  OwnState state;
  state.conditions = readiness_.conditions();
  if (disk_watch_.last_good()) state.disks = &disk_watch_.last_good()->disks;
  state.session = session_.status();
  state.session_counters = session_.counters();
  state.disk_counters = disk_watch_.counters();
  for (const disk::HealthKnown& one : health_watch_.known()) {
    if (auto health = health_watch_.health(one.disk.name)) {
      state.health.emplace_back(one.disk.name, std::move(*health));
    }
  }
  state.latencies = &health_watch_.latencies();
  state.health_counters = health_watch_.counters();
  state.servers = {{"metrics", web_.counters()}, {"local", local_api_.counters()}};
  state.scrapes = scrape_server_.counters();
  state.pulse = &pulse_;
  for (const Worker* worker : workers()) {
    state.workers_stuck.emplace_back(worker->name(), worker->stuck(SteadyClock::now()).has_value());
  }
  state.workers_stuck.emplace_back("collectors", scrape_server_.stuck() > 0);
  return own_metrics_.text(state, SteadyClock::now());
}

// Names that a textfile has already are left to it: a page with one twice is refused whole.
void Agent::append_own(std::string& page) {
  page += own_metrics_text();
  const v1::DiskHealthSpec& spec = config_.spec().storage().health();
  if (spec.disabled()) return;
  smart_page_.append_to(page, health_watch_.known(), health_watch_.readings(), spec, clock_.now());
}

}  // namespace joist::agent
