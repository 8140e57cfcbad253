#include "ctl/views.h"

#include "base/value_text.h"
#include "ctl/condition_view.h"
#include "ctl/disk_view.h"
#include "ctl/humane.h"

namespace joist::ctl {
namespace {

std::string or_dash(const std::string& text) { return text.empty() ? "-" : text; }

Cell session_cell(const v1::SessionStatus& session, WallTime now) {
  const std::string since =
      session.has_since() ? " for " + humane_age(session.since(), now) : std::string();
  const std::string to = session.endpoint().empty() ? "" : " to " + session.endpoint();
  switch (session.state()) {
    case v1::SESSION_STATE_CONNECTED:
      return {"connected" + to + since, Tone::Good};
    case v1::SESSION_STATE_CONNECTING:
      return {"connecting" + to + since, Tone::Warning};
    case v1::SESSION_STATE_WAITING:
      return {"not connected" + to + since + ", next try in " +
                  humane_duration(std::chrono::seconds(session.retry_in().seconds())),
              Tone::Bad};
    case v1::SESSION_STATE_NOT_JOINED:
      return {"not joined; joistctl join HOST:PORT", Tone::Warning};
    default:
      return {"unknown", Tone::Warning};
  }
}

void add_config(const v1::ConfigStatus& config, WallTime now, Facts& facts) {
  const std::string loaded =
      config.has_load_time() ? ", loaded " + humane_when(config.load_time(), now) : "";
  facts.facts.push_back({"Config", {or_dash(config.path()) + loaded}});
  if (config.error().empty()) return;
  facts.facts.push_back(
      {"",
       {"refused " + humane_when(config.error_time(), now) + ", the one before is in force:",
        Tone::Bad}});
  std::string_view rest = config.error();
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    facts.facts.push_back({"", {std::string(line), Tone::Bad}});
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

void add_disconnect(const std::string& reason, const google::protobuf::Timestamp& time,
                    WallTime now, Facts& facts) {
  if (reason.empty()) return;
  facts.facts.push_back({"Lost", {humane_when(time, now) + ": " + reason, Tone::Dim}});
}

void add_session(const v1::SessionStatus& session, WallTime now, Facts& facts) {
  facts.facts.push_back({"Installer", session_cell(session, now)});
  if (!session.error().empty()) facts.facts.push_back({"", {session.error(), Tone::Bad}});
  if (!session.node_name().empty()) {
    const bool known = session.has_join_time();
    facts.facts.push_back({"Joined",
                           {"as " + session.node_name() +
                            (known ? ", " + humane_when(session.join_time(), now) : "")}});
  }
  add_disconnect(session.disconnect_reason(), session.disconnect_time(), now, facts);
  if (session.has_certificate_expire_time()) {
    facts.facts.push_back(
        {"Certificate", {"expires " + humane_when(session.certificate_expire_time(), now)}});
  }
}

// What a node's report says of it, by kind.
struct Reported {
  const v1::Host* host = nullptr;
  const v1::Condition* ready = nullptr;
  google::protobuf::RepeatedPtrField<v1::Condition> conditions;  // Ready first
  google::protobuf::RepeatedPtrField<v1::Disk> disks;
};

Reported reported_by(const v1::Node& node) {
  Reported reported;
  for (const v1::ReportItem& item : node.report().items()) {
    if (item.has_host()) reported.host = &item.host();
    if (item.has_disk()) *reported.disks.Add() = item.disk();
    if (item.has_condition() && item.condition().type() == "Ready") {
      reported.ready = &item.condition();
    }
  }
  if (reported.ready != nullptr) *reported.conditions.Add() = *reported.ready;
  for (const v1::ReportItem& item : node.report().items()) {
    const bool other = item.has_condition() && item.condition().type() != "Ready";
    if (other) *reported.conditions.Add() = item.condition();
  }
  return reported;
}

Cell state_cell(v1::NodeState state) {
  const std::string word = enum_word(*v1::NodeState_descriptor(), state);
  switch (state) {
    case v1::NODE_STATE_CONNECTED:
      return {word, Tone::Good};
    case v1::NODE_STATE_DISCONNECTED:
      return {word, Tone::Bad};
    case v1::NODE_STATE_RETIRED:
      return {word, Tone::Dim};
    default:
      return {"unknown", Tone::Warning};
  }
}

// What is reported of a node that is not connected is history.
Cell ready_cell(const v1::Node& node, const Reported& reported) {
  if (node.state() == v1::NODE_STATE_RETIRED) return {"-", Tone::Dim};
  const bool known = node.state() == v1::NODE_STATE_CONNECTED && reported.ready != nullptr;
  return condition_status(known ? reported.ready->status() : v1::CONDITION_STATUS_UNKNOWN);
}

std::string roles_text(const v1::Node& node) {
  std::string text;
  for (const int role : node.roles()) {
    text += (text.empty() ? "" : ",") + enum_word(*v1::Role_descriptor(), role);
  }
  return or_dash(text);
}

Facts node_facts(const v1::Node& node, const Reported& reported, WallTime now) {
  const bool connected = node.state() == v1::NODE_STATE_CONNECTED;
  const std::string from = connected && !node.address().empty() ? " from " + node.address() : "";
  Facts facts;
  Cell state = state_cell(node.state());
  state.text += from;
  facts.facts = {{"Node", {node.name()}},
                 {"UID", {node.uid()}},
                 {"State", state},
                 {"Ready", ready_cell(node, reported)},
                 {"Roles", {roles_text(node)}},
                 {"Joined", {humane_when(node.enroll_time(), now)}},
                 {"Heard", {humane_when(node.heard_time(), now)}},
                 {"Certificate", {"expires " + humane_when(node.certificate_expire_time(), now)}}};
  if (const v1::Host* host = reported.host) {
    facts.facts.push_back(
        {"System", {host->os() + ", Linux " + host->kernel() + ", " + host->architecture()}});
    facts.facts.push_back({"Hardware",
                           {std::to_string(host->cpus()) + " CPUs, " +
                            humane_size(host->memory_bytes()) + " memory"}});
    facts.facts.push_back({"Booted", {humane_when(host->boot_time(), now)}});
    facts.facts.push_back({"Agent", {or_dash(host->agent_version())}});
    std::string labels;
    for (const auto& [key, value] :
         std::map<std::string, std::string>(host->labels().begin(), host->labels().end())) {
      labels += (labels.empty() ? "" : ", ") + key + "=" + value;
    }
    if (!labels.empty()) facts.facts.push_back({"Labels", {labels}});
  }
  facts.facts.push_back({"Report", {humane_when(node.report_time(), now)}});
  add_disconnect(node.disconnect_reason(), node.disconnect_time(), now, facts);
  if (!connected) {
    facts.facts.push_back(
        {"",
         {"It is not connected: what follows is history, and every condition counts as Unknown.",
          Tone::Warning}});
  }
  return facts;
}

Cell token_state(v1::TokenState state) {
  const std::string word = enum_word(*v1::TokenState_descriptor(), state);
  return {word, state == v1::TOKEN_STATE_OPEN ? Tone::Good : Tone::Dim};
}

}  // namespace

Page status_page(const v1::Status& status, WallTime now) {
  Facts facts;
  facts.facts.push_back({"Node", {or_dash(status.node_name())}});
  if (!status.node_uid().empty()) facts.facts.push_back({"UID", {status.node_uid()}});
  facts.facts.push_back(
      {"Agent", {status.version() + ", started " + humane_when(status.start_time(), now)}});
  add_config(status.config(), now, facts);
  add_session(status.session(), now, facts);
  for (const std::string& url : status.metrics_urls()) {
    facts.facts.push_back({&url == &status.metrics_urls(0) ? "Metrics" : "", {url}});
  }
  Cell ready = condition_status(status.ready().status());
  if (!status.ready().message().empty()) ready.text += ": " + status.ready().message();
  facts.facts.push_back({"Ready", ready});
  return {{{"", facts}}};
}

Page disks_page(const v1::ListDisksResponse& disks, WallTime now) {
  const std::string when =
      disks.has_observed_time() ? humane_when(disks.observed_time(), now) : "not yet";
  return {{{"", disk_table(disks.disks(), now)}, {"", Facts{{{"Listed", {when}}}}}}};
}

Page conditions_page(const v1::ListConditionsResponse& conditions, bool detailed, WallTime now) {
  if (!detailed) return {{{"", condition_table(conditions.conditions(), now)}}};
  Page page;
  for (const v1::Condition& condition : conditions.conditions()) {
    page.sections.push_back({"", condition_facts(condition, now)});
  }
  return page;
}

Page nodes_page(const v1::ListNodesResponse& nodes, WallTime now) {
  Table table;
  table.when_empty = "No nodes have joined. Make a token: joistctl token create";
  table.columns = {{"NODE", Fit::Cut},
                   {"STATE"},
                   {"READY"},
                   {"HEARD"},
                   {"ROLES", Fit::Cut},
                   {"ADDRESS", Fit::Drop},
                   {"JOINED", Fit::Drop},
                   {"AGENT", Fit::Drop},
                   {"SYSTEM", Fit::Drop}};
  for (const v1::Node& node : nodes.nodes()) {
    const Reported reported = reported_by(node);
    const v1::Host host = reported.host == nullptr ? v1::Host() : *reported.host;
    table.rows.push_back({{node.name()},
                          state_cell(node.state()),
                          ready_cell(node, reported),
                          {humane_age(node.heard_time(), now)},
                          {roles_text(node)},
                          {or_dash(node.address())},
                          {humane_age(node.enroll_time(), now), Tone::Dim},
                          {or_dash(host.agent_version()), Tone::Dim},
                          {or_dash(host.os()), Tone::Dim}});
  }
  return {{{"", table}}};
}

Page node_page(const v1::Node& node, WallTime now) {
  const Reported reported = reported_by(node);
  Page page{{{"", node_facts(node, reported, now)}}};
  page.sections.push_back({"", condition_table(reported.conditions, now)});
  page.sections.push_back({"", disk_table(reported.disks, now)});
  return page;
}

namespace {

// Its end in time says nothing any more.
bool is_spent(const v1::Token& token) {
  return token.state() == v1::TOKEN_STATE_USED || token.state() == v1::TOKEN_STATE_REVOKED;
}

}  // namespace

Page tokens_page(const v1::ListTokensResponse& tokens, WallTime now) {
  Table table;
  table.when_empty = "No tokens. Make one: joistctl token create";
  table.columns = {{"TOKEN"}, {"STATE"},        {"EXPIRES"},        {"CREATED"},
                   {"USED"},  {"BY", Fit::Cut}, {"NOTE", Fit::Wrap}};
  for (const v1::Token& token : tokens.tokens()) {
    table.rows.push_back({{token.id()},
                          token_state(token.state()),
                          {is_spent(token) ? "-" : humane_when(token.expire_time(), now)},
                          {humane_when(token.create_time(), now), Tone::Dim},
                          {humane_when(token.use_time(), now)},
                          {or_dash(token.used_by())},
                          {token.note()}});
  }
  return {{{"", table}}};
}

}  // namespace joist::ctl
