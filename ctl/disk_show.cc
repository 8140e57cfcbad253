#include "ctl/disk_show.h"

#include <chrono>

#include "base/value_text.h"
#include "ctl/answer_text.h"
#include "ctl/api.h"
#include "ctl/apply_api.h"
#include "ctl/disk_hand_over.h"
#include "ctl/disk_view.h"
#include "ctl/job_view.h"
#include "ctl/plan_view.h"
#include "joist/v1/agent.pb.h"

namespace joist::ctl {
namespace {

using std::chrono::system_clock;

template <typename Response, typename Request>
Result<Response> ask_agent(const CommandLine& line, const std::string& method,
                           const Request& request) {
  Response response;
  const Sockets sockets{line.agent_socket, line.installer_socket};
  if (auto called = call(sockets, Service::Agent, method, request, response); !called) {
    return tl::unexpected<Error>(called.error());
  }
  return response;
}

Result<v1::PlanDisksResponse> ask_plan(const CommandLine& line) {
  v1::PlanDisksRequest request;
  for (const std::string& disk : line.arguments) request.add_only(disk);
  return ask_agent<v1::PlanDisksResponse>(line, "PlanDisks", request);
}

Result<Shown> show_disk(const CommandLine& line, const Screen& screen) {
  const std::string& name = line.arguments.at(0);
  const auto disks = ask_agent<v1::ListDisksResponse>(line, "ListDisks", v1::ListDisksRequest());
  if (!disks) return tl::unexpected<Error>(disks.error());
  const v1::Disk* disk = find_disk(*disks, name);
  if (disk == nullptr) {
    return fail(ErrorCode::NotFound,
                "no disk " + in_quotes(name) + "; joistctl disk list has their names and ids");
  }
  return Shown{answer_text(line.output, screen, *disk, [&] {
    Page page = disk_page(*disk, system_clock::now());
    // Of all disks: what the plan says of one depends on the others.
    const auto planned =
        ask_agent<v1::PlanDisksResponse>(line, "PlanDisks", v1::PlanDisksRequest());
    if (!planned) {
      page.sections.push_back({"", Facts{{{"Plan", {planned.error().message, Tone::Warning}}}}});
    } else if (const auto* one = find_planned(planned->plan(), disk->id(), disk->name())) {
      page.sections.push_back({"", planned_facts(*one)});
    }
    return page;
  })};
}

Result<Shown> show_plan(const CommandLine& line, const Screen& screen) {
  const auto planned = ask_plan(line);
  if (!planned) return tl::unexpected<Error>(planned.error());
  return Shown{answer_text(line.output, screen, *planned, [&] {
    return plan_page(*planned, line.arguments, system_clock::now());
  })};
}

Result<Shown> show_job(const CommandLine& line, const Screen& screen,
                       const v1::ListDiskJobsResponse& jobs) {
  const ApplyApi api(line.apply_socket);
  auto id = find_job(jobs, line.arguments.at(0));
  if (!id && !jobs.truncated()) return tl::unexpected<Error>(id.error());
  const auto one = api.jobs(id ? *id : line.arguments.at(0));
  if (!one) return tl::unexpected<Error>(one.error());
  if (one->jobs_size() != 1) {
    return fail(ErrorCode::NotFound, "no job " + in_quotes(line.arguments.at(0)));
  }
  return Shown{answer_text(line.output, screen, *one,
                           [&] { return job_page(one->jobs(0), system_clock::now()); })};
}

Result<Shown> show_jobs(const CommandLine& line, const Screen& screen) {
  auto jobs = ApplyApi(line.apply_socket).jobs();
  if (!jobs) return tl::unexpected<Error>(jobs.error());
  if (!line.arguments.empty()) return show_job(line, screen, *jobs);
  if (line.command == CommandId::DiskWatch) *jobs = running_jobs(*jobs);
  return Shown{answer_text(line.output, screen, *jobs,
                           [&] { return jobs_page(*jobs, system_clock::now()); })};
}

Result<Shown> show_hand_over(const CommandLine& line) {
  if (line.output == Output::Json) {
    return fail(ErrorCode::Malformed, std::string(command(line.command).name) +
                                          " prints YAML for kubectl, and no JSON; joistctl disk "
                                          "plan -o json has what it is made from");
  }
  const auto status = ask_agent<v1::Status>(line, "GetStatus", v1::GetStatusRequest());
  if (!status) return tl::unexpected<Error>(status.error());
  const auto disks = ask_agent<v1::ListDisksResponse>(line, "ListDisks", v1::ListDisksRequest());
  if (!disks) return tl::unexpected<Error>(disks.error());
  const auto planned = ask_plan(line);
  if (!planned) return tl::unexpected<Error>(planned.error());
  const HandOver ready{status->node_name(), *disks, planned->plan()};
  return Shown{line.command == CommandId::DiskCeph ? ceph_text(ready) : longhorn_text(ready)};
}

}  // namespace

Result<Shown> show_of_disks(const CommandLine& line, const Screen& screen) {
  switch (line.command) {
    case CommandId::DiskShow:
      return show_disk(line, screen);
    case CommandId::DiskPlan:
      return show_plan(line, screen);
    case CommandId::DiskHistory:
    case CommandId::DiskWatch:
      return show_jobs(line, screen);
    default:
      return show_hand_over(line);
  }
}

}  // namespace joist::ctl
