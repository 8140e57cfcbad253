#include "helper/apply/survey.h"

#include <poll.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <map>

#include "base/problem.h"
#include "base/seqpacket.h"
#include "disk/observe.h"
#include "helper/probe_process.h"

namespace joist::apply {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kProbesMax = 8;

Result<disk::ProbeResult> take_answer(const helper::ProbeProcess& probe) {
  const auto datagram = receive_datagram(probe.answer.get(), milliseconds(0));
  v1::HelperResponse response;
  if (!datagram || !response.ParseFromArray(datagram->data(), static_cast<int>(datagram->size()))) {
    return fail(ErrorCode::Unavailable, probe.name + ": the process that read it died");
  }
  if (response.has_problem()) {
    return fail(error_code_of(response.problem().code()), response.problem().message());
  }
  return disk::from_message(response.probe());
}

// One that waits for a disk in the kernel cannot be reaped: it is left to init.
void end(const helper::ProbeProcess& probe, bool answered) {
  helper::kill_probe(probe);
  ::waitpid(probe.pid, nullptr, answered ? 0 : WNOHANG);
}

using Answers = std::map<std::string, Result<disk::ProbeResult>>;

// Takes what has come, and gives up what took too long.
void settle(std::list<helper::ProbeProcess>& running, Answers& answers) {
  std::vector<pollfd> waiting;
  auto next = steady_clock::time_point::max();
  for (const helper::ProbeProcess& probe : running) {
    waiting.push_back({.fd = probe.answer.get(), .events = POLLIN, .revents = 0});
    next = std::min(next, probe.deadline);
  }
  const auto left = std::chrono::ceil<milliseconds>(next - steady_clock::now());
  const auto timeout = std::max<milliseconds::rep>(left.count(), 0);
  if (::poll(waiting.data(), waiting.size(), static_cast<int>(timeout)) < 0) return;
  auto at = waiting.cbegin();
  for (auto probe = running.begin(); probe != running.end();) {
    const bool answered = (at++)->revents != 0;
    if (!answered && steady_clock::now() < probe->deadline) {
      ++probe;
      continue;
    }
    answers.emplace(probe->name, answered ? take_answer(*probe)
                                          : fail(ErrorCode::Unavailable,
                                                 probe->name + ": the device did not answer"));
    end(*probe, answered);
    probe = running.erase(probe);
  }
}

struct Wanted {
  std::string name;
  std::uint64_t diskseq;
};

Answers probe_all(const std::vector<Wanted>& wanted, std::chrono::seconds deadline) {
  Answers answers;
  std::list<helper::ProbeProcess> running;
  auto next = wanted.begin();
  while (next != wanted.end() || !running.empty()) {
    while (next != wanted.end() && running.size() < kProbesMax) {
      v1::ProbeRequest request;
      request.set_name(next->name);
      request.set_diskseq(next->diskseq);
      auto probe = helper::start_probe(request, steady_clock::now() + deadline);
      if (probe) {
        running.push_back(std::move(*probe));
      } else {
        answers.emplace(next->name, tl::unexpected<Error>(probe.error()));
      }
      ++next;
    }
    if (!running.empty()) settle(running, answers);
  }
  return answers;
}

Result<void> check_only(const std::vector<std::string>& only, const disk::Inventory& inventory) {
  for (const std::string& asked : only) {
    const bool known = std::ranges::any_of(inventory.disks, [&asked](const disk::Disk& disk) {
      return asked == disk.name || (!disk.id.empty() && asked == disk.id);
    });
    if (!known) return fail(ErrorCode::NotFound, "no disk \"" + asked + "\" in this host");
  }
  return {};
}

}  // namespace

Result<std::string> host_id(const SysRoot& root) {
  auto id = root.read_line("/etc/machine-id");
  if (id && id->size() == 32) return id;
  return fail(ErrorCode::NotFound,
              "this host has no /etc/machine-id to bind a consent to; systemd-machine-id-setup "
              "makes one");
}

Result<disk::PlanGround> survey(const SysRoot& root, const v1::StorageSpec& spec,
                                const std::vector<std::string>& only,
                                std::chrono::seconds deadline) {
  auto host = host_id(root);
  if (!host) return tl::unexpected<Error>(host.error());
  const SystemClock clock;
  const auto inventory = disk::observe(root, clock.now());
  if (!inventory) return tl::unexpected<Error>(inventory.error());
  if (auto known = check_only(only, *inventory); !known) {
    return tl::unexpected<Error>(known.error());
  }
  std::vector<Wanted> wanted;
  for (const disk::Disk& disk : inventory->disks) {
    if (disk::worth_probing(disk, spec)) wanted.push_back({disk.name, disk.diskseq});
  }
  auto disks = disk::classify(*inventory, probe_all(wanted, deadline), spec);
  return disk::PlanGround{std::move(*host), std::move(disks), spec, only};
}

Result<disk::ProbeResult> probe_disk(const std::string& name, std::uint64_t diskseq,
                                     std::chrono::seconds deadline) {
  return probe_all({{name, diskseq}}, deadline).at(name);
}

}  // namespace joist::apply
