#include "ctl/condition_view.h"

#include "base/value_text.h"
#include "ctl/humane.h"

namespace joist::ctl {
namespace {

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string_view remedy_text(v1::Remedy remedy) {
  switch (remedy) {
    case v1::REMEDY_NONE:
      return "a person must act";
    case v1::REMEDY_AUTOMATIC:
      return "the agent is at it";
    case v1::REMEDY_NEEDS_CONSENT:
      return "the agent can, once consented to";
    case v1::REMEDY_NEEDS_REBOOT:
      return "takes effect at the next boot";
    default:
      return "";
  }
}

}  // namespace

Cell condition_status(v1::ConditionStatus status) {
  switch (status) {
    case v1::CONDITION_STATUS_TRUE:
      return {"True", Tone::Good};
    case v1::CONDITION_STATUS_FALSE:
      return {"False", Tone::Bad};
    default:
      return {"Unknown", Tone::Warning};
  }
}

Table condition_table(const google::protobuf::RepeatedPtrField<v1::Condition>& conditions,
                      WallTime now) {
  Table table;
  table.when_empty = "No conditions yet.";
  table.columns = {
      {"CONDITION"},         {"STATUS"}, {"SINCE"}, {"REASON", Fit::Drop}, {"EVIDENCE", Fit::Drop},
      {"MESSAGE", Fit::Wrap}};
  for (const v1::Condition& condition : conditions) {
    const std::string& value = condition.evidence().value();
    table.rows.push_back({{condition.type()},
                          condition_status(condition.status()),
                          {humane_age(condition.transition_time(), now), Tone::Dim},
                          {condition.reason()},
                          {value.empty() ? "-" : value, Tone::Dim},
                          {condition.message()}});
  }
  return table;
}

Facts condition_facts(const v1::Condition& condition, WallTime now) {
  const v1::Evidence& evidence = condition.evidence();
  Facts facts;
  facts.facts = {{"Condition", {condition.type()}},
                 {"Status", condition_status(condition.status())},
                 {"Since", {humane_when(condition.transition_time(), now)}},
                 {"Reason", {condition.reason()}},
                 {"Message", {condition.message()}}};
  const auto add = [&facts](const char* label, const std::string& text) {
    if (!text.empty()) facts.facts.push_back({label, {text}});
  };
  if (condition.severity() != v1::SEVERITY_UNSPECIFIED) {
    add("Severity", enum_word(*v1::Severity_descriptor(), condition.severity()));
  }
  add("Blocks", joined(condition.blocks()));
  add("Remedy", std::string(remedy_text(condition.remedy())));
  if (condition.has_evidence()) {
    add("Evidence", evidence.value());
    add("Wanted", evidence.threshold());
    add("Source", evidence.source());
    if (evidence.has_observed_time()) add("Observed", humane_when(evidence.observed_time(), now));
    if (evidence.has_time_to_live()) {
      add("Valid for", humane_duration(std::chrono::seconds(evidence.time_to_live().seconds())));
    }
  }
  return facts;
}

}  // namespace joist::ctl
