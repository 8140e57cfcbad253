#include "helper/confinement.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace joist::helper {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "name this architecture's AUDIT_ARCH_ value"
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define JOIST_SANITIZED
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define JOIST_SANITIZED
#endif

constexpr std::array kAllowed{
    // The disk and the answer. ioctl asks for size and sectors; newfstatat is what fstat(3) calls.
    SYS_read, SYS_pread64, SYS_lseek, SYS_fstat, SYS_newfstatat, SYS_ioctl, SYS_fadvise64,
    SYS_write, SYS_sendto, SYS_sendmsg, SYS_ppoll, SYS_close,
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef JOIST_SANITIZED
    // UBSan looks through a pipe whether memory is there.
    SYS_pipe2,
#ifdef SYS_pipe
    SYS_pipe,
#endif
#endif
    // Memory.
    SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_madvise, SYS_brk, SYS_futex,
    // Time and the end; abort() sets signals up and sends itself one.
    SYS_clock_gettime, SYS_getpid, SYS_gettid, SYS_getrandom, SYS_rt_sigreturn, SYS_rt_sigaction,
    SYS_rt_sigprocmask, SYS_sigaltstack, SYS_restart_syscall, SYS_sched_yield, SYS_exit,
    SYS_exit_group};

sock_filter statement(int code, std::uint32_t operand) {
  return {static_cast<std::uint16_t>(code), 0, 0, operand};
}

// Jumps over `skipped` statements unless the value is `operand`.
sock_filter unless_equal(std::uint32_t operand, std::uint8_t skipped) {
  return {static_cast<std::uint16_t>(BPF_JMP | BPF_JEQ | BPF_K), 0, skipped, operand};
}

}  // namespace

Result<void> confine_to_open_files() {
  constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  std::vector<sock_filter> program{
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      // Another architecture's numbers mean other calls.
      unless_equal(kArchitecture, 1),
      statement(BPF_JMP | BPF_JA, 1),
      statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
  for (const long call : kAllowed) {
    program.push_back(unless_equal(static_cast<std::uint32_t>(call), 1));
    program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  // abort() signals its own process; another's would need no privilege either, for the user is one.
  program.push_back(unless_equal(static_cast<std::uint32_t>(SYS_tgkill), 3));
  program.push_back(statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
  program.push_back(unless_equal(static_cast<std::uint32_t>(::getpid()), 1));
  program.push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  program.push_back(statement(BPF_RET | BPF_K, refuse));

  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    return fail(ErrorCode::Unavailable,
                fail_errno(errno, "confine the reading of disks (seccomp)").value().message);
  }
  return {};
}

}  // namespace joist::helper
