// What the devices of one kind show: numbers of their attributes, of which some move and
// others are read once, and lines of text ("info") whose labels may change.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/sys_root.h"
#include "collectors/attribute_samples.h"
#include "collectors/exposition.h"
#include "collectors/malformed_lines.h"
#include "collectors/proc_file.h"
#include "collectors/sample_sheet.h"

namespace joist::collectors {

// The labels of a sample that says what a device is. Their values are files' first lines,
// read for every page, as a state may change; they are rendered when one did.
class AttributeLabels {
 public:
  // Where an attribute is not there, or empty.
  enum class Missing { Empty, LeftOut };

  explicit AttributeLabels(Missing missing = Missing::Empty) : missing_(missing) {}

  void add(std::string_view label, std::string_view value);
  // One that can change. What is not there now is not looked for again.
  void add(const SysRoot& root, std::string_view label, std::string_view path);

  const Labels& read();

 private:
  struct Label {
    std::string name;
    std::string value;
    std::optional<ProcFile> file;
  };

  void render();

  Missing missing_;
  std::vector<Label> values_;  // by name
  bool rendered_ = false;
  Labels labels_;
};

class DeviceSheet {
 public:
  explicit DeviceSheet(SysRoot root) : root_(std::move(root)) {}

  // Forgets all devices.
  void clear();

  // A number that does not change.
  void fix(const FamilyText& family, const Labels& labels, double value);

  // The number in the file at `path`, read for every page. False if it cannot be read.
  bool follow(const FamilyText& family, const Labels& labels, std::string_view path,
              AttributeSamples::Parse parse);

  // The same, read now and never again.
  bool read_once(const FamilyText& family, const Labels& labels, std::string_view path,
                 AttributeSamples::Parse parse);

  // A word of the file at `path`: 1 for the state it names and 0 for the others, by `label`,
  // which comes last in `labels`. `states` lives as long as the program. False if it cannot
  // be read.
  bool follow_state(const FamilyText& family,
                    std::vector<std::pair<std::string_view, std::string_view>> labels,
                    std::string_view label, std::span<const std::string_view> states,
                    std::string_view path);

  // A sample of 1 with these labels. Its family has no other samples than these.
  void tell(const FamilyText& family, AttributeLabels labels);

  void write(Exposition& page);

  // Text of an attribute without white space around it; nothing if it cannot be read.
  std::optional<std::string> text(std::string_view path) const;
  const SysRoot& root() const { return root_; }

 private:
  struct Told {
    Family family;
    std::vector<AttributeLabels> lines;
  };

  struct State {
    ProcFile file;
    std::span<const std::string_view> states;
    std::vector<SampleSheet::Place> places;  // by state
  };

  SysRoot root_;
  SampleSheet sheet_;
  AttributeSamples moving_;
  std::vector<std::pair<SampleSheet::Place, double>> fixed_;
  std::vector<State> states_;
  std::deque<Told> told_;
  MalformedLines malformed_;
};

// Whole numbers as the kernel writes them, "0x1f" too; and parts of them.
std::optional<double> parse_any_base(std::string_view text);
std::optional<double> parse_thousandths(std::string_view text);
std::optional<double> parse_millionths(std::string_view text);
std::optional<double> parse_tenths(std::string_view text);

}  // namespace joist::collectors
