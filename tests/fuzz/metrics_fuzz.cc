// What a stranger's request says of itself, read before anybody is let in; and pages that carry
// other people's text files, in every format. Cut at bytes of 0: query, Accept, Accept-Encoding,
// timeout, Authorization, page.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "collectors/textfile/textfile_page.h"
#include "metrics/accept.h"
#include "metrics/openmetrics.h"
#include "metrics/passwords.h"
#include "metrics/protobuf_page.h"
#include "metrics/scrape_request.h"

namespace {

constexpr std::size_t kPage = 5;

void expect(bool holds) {
  if (!holds) std::abort();
}

void read_request(const std::array<std::string_view, kPage + 1>& parts) {
  for (const auto& value : joist::metrics::query_values(parts[0], "collect[]")) {
    expect(value.size() <= parts[0].size());
  }
  expect(!joist::metrics::content_type(joist::metrics::negotiate_format(parts[1])).empty());
  static_cast<void>(joist::metrics::negotiate_encoding(parts[2]));
  expect(joist::metrics::scrape_deadline(parts[3]) > std::chrono::milliseconds(0));
  if (const auto who = joist::metrics::basic_credentials(parts[4])) {
    expect(who->user.size() + who->password.size() < parts[4].size());
    expect(who->user.find(':') == std::string::npos);
  }
}

// What is served is a page that merging made, so that is what the formats are made of.
void convert(std::string_view text) {
  const joist::collectors::TextFile file{"f", joist::collectors::parse_metrics_text(text)};
  const std::array<const joist::collectors::TextFile*, 1> files{&file};
  const auto page = merge_text_files(files, {});
  std::string open;
  joist::metrics::to_openmetrics(page.text, open);
  expect(open.ends_with("# EOF\n"));
  std::string messages;
  joist::metrics::to_protobuf(page.text, messages);
  expect(page.text.empty() == messages.empty());
  // As they come, too: nothing may be read past its end.
  open.clear();
  joist::metrics::to_openmetrics(text, open);
  messages.clear();
  joist::metrics::to_protobuf(text, messages);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::array<std::string_view, kPage + 1> parts;
  for (std::size_t part = 0; part < kPage; ++part) {
    const auto end = rest.find('\0');
    parts[part] = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  parts[kPage] = rest;
  read_request(parts);
  convert(parts[kPage]);
  return 0;
}
