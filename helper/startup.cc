#include "helper/startup.h"

#include <pwd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "base/seqpacket.h"

namespace joist::helper {
namespace {

constexpr int kBacklog = 64;

// systemd's socket, if it gave us one (sd_listen_fds(3)).
Result<UniqueFd> inherited_socket(const std::string& unit) {
  const int count = ::sd_listen_fds(1);
  if (count < 0) return fail_errno(-count, "take the socket from systemd");
  if (count == 0) {
    return fail(ErrorCode::Unavailable,
                "no socket from systemd: start " + unit + ", or use --listen PATH");
  }
  if (count > 1 || ::sd_is_socket(SD_LISTEN_FDS_START, AF_UNIX, SOCK_SEQPACKET, 1) <= 0) {
    return fail(ErrorCode::Malformed,
                "expected one listening SOCK_SEQPACKET socket from systemd "
                "(ListenSequentialPacket=)");
  }
  return UniqueFd(SD_LISTEN_FDS_START);
}

// A socket for development: for root and the agent's user alone.
Result<UniqueFd> own_socket(const std::string& path, uid_t agent_uid) {
  auto listener = listen_seqpacket(path, 0600, kBacklog);
  if (!listener) return listener;
  if (::geteuid() == 0 && ::chown(path.c_str(), agent_uid, static_cast<gid_t>(-1)) != 0) {
    return fail_errno(errno, "give " + path + " to the agent's user");
  }
  return listener;
}

}  // namespace

Result<long> parse_number(std::string_view option, std::string_view text, long min, long max) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return fail(ErrorCode::Malformed, std::string(option) + ": expected a whole number from " +
                                          std::to_string(min) + " to " + std::to_string(max) +
                                          ", got \"" + std::string(text) + "\"");
  }
  return number;
}

Result<uid_t> find_user(const std::string& user) {
  if (!user.empty() && user.find_first_not_of("0123456789") == std::string::npos) {
    const auto uid = parse_number("--agent-user", user, 0, 4'294'967'294);
    if (!uid) return fail(uid.error(), "options");
    return static_cast<uid_t>(*uid);
  }
  const passwd* entry = ::getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  if (entry == nullptr) {
    return fail(ErrorCode::NotFound,
                "--agent-user: no user \"" + user + "\" on this host; create it or name another");
  }
  return entry->pw_uid;
}

Result<UniqueFd> take_listener(const std::string& path, uid_t agent_uid, const std::string& unit) {
  return path.empty() ? inherited_socket(unit) : own_socket(path, agent_uid);
}

}  // namespace joist::helper
