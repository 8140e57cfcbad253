#include "collectors/area.h"

#include "collectors/textfile/textfile.h"

namespace joist::collectors {
namespace {

constexpr Source kSources[] = {
    {"textfile", Source::Standard::On, TextfileCollector::make},
};

constexpr Setting kSettings[] = {
    {"collector.textfile.directory", Setting::Kind::List, "/var/lib/prometheus/node-exporter",
     "A directory of text files with metrics, or a pattern of directories."},
};

}  // namespace

Area textfile_area() { return {kSources, kSettings}; }

}  // namespace joist::collectors
