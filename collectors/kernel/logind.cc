#include "collectors/kernel/logind.h"

#include <systemd/sd-bus.h>

#include <algorithm>

namespace joist::collectors {
namespace {

constexpr const char* kService = "org.freedesktop.login1";
constexpr const char* kPath = "/org/freedesktop/login1";
constexpr const char* kManager = "org.freedesktop.login1.Manager";
constexpr const char* kSession = "org.freedesktop.login1.Session";

constexpr std::string_view kOther = "other";
constexpr std::string_view kTypes[] = {kOther,    "unspecified", "tty", "x11",
                                       "wayland", "mir",         "web"};
constexpr std::string_view kClasses[] = {kOther, "user", "greeter", "lock-screen", "background"};

template <std::size_t N>
std::string_view known_or_other(std::string_view word, const std::string_view (&known)[N]) {
  return std::ranges::find(known, word) != std::end(known) ? word : kOther;
}

}  // namespace

Made LogindCollector::make(const Roots&, const Settings& settings) {
  return std::make_unique<LogindCollector>(settings.duration("collector.logind.timeout"));
}

LogindCollector::LogindCollector(std::chrono::milliseconds timeout)
    : timeout_(timeout),
      bus_(kService),
      sessions_family_("node_logind_sessions", "Number of sessions registered in logind.",
                       MetricType::Gauge) {}

Result<void> LogindCollector::list() {
  seats_.clear();
  sessions_.clear();
  auto listed = bus_.call(kPath, kManager, "ListSeats", [&](sd_bus_message* reply) {
    int more = sd_bus_message_enter_container(reply, 'a', "(so)");
    while (more >= 0) {
      const char *seat, *path;
      more = sd_bus_message_read(reply, "(so)", &seat, &path);
      if (more <= 0) break;
      seats_.emplace_back(seat);
    }
    return more;
  });
  if (!listed) return listed;
  seats_.emplace_back();  // of sessions without one: those that came by network

  return bus_.call(kPath, kManager, "ListSessions", [&](sd_bus_message* reply) {
    int more = sd_bus_message_enter_container(reply, 'a', "(susso)");
    while (more >= 0) {
      const char *session, *user, *seat, *path;
      std::uint32_t user_id;
      more = sd_bus_message_read(reply, "(susso)", &session, &user_id, &user, &seat, &path);
      if (more <= 0) break;
      sessions_.push_back({seat, path});
    }
    return more;
  });
}

double LogindCollector::count(std::string_view remote, std::string_view type,
                              std::string_view session_class, std::string_view seat) const {
  double found = 0;
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    const BusProperty& is_remote = properties_[3 * i];
    const BusProperty& has_type = properties_[3 * i + 1];
    const BusProperty& has_class = properties_[3 * i + 2];
    if (!is_remote.answered || !has_type.answered || !has_class.answered) continue;  // it ended
    const bool same = sessions_[i].seat == seat && (is_remote.number != 0) == (remote == "true") &&
                      known_or_other(has_type.text, kTypes) == type &&
                      known_or_other(has_class.text, kClasses) == session_class;
    if (same) ++found;
  }
  return found;
}

Result<void> LogindCollector::collect(Exposition& page) {
  if (auto begun = bus_.begin(timeout_); !begun) return begun;
  if (auto listed = list(); !listed) return listed;
  properties_.clear();
  for (const Session& session : sessions_) {
    properties_.push_back({session.path, kSession, "Remote", 'b'});
    properties_.push_back({session.path, kSession, "Type", 's'});
    properties_.push_back({session.path, kSession, "Class", 's'});
  }
  if (auto asked = bus_.ask(properties_); !asked) return asked;

  page.begin(sessions_family_);
  for (const std::string_view remote : {"true", "false"}) {
    for (const std::string_view type : kTypes) {
      for (const std::string_view session_class : kClasses) {
        for (const std::string& seat : seats_) {
          page.sample(
              Labels{{"class", session_class}, {"remote", remote}, {"seat", seat}, {"type", type}},
              count(remote, type, session_class, seat));
        }
      }
    }
  }
  return {};
}

}  // namespace joist::collectors
