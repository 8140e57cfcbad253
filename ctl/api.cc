#include "ctl/api.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "wire/rpc_client.h"

namespace joist::ctl {
namespace {

std::string_view program_of(Service service) {
  return service == Service::Agent ? "joist-agent" : "joist-installer";
}

constexpr std::chrono::seconds kTimeout{15};
// The agent asks the installer meanwhile, and looks before and after whether it can keep the
// answer: it has to have said what went wrong before this ends.
constexpr std::chrono::seconds kJoinTimeout{120};

// Why nobody answers at `path`, if so: found out before the call, where errno
// still says which of the many reasons it is.
Result<void> check_reachable(const std::string& path, Service service) {
  const std::string program(program_of(service));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return fail(ErrorCode::Malformed, path + ": no path of a socket (at most 107 bytes)");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail_errno(errno, "socket");
  // EAGAIN: its queue is full, so somebody is there.
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
      errno == EAGAIN) {
    return {};
  }
  const int error = errno;
  const std::string ask = "; is " + program + " running? systemctl status " + program;
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return fail(ErrorCode::Unavailable, "no socket at " + path + ask);
    case ECONNREFUSED:
      return fail(ErrorCode::Unavailable, "nobody listens at " + path + ask);
    case EACCES:
    case EPERM:
      return fail(ErrorCode::Refused, "not allowed to call " + program + " at " + path +
                                          "; run this as root (sudo joistctl ...)");
    default:
      return fail(ErrorCode::Unavailable, "connect to " + path + ": " + std::strerror(error) + ask);
  }
}

}  // namespace

Result<void> call(const Sockets& sockets, Service service, const std::string& method,
                  const google::protobuf::Message& request, google::protobuf::Message& response) {
  const std::string& path = service == Service::Agent ? sockets.agent : sockets.installer;
  if (auto good = check_reachable(path, service); !good) return good;
  const std::string name = service == Service::Agent ? "joist.v1.Agent/" : "joist.v1.Fleet/";
  const auto timeout = method == "Join" ? kJoinTimeout : kTimeout;
  return wire::call_unix(path, name + method, request, response, timeout);
}

}  // namespace joist::ctl
