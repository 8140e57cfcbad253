#include "installer/server_certificate.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <memory>
#include <set>

#include "base/value_format.h"
#include "pki/request.h"

namespace joist::installer {
namespace {

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) return {};
    ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace

std::vector<std::string> server_names(const std::vector<std::string>& configured) {
  std::set<std::string> names(configured.begin(), configured.end());
  names.insert({"localhost", "127.0.0.1", "::1"});
  char host[HOST_NAME_MAX + 1] = {};
  if (::gethostname(host, sizeof host - 1) == 0 && has_format(host, v1::FORMAT_DNS_NAME)) {
    names.insert(host);
  }
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) == 0) {
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, ::freeifaddrs);
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
      const bool up = each->ifa_addr != nullptr && (each->ifa_flags & IFF_UP) != 0;
      if (up) names.insert(address_text(each->ifa_addr));
    }
  }
  names.erase("");
  return {names.begin(), names.end()};
}

Result<wire::TlsContextPtr> ServerCertificate::renew(const std::vector<std::string>& names,
                                                     WallTime now) {
  const bool fits = names == names_ && now >= issue_time_ - pki::kBackdated &&
                    now < issue_time_ + kLife * 2 / 3 && now < expire_time_;
  if (fits) return wire::TlsContextPtr();

  const auto key = pki::make_key();
  if (!key) return fail(key.error(), "server certificate");
  const auto request = pki::make_request(*key);
  if (!request) return fail(request.error(), "server certificate");
  const auto certificate =
      pki::issue(authority_, *request, pki::installer_holder(name_, names), now, kLife);
  if (!certificate) return fail(certificate.error(), "server certificate");
  auto context = wire::server_context({*certificate, *key, authority_.certificate});
  if (!context) return fail(context.error(), "server certificate");
  names_ = names;
  issue_time_ = now;
  expire_time_ = now + kLife;
  return context;
}

}  // namespace joist::installer
