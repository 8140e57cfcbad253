#include "helper/health_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/problem.h"
#include "base/seqpacket.h"
#include "base/sys_root.h"
#include "disk/health.h"
#include "helper/capabilities.h"
#include "helper/confinement.h"
#include "helper/disk_opening.h"

namespace joist::helper {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr rlim_t kSmartctlCpuSeconds = 10;
constexpr rlim_t kReaderCpuSeconds = 5;

// Comes through the pipe in smartctl's place where it could not be started; JSON begins otherwise.
const std::string kCouldNot = "!could not ";

void limit(__rlimit_resource resource, rlim_t most) {
  const rlimit bound{most, most};
  ::setrlimit(resource, &bound);  // the unit's own limits hold where this may not be set
}

// The kernel's word that `name` still is the disk that it was: the file ends with the disk.
class Attachment {
 public:
  static Result<Attachment> of(const std::string& name) {
    const std::string path = "/sys/block/" + name + "/dev";
    Attachment attachment;
    attachment.file_ = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!attachment.file_) return fail_errno(errno, "open " + path);
    return attachment;
  }
  bool holds() const {
    char first = 0;
    return ::pread(file_.get(), &first, 1, 0) == 1;
  }

 private:
  UniqueFd file_;
};

// All that is said, until its end.
Result<std::string> hear_all(int fd, steady_clock::time_point deadline) {
  std::string text;
  std::array<char, 16384> chunk{};
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const int ready =
        ::poll(&waiting, 1, static_cast<int>(std::max<milliseconds::rep>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return fail(ErrorCode::Unavailable, "smartctl did not come to an end");
    const ssize_t got = ::read(fd, chunk.data(), chunk.size());
    if (got < 0) return fail_errno(errno, "read what smartctl says");
    if (got == 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > disk::kSmartctlBytesMax) return text;  // the parser says so
  }
}

Result<v1::HealthResponse> read_report(int output, const Attachment& attachment,
                                       steady_clock::time_point deadline) {
  if (auto dropped = drop_capabilities(); !dropped) return tl::unexpected<Error>(dropped.error());
  if (auto confined = confine_to_open_files(); !confined) {
    return tl::unexpected<Error>(confined.error());
  }
  const auto json = hear_all(output, deadline);
  if (!json) return tl::unexpected<Error>(json.error());
  if (json->starts_with(kCouldNot)) {
    return fail(ErrorCode::Unavailable, "could not " + json->substr(kCouldNot.size()));
  }
  auto report = disk::parse_smartctl(*json);
  if (!report) return tl::unexpected<Error>(report.error());
  // smartctl opens by name: had another disk taken it, this one's file would have ended.
  if (!attachment.holds()) {
    return fail(ErrorCode::Refused, "it went away meanwhile; look at the disks again");
  }
  v1::HealthResponse response;
  *response.mutable_report() = std::move(*report);
  return response;
}

[[noreturn]] void run_reader(int output, const std::string& name, const Attachment& attachment,
                             steady_clock::time_point deadline) {
  ::prctl(PR_SET_NAME, "joist-health");
  limit(RLIMIT_CPU, kReaderCpuSeconds);
  v1::HelperResponse response;
  auto health = read_report(output, attachment, deadline);
  if (health) {
    *response.mutable_health() = std::move(*health);
  } else {
    *response.mutable_problem() = to_problem(fail(health.error(), name).value());
  }
  const bool sent =
      send_datagram(kAnswerFd, response.SerializeAsString(), milliseconds(1000)).has_value();
  ::_exit(sent ? 0 : 1);
}

// Does not return but for an error.
Error become(const HealthProgram& program, const std::string& node, int output) {
  if (::dup2(output, STDOUT_FILENO) < 0) return fail_errno(errno, "dup2").value();
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nothing) return fail_errno(errno, "open /dev/null").value();
  for (const int fd : {STDIN_FILENO, STDERR_FILENO}) {
    if (::dup2(nothing.get(), fd) < 0) return fail_errno(errno, "dup2").value();
  }
  limit(RLIMIT_CPU, kSmartctlCpuSeconds);
  limit(RLIMIT_FSIZE, 0);  // it has no file to write
  if (auto kept = keep_disk_capabilities(); !kept) return kept.error();
  // A sleeping disk ends it, with a status that nothing else has.
  std::array<std::string, 5> words{"smartctl", "--json=c",
                                   "--nocheck=standby," + std::to_string(disk::kAsleepStatus),
                                   "--xall", node};
  std::array<char*, words.size() + 1> argv{};
  std::ranges::transform(words, argv.begin(), [](std::string& word) { return word.data(); });
  std::string path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
  std::string language = "LC_ALL=C";
  std::array<char*, 3> environment{path.data(), language.data(), nullptr};
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  ::execve(program.path.c_str(), argv.data(), environment.data());
  return fail_errno(errno, "execute " + program.path).value();
}

// The first process: checks, starts the reader, and becomes smartctl.
Result<v1::HealthResponse> ask(const v1::HealthRequest& request, const HealthProgram& program,
                               steady_clock::time_point deadline) {
  // Before the look at which disk it is, so that it is that disk's.
  const auto attachment = Attachment::of(request.name());
  const auto node = find_disk(request.name(), request.diskseq());
  if (!node) return tl::unexpected<Error>(node.error());
  if (!attachment) return tl::unexpected<Error>(attachment.error());
  v1::HealthResponse response;
  // Opening it would already wake it up.
  const auto power =
      SysRoot().read_line("/sys/block/" + request.name() + "/device/power/runtime_status");
  if (power && *power == "suspended") {
    response.set_suspended(true);
    return response;
  }
  if (::access(program.path.c_str(), X_OK) != 0) {
    return fail(ErrorCode::Unavailable,
                "no " + program.path + " to ask it with: install smartmontools");
  }
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  const pid_t reader = ::fork();
  if (reader < 0) return fail_errno(errno, "fork");
  if (reader == 0) {
    ::close(ends[1]);
    run_reader(ends[0], request.name(), *attachment, deadline);
  }
  // The reader passes it on: two who answer would be one too many.
  const std::string failed = kCouldNot + become(program, *node, ends[1]).message;
  [[maybe_unused]] const ssize_t told = ::write(STDOUT_FILENO, failed.data(), failed.size());
  ::_exit(1);
}

}  // namespace

Result<ProbeProcess> start_health(const v1::HealthRequest& request, const HealthProgram& program,
                                  steady_clock::time_point deadline) {
  return start_process(request.name(), deadline, [&] {
    auto answered = ask(request, program, deadline);
    v1::HelperResponse response;
    if (answered) {
      *response.mutable_health() = std::move(*answered);
    } else {
      *response.mutable_problem() = to_problem(fail(answered.error(), request.name()).value());
    }
    return response;
  });
}

}  // namespace joist::helper
