#include "collectors/network/fibrechannel.h"

#include <limits>
#include <utility>

#include "collectors/network/hexadecimal.h"

namespace joist::collectors {
namespace {

struct Text {
  const char* attribute;
  bool hexadecimal;  // shown without its "0x"
  bool moves;
};

// In the order of the labels' names, without fc_host.
constexpr std::array<Text, 10> kAttributes{{
    {"dev_loss_tmo", false, false},
    {"fabric_name", true, true},
    {"port_id", true, true},
    {"port_name", true, false},
    {"port_state", false, true},
    {"port_type", false, true},
    {"speed", false, true},
    {"supported_classes", false, false},
    {"supported_speeds", false, false},
    {"symbolic_name", false, false},
}};

struct Counter {
  FamilyText family;
  const char* attribute;
};

constexpr auto kCounter = MetricType::Counter;

constexpr Counter kCounters[] = {
    {{"node_fibrechannel_dumped_frames_total", "Number of dumped frames", kCounter},
     "dumped_frames"},
    {{"node_fibrechannel_error_frames_total", "Number of errors in frames", kCounter},
     "error_frames"},
    {{"node_fibrechannel_invalid_crc_total", "Invalid Cyclic Redundancy Check count", kCounter},
     "invalid_crc_count"},
    {{"node_fibrechannel_rx_frames_total", "Number of frames received", kCounter}, "rx_frames"},
    {{"node_fibrechannel_rx_words_total", "Number of words received by host port", kCounter},
     "rx_words"},
    {{"node_fibrechannel_tx_frames_total", "Number of frames transmitted by host port", kCounter},
     "tx_frames"},
    {{"node_fibrechannel_tx_words_total", "Number of words transmitted by host port", kCounter},
     "tx_words"},
    {{"node_fibrechannel_seconds_since_last_reset_total",
      "Number of seconds since last host port reset", kCounter},
     "seconds_since_last_reset"},
    {{"node_fibrechannel_invalid_tx_words_total",
      "Number of invalid words transmitted by host port", kCounter},
     "invalid_tx_word_count"},
    {{"node_fibrechannel_link_failure_total", "Number of times the host port link has failed",
      kCounter},
     "link_failure_count"},
    {{"node_fibrechannel_loss_of_sync_total",
      "Number of failures on either bit or transmission word boundaries", kCounter},
     "loss_of_sync_count"},
    {{"node_fibrechannel_loss_of_signal_total", "Number of times signal has been lost", kCounter},
     "loss_of_signal_count"},
    {{"node_fibrechannel_nos_total",
      "Number Not_Operational Primitive Sequence received by host port", kCounter},
     "nos_count"},
    {{"node_fibrechannel_fcp_packet_aborts_total", "Number of aborted packets", kCounter},
     "fcp_packet_aborts"},
};

}  // namespace

std::optional<double> parse_fibrechannel_counter(std::string_view text) {
  if (!text.starts_with("0x")) return std::nullopt;
  const auto value = parse_hexadecimal(text.substr(2));
  if (!value || *value == std::numeric_limits<std::uint64_t>::max()) return std::nullopt;
  return static_cast<double>(*value);
}

FibrechannelCollector::FibrechannelCollector(const Roots& roots)
    : sys_(roots.sys()),
      class_(roots.sys(), "/class/fc_host", roots.devices),
      info_("node_fibrechannel_info",
            "Non-numeric data from /sys/class/fc_host/<host>, value is always 1.",
            MetricType::Gauge) {}

void FibrechannelCollector::render(Host& host) const {
  const auto& texts = host.texts;
  host.info = Labels{{kAttributes[0].attribute, texts[0]},
                     {kAttributes[1].attribute, texts[1]},
                     {"fc_host", host.name},
                     {kAttributes[2].attribute, texts[2]},
                     {kAttributes[3].attribute, texts[3]},
                     {kAttributes[4].attribute, texts[4]},
                     {kAttributes[5].attribute, texts[5]},
                     {kAttributes[6].attribute, texts[6]},
                     {kAttributes[7].attribute, texts[7]},
                     {kAttributes[8].attribute, texts[8]},
                     {kAttributes[9].attribute, texts[9]}};
}

void FibrechannelCollector::read_texts(Host& host) {
  bool changed = false;
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    if (!host.files[i]) continue;
    const auto text = host.files[i]->read();
    std::string_view now = text ? trimmed(*text) : std::string_view();
    if (kAttributes[i].hexadecimal && now.starts_with("0x")) now.remove_prefix(2);
    if (host.texts[i] == now) continue;
    host.texts[i] = now;
    changed = true;
  }
  if (changed || host.info.text().empty()) render(host);
}

FibrechannelCollector::Host FibrechannelCollector::meet(const std::string& name) {
  const std::string directory = class_.directory() + "/" + name + "/";
  Host host{name, {}, {}, {}};
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    host.files[i] = std::make_unique<ProcFile>(sys_, directory + kAttributes[i].attribute,
                                               ProcFile::Shape::Whole, 512);
  }
  read_texts(host);
  for (std::size_t i = 0; i < kAttributes.size(); ++i) {
    if (!kAttributes[i].moves || host.texts[i].empty()) host.files[i].reset();
  }
  const Labels labels{{"fc_host", name}};
  for (const Counter& counter : kCounters) {
    const std::string path = directory + "statistics/" + counter.attribute;
    const auto text = sys_.read_line(path);
    if (!text || !parse_fibrechannel_counter(*text)) continue;  // this adapter has none
    counters_.add(sys_, path, sheet_.add(counter.family, labels), parse_fibrechannel_counter);
  }
  return host;
}

Result<void> FibrechannelCollector::collect(Exposition& page) {
  const auto changed = class_.refresh();
  if (!changed) return tl::unexpected<Error>(changed.error());
  if (*changed) {
    sheet_.clear();
    counters_.clear();
    hosts_.clear();
    for (const std::string& name : class_.names()) hosts_.push_back(meet(name));
  }
  page.begin(info_);
  for (Host& host : hosts_) {
    read_texts(host);
    page.sample(host.info, 1U);
  }
  sheet_.blank();
  counters_.read_into(sheet_, malformed_);
  sheet_.write(page);
  return {};
}

}  // namespace joist::collectors
