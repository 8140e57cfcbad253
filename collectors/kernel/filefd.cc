#include "collectors/kernel/filefd.h"

#include "collectors/fields.h"

namespace joist::collectors {

std::optional<FileHandles> parse_file_nr(std::string_view text) {
  Fields fields(text);
  const auto allocated = parse_uint(fields.next());
  const auto unused = parse_uint(fields.next());
  const auto maximum = parse_uint(fields.next());
  if (!allocated || !unused || !maximum) return std::nullopt;
  return FileHandles{*allocated, *maximum};
}

FilefdCollector::FilefdCollector(const Roots& roots)
    : file_(roots.proc(), "sys/fs/file-nr", ProcFile::Shape::Whole, 128),
      allocated_("node_filefd_allocated", "File descriptor statistics: allocated.",
                 MetricType::Gauge),
      maximum_("node_filefd_maximum", "File descriptor statistics: maximum.", MetricType::Gauge) {}

Result<void> FilefdCollector::collect(Exposition& page) {
  const auto text = file_.read();
  if (!text) return tl::unexpected<Error>(text.error());
  const auto handles = parse_file_nr(*text);
  if (!handles) return fail(ErrorCode::Malformed, file_.path() + ": expected three numbers");

  page.begin(allocated_);
  page.sample(handles->allocated);
  page.begin(maximum_);
  page.sample(handles->maximum);
  return {};
}

}  // namespace joist::collectors
