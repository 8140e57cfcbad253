// Numbers that have a file each, as sysfs has them, and where on a sheet each is shown.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/sys_root.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

class AttributeSamples {
 public:
  // Of the text without white space around it; nothing if it is no such number.
  using Parse = std::optional<double> (*)(std::string_view text);

  // The first so many stay open; what a host has beyond is opened for each page, so
  // that no host, however large, makes this process run out of descriptors.
  static constexpr std::size_t kOpenMax = 128;

  // What is not there, or not for this user, is left out, and said so by false: until the devices
  // are met anew, it costs nothing. What has no value now (ENODATA, ENETDOWN: a device that
  // sleeps) may have one for the next page.
  bool add(const SysRoot& root, std::string_view path, SampleSheet::Place place, Parse parse);

  void clear() { attributes_.clear(); }

  // Sets the values there are now.
  void read_into(SampleSheet& sheet, MalformedLines& malformed);

 private:
  struct Attribute {
    ProcFile file;
    SampleSheet::Place place;
    Parse parse;
  };

  std::vector<Attribute> attributes_;
};

// The text without white space around it.
std::string_view trimmed(std::string_view text);

std::optional<double> parse_whole_number(std::string_view text);

}  // namespace joist::collectors
