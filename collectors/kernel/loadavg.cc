#include "collectors/kernel/loadavg.h"

#include "collectors/fields.h"

namespace joist::collectors {

LoadavgCollector::LoadavgCollector(const Roots& roots)
    : file_(roots.proc(), "loadavg", ProcFile::Shape::Whole, 256),
      load1_("node_load1", "1m load average.", MetricType::Gauge),
      load5_("node_load5", "5m load average.", MetricType::Gauge),
      load15_("node_load15", "15m load average.", MetricType::Gauge) {}

Result<void> LoadavgCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());

  Fields fields(*text);
  for (const Family* family : {&load1_, &load5_, &load15_}) {
    const auto load = parse_number<double>(fields.next());
    if (!load) return fail(ErrorCode::Malformed, file_.path() + ": expected three load averages");
    page.begin(*family);
    page.sample(*load);
  }
  return {};
}

}  // namespace joist::collectors
