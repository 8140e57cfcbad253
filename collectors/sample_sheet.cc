#include "collectors/sample_sheet.h"

namespace joist::collectors {

SampleSheet::Place SampleSheet::add(const FamilyText& family, const Labels& labels) {
  const std::string name(family.name);
  const auto [series, is_new] =
      place_of_series_.try_emplace(name + std::string(labels.text()), samples_.size());
  if (!is_new) return series->second;

  Group*& group = group_of_name_[name];
  if (group == nullptr) {
    groups_.push_back(
        std::make_unique<Group>(Group{Family(family.name, family.help, family.type), {}}));
    group = groups_.back().get();
  }
  group->samples.push_back(samples_.size());
  samples_.push_back({labels});
  return series->second;
}

void SampleSheet::clear() {
  samples_.clear();
  groups_.clear();
  group_of_name_.clear();
  place_of_series_.clear();
}

void SampleSheet::blank() {
  for (Sample& sample : samples_) sample.has_value = false;
}

void SampleSheet::write(Exposition& page) const {
  for (const auto& group : groups_) {
    page.begin(group->family);
    for (const Place place : group->samples) {
      const Sample& sample = samples_[place];
      if (sample.has_value) page.sample(sample.labels, sample.value);
    }
  }
}

}  // namespace joist::collectors
