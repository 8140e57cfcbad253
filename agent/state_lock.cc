#include "agent/state_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/sys_root.h"

namespace joist::agent {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// Its first thread has ended: "PID (NAME) Z …" (proc(5)); a name may hold anything.
bool was_killed(pid_t pid) {
  const auto stat = SysRoot().read_line("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = stat ? stat->rfind(") ") : std::string::npos;
  if (name_end == std::string::npos) return false;
  const char state = stat->substr(name_end + 2).front();
  return state == 'Z' || state == 'X';
}

}  // namespace

Result<UniqueFd> lock_state(const std::string& state_dir) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) return fail_errno(error.value(), "create " + state_dir);
  const std::string path = state_dir + "/lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR));
  if (!fd) return fail_errno(errno, "open " + path);
  struct flock lock = whole_file();
  if (::fcntl(fd.get(), F_SETLK, &lock) == 0) return fd;
  if (errno != EAGAIN && errno != EACCES) return fail_errno(errno, "lock " + path);

  struct flock held = whole_file();
  const bool named = ::fcntl(fd.get(), F_GETLK, &held) == 0 && held.l_type != F_UNLCK;
  const pid_t holder = named ? held.l_pid : 0;
  const std::string process =
      holder > 0 ? "process " + std::to_string(holder) : std::string("a process");
  if (holder > 0 && was_killed(holder)) {
    return fail(ErrorCode::Unavailable,
                path + ": " + process + " was killed, but hangs in the kernel with it; see dmesg");
  }
  return fail(ErrorCode::Refused, state_dir + " belongs to another joist-agent, " + process +
                                      "; stop that one, or give this one a --state-dir of its own");
}

}  // namespace joist::agent
