#include "helper/server.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/log.h"
#include "base/problem.h"
#include "helper/request.h"

namespace joist::helper {
namespace {

constexpr int kAcceptPauseMilliseconds = 200;

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// What has not gone this long after SIGKILL hangs in the kernel.
constexpr milliseconds kDeathTakes(1000);

std::string encode(const Error& error) {
  v1::HelperResponse response;
  *response.mutable_problem() = to_problem(error);
  return response.SerializeAsString();
}

pollfd wait_on(int fd, bool readable) {
  return {.fd = fd, .events = static_cast<short>(readable ? POLLIN : 0), .revents = 0};
}

}  // namespace

Result<Server> Server::make(UniqueFd listener, const ServerLimits& limits) {
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int number : {SIGTERM, SIGINT, SIGCHLD}) ::sigaddset(&taken, number);
  if (::sigprocmask(SIG_BLOCK, &taken, nullptr) != 0) return fail_errno(errno, "block signals");
  // The reader of a disk's health outlives smartctl, its parent, by a moment.
  if (::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) return fail_errno(errno, "subreaper");
  UniqueFd signals(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) return fail_errno(errno, "signalfd");
  return Server(std::move(listener), std::move(signals), limits);
}

Result<void> Server::run() {
  while (!stopping_ && !is_idle(steady_clock::now())) {
    if (auto served = serve_once(); !served) return served;
  }
  for (Connection& connection : connections_) {
    if (connection.probe) kill_probe(*connection.probe);
  }
  return {};
}

Result<void> Server::serve_once() {
  const bool place = !full() || quietest(steady_clock::now()) != nullptr;
  std::vector<pollfd> waiting{wait_on(signals_.get(), true),
                              wait_on(place ? listener_.get() : -1, true)};
  const bool room = room_for_probe();
  for (const Connection& connection : connections_) {
    waiting.push_back(wait_on(connection.fd.get(), !connection.probe && room));
    waiting.push_back(wait_on(connection.probe ? connection.probe->answer.get() : -1, true));
  }
  const auto timeout = next_deadline(steady_clock::now());
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(timeout.count())) < 0) {
    if (errno == EINTR) return {};
    return fail_errno(errno, "wait for requests");
  }

  auto at = waiting.cbegin() + 2;
  for (Connection& connection : connections_) {
    const short of_peer = (at++)->revents;
    const short of_probe = (at++)->revents;
    if (of_probe != 0) take_answer(connection, steady_clock::now());
    const bool gone = (of_peer & (POLLHUP | POLLERR)) != 0 && (of_peer & POLLIN) == 0;
    if (gone) {
      connection.fd = UniqueFd();
    } else if ((of_peer & POLLIN) != 0 && room_for_probe()) {  // those before may have taken it
      take_request(connection);
    }
  }
  if (waiting[0].revents != 0) take_signals();
  if (waiting[1].revents != 0) accept_one();
  expire(steady_clock::now());
  return {};
}

// Who has asked for nothing for longest and may lose its place to another; null: nobody.
Server::Connection* Server::quietest(Time now) {
  Connection* quietest = nullptr;
  if (!room_for_probe()) return nullptr;  // they may have asked, and wait to be read
  for (Connection& connection : connections_) {
    if (connection.probe || now - connection.heard < limits_.quiet) continue;
    if (quietest == nullptr || connection.heard < quietest->heard) quietest = &connection;
  }
  return quietest;
}

// Who is not served learns it at once and holds nothing here.
void Server::accept_one() {
  auto fd = accept_seqpacket(listener_.get());
  if (!fd && fd.error().code != ErrorCode::Unavailable) {
    // Out of descriptors or memory: it stays readable, and must not be asked in a circle.
    log(Priority::Warning, "cannot accept a connection", fd.error());
    ::poll(nullptr, 0, kAcceptPauseMilliseconds);
  }
  if (!fd) return;
  const auto peer = peer_credentials(fd->get());
  const Time now = steady_clock::now();
  busy_until_ = now;
  if (peer && (peer->uid == 0 || peer->uid == limits_.agent_uid)) {
    if (full()) {
      Connection* const leaving = quietest(now);
      if (leaving == nullptr) return;  // it asked meanwhile; who came asks again
      leaving->fd = UniqueFd();
      std::erase_if(connections_, [](const Connection& connection) { return !connection.fd; });
    }
    connections_.push_back({std::move(*fd), *peer, now, std::nullopt});
    return;
  }
  const Error why{ErrorCode::Unauthenticated,
                  peer ? "user " + std::to_string(peer->uid) +
                             " is not served; joist-helper serves root and the agent's user"
                       : peer.error().message};
  refusals_.refused(why, peer ? peer->uid : static_cast<uid_t>(-1), peer ? peer->pid : 0, now);
  // What cannot be sent now is not worth waiting for.
  [[maybe_unused]] const auto sent = send_datagram(fd->get(), encode(why), milliseconds(0));
}

void Server::take_signals() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGCHLD) {
      reap();
    } else {
      stopping_ = true;
    }
  }
}

void Server::reap() {
  for (;;) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid <= 0) return;
    std::erase_if(leaving_, [pid](const Leaving& leaving) { return leaving.probe.pid == pid; });
    for (Connection& connection : connections_) {
      if (connection.probe && connection.probe->pid == pid) connection.probe->pid = -1;
    }
  }
}

void Server::take_request(Connection& connection) {
  const auto datagram = receive_datagram(connection.fd.get(), milliseconds(0));
  const Time now = steady_clock::now();
  if (!datagram && datagram.error().code == ErrorCode::Unavailable) {
    connection.fd = UniqueFd();
    return;
  }
  const auto request =
      datagram ? parse_request(*datagram) : fail(Error(datagram.error()), "request");
  if (!request) {
    refusals_.refused(request.error(), connection.peer.uid, connection.peer.pid, now);
    send(connection, encode(request.error()));
    return;
  }
  connection.heard = now;
  start(connection, *request, now);
}

void Server::start(Connection& connection, const v1::HelperRequest& request, Time now) {
  const std::string& name = disk_of(request);
  const bool stuck = hangs(name, now);
  if (stuck || leaving_.size() >= limits_.probes_max) {
    send(connection, encode({ErrorCode::Unavailable,
                             stuck ? name + ": an earlier reading of it still hangs in "
                                            "the kernel; see dmesg, replace the disk"
                                   : "too many disks of this host hang in the kernel; see dmesg"}));
    return;
  }
  const Time deadline = now + limits_.deadline;
  auto probe = request.has_health() ? start_health(request.health(), limits_.health, deadline)
                                    : start_probe(request.probe(), deadline);
  if (probe) {
    connection.probe = std::move(*probe);
  } else {
    log(Priority::Error, "cannot read a disk", probe.error(), {{"disk", name}});
    send(connection, encode(probe.error()));
  }
}

// The answer is passed on as it came: only the client parses what a process
// wrote that had read a disk.
void Server::take_answer(Connection& connection, Time now) {
  ProbeProcess probe = std::move(*connection.probe);
  connection.probe.reset();
  connection.heard = now;
  const auto response = receive_datagram(probe.answer.get(), milliseconds(0));
  if (response) {
    send(connection, *response);
  } else {
    const Error why{ErrorCode::Unavailable, probe.name +
                                                ": the process that read it died; what the "
                                                "disk holds or says may be damaged or hostile"};
    log(Priority::Error, "a probe ended without an answer", why, {{"disk", probe.name}});
    send(connection, encode(why));
  }
  give_up(std::move(probe), now);
}

// Answered or past its deadline: it has no reason to live on.
void Server::give_up(ProbeProcess probe, Time now) {
  if (probe.pid < 0) return;  // reaped already
  kill_probe(probe);
  probe.answer = UniqueFd();
  leaving_.push_back({std::move(probe), now});
  reap();
}

bool Server::hangs(const std::string& name, Time now) const {
  return std::ranges::any_of(leaving_, [&name, now](const Leaving& leaving) {
    return leaving.probe.name == name && now - leaving.since >= kDeathTakes;
  });
}

void Server::send(Connection& connection, std::string_view datagram) {
  const auto sent = send_datagram(connection.fd.get(), datagram, milliseconds(0));
  // A client that does not take its answers is not worth a connection.
  if (!sent) connection.fd = UniqueFd();
}

void Server::expire(Time now) {
  for (Connection& connection : connections_) {
    if (connection.probe && (now >= connection.probe->deadline || !connection.fd)) {
      ProbeProcess probe = std::move(*connection.probe);
      connection.probe.reset();
      if (connection.fd) {
        const Error why{ErrorCode::Unavailable, probe.name + ": the device did not answer for " +
                                                    std::to_string(limits_.deadline.count()) +
                                                    " s; see dmesg"};
        log(Priority::Error, "a probe took too long", why, {{"disk", probe.name}});
        send(connection, encode(why));
      }
      give_up(std::move(probe), now);
    } else if (!connection.probe && room_for_probe() && now - connection.heard >= limits_.silence) {
      connection.fd = UniqueFd();
    }
  }
  std::erase_if(connections_, [](const Connection& connection) { return !connection.fd; });
  if (!connections_.empty() || !leaving_.empty()) busy_until_ = now;
}

std::size_t Server::probes_running() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      connections_, [](const Connection& connection) { return connection.probe.has_value(); }));
}

// With every place taken by what hangs, requests are read all the same, and refused.
bool Server::room_for_probe() const {
  return leaving_.size() >= limits_.probes_max ||
         probes_running() + leaving_.size() < limits_.probes_max;
}

milliseconds Server::next_deadline(Time now) const {
  Time next = now + std::chrono::hours(1);
  for (const Connection& connection : connections_) {
    const auto silence = full() ? std::min(limits_.quiet, limits_.silence) : limits_.silence;
    const Time quiet = connection.heard + silence;
    // One that is quiet already keeps its place until another comes.
    const Time due = quiet > now ? quiet : std::max(now, connection.heard + limits_.silence);
    next = std::min(next, connection.probe ? connection.probe->deadline : due);
  }
  if (connections_.empty() && limits_.idle.count() > 0 && leaving_.empty()) {
    next = std::min(next, busy_until_ + limits_.idle);
  }
  // Rounded up, not to wake before the time; never in a spin while a client waits for room.
  const auto left = std::chrono::ceil<milliseconds>(next - now);
  return std::clamp(left, milliseconds(room_for_probe() ? 0 : 100), milliseconds(3'600'000));
}

bool Server::is_idle(Time now) const {
  return limits_.idle.count() > 0 && connections_.empty() && leaving_.empty() &&
         now - busy_until_ >= limits_.idle;
}

}  // namespace joist::helper
