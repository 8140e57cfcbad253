// What the kernel calls itself and this host.
//
// Source: uname(2): the host this process runs on, whatever Roots say.
//         A name that was changed is seen within the minute.
// Emits:  node_uname_info{domainname,machine,nodename,release,sysname,version} 1
#pragma once

#include <sys/utsname.h>

#include "collectors/collector.h"
#include "collectors/roots.h"

namespace joist::collectors {

class UnameCollector final : public Collector {
 public:
  explicit UnameCollector(const Roots& roots);
  std::string_view name() const override { return "uname"; }
  Result<void> collect(Exposition& page) override;

 private:
  const Family info_;
  SeldomLook look_;
  utsname shown_{};  // what labels_ were rendered from
  Labels labels_;
};

}  // namespace joist::collectors
