// Samples whose families and labels stay while only their values move: laid out when a
// collector meets its devices, filled at every page, written family by family. For
// collectors that are told by a table what to show.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "collectors/exposition.h"

namespace joist::collectors {

// A family, as a table names it.
struct FamilyText {
  std::string_view name;
  std::string_view help;
  MetricType type;
};

class SampleSheet {
 public:
  using Place = std::size_t;

  // Lays out a sample; the place of the one that is there already, if any. The name
  // must be one the format allows; help and type count when the family is new here.
  Place add(const FamilyText& family, const Labels& labels);

  // Forgets samples and families.
  void clear();

  // No sample has a value: how a page begins.
  void blank();

  void set(Place place, double value) { samples_[place].set(value); }
  void unset(Place place) { samples_[place].has_value = false; }

  // Families in the order of their first sample, samples in the order they were added;
  // those without a value leave no trace.
  void write(Exposition& page) const;

 private:
  struct Sample {
    Labels labels;
    double value = 0;
    bool has_value = false;

    void set(double to) {
      value = to;
      has_value = true;
    }
  };
  struct Group {
    Family family;
    std::vector<Place> samples;
  };

  std::vector<Sample> samples_;
  std::vector<std::unique_ptr<Group>> groups_;
  std::unordered_map<std::string, Group*> group_of_name_;
  std::unordered_map<std::string, Place> place_of_series_;  // key: name and labels
};

}  // namespace joist::collectors
