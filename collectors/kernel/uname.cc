#include "collectors/kernel/uname.h"

#include <cerrno>
#include <cstring>

namespace joist::collectors {

UnameCollector::UnameCollector(const Roots& roots)
    : info_("node_uname_info", "Labeled system information as provided by the uname system call.",
            MetricType::Gauge),
      look_(roots.devices) {}

Result<void> UnameCollector::collect(Exposition& page) {
  utsname now = shown_;
  if (look_.is_due()) {
    if (::uname(&now) != 0) return fail_errno(errno, "uname");
    look_.done();
  }
  if (std::memcmp(&now, &shown_, sizeof now) != 0) {  // the host was renamed
    shown_ = now;
    labels_ =
        Labels{{"domainname", now.domainname}, {"machine", now.machine}, {"nodename", now.nodename},
               {"release", now.release},       {"sysname", now.sysname}, {"version", now.version}};
  }
  page.begin(info_);
  page.sample(labels_, 1U);
  return {};
}

}  // namespace joist::collectors
