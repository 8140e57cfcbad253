// Any text files, cut at bytes of 0: what they show together must be a page that can be read
// without a problem, and read again shows the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "collectors/textfile/textfile_page.h"

namespace {

using joist::collectors::TextFile;
using joist::collectors::TextfilePage;

TextfilePage merged(const std::vector<std::string_view>& texts) {
  std::vector<TextFile> files;
  files.reserve(texts.size());
  for (const auto text : texts) files.push_back({"f", joist::collectors::parse_metrics_text(text)});
  std::vector<const TextFile*> pointers;
  pointers.reserve(files.size());
  for (const TextFile& file : files) pointers.push_back(&file);
  return merge_text_files(pointers, {"node_textfile_scrape_error", "taken_sum"});
}

auto lines_of(std::string_view text) { return std::ranges::count(text, '\n'); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> texts;
  while (!rest.empty() && texts.size() < 4) {
    const auto end = rest.find('\0');
    texts.push_back(rest.substr(0, end));
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  const auto page = merged(texts);
  if (joist::collectors::parse_metrics_text(page.text).problems_count != 0) std::abort();
  // As one file its families have the labels of all files.
  const auto again = merged({page.text});
  if (!again.complaints.empty() || lines_of(again.text) != lines_of(page.text)) std::abort();
  if (merged({again.text}).text != again.text) std::abort();
  return 0;
}
