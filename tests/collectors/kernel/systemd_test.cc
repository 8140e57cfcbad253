// Against a systemd of our own making on a private bus: no systemd need run here.
#include "collectors/kernel/systemd.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

#include "collectors/kernel/logind.h"
#include "collectors/settings.h"
#include "tests/support/fake_systemd.h"

namespace joist::collectors {
namespace {

using namespace std::chrono_literals;

constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";
constexpr int kSockets = 100;  // three questions each: more than the bus takes at once

std::string unit_path(const std::string& name) {
  char* path = nullptr;
  if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", name.c_str(), &path) < 0) return "";
  const std::unique_ptr<char, decltype(&::free)> owned(path, ::free);
  return path;
}

int list_units(sd_bus_message* reply) {
  int error = sd_bus_message_open_container(reply, 'a', "(ssssssouso)");
  const auto append = [&](const std::string& name, const char* load, const char* active) {
    if (error < 0) return;
    error = sd_bus_message_append(reply, "(ssssssouso)", name.c_str(), "What it is", load, active,
                                  "sub", "", unit_path(name).c_str(), 0, "", "/");
  };
  append("ssh.service", "loaded", "active");
  append("cron.service", "loaded", "failed");
  append("gone.service", "not-found", "inactive");
  append("logrotate.timer", "loaded", "active");
  append("vague.service", "loaded", "reloading");
  append("-.mount", "loaded", "active");
  append("multi-user.target", "loaded", "active");
  for (int i = 0; i < kSockets; ++i)
    append("s" + std::to_string(i) + ".socket", "loaded", "active");
  return error < 0 ? error : sd_bus_message_close_container(reply);
}

void describe(support::FakeService& systemd) {
  systemd.method(kManagerPath, kManager, "ListUnits", "a(ssssssouso)", list_units);
  systemd.property(kManagerPath, kManager, "Version", 's', 0, "252.39-1~deb12u1");
  systemd.property(kManagerPath, kManager, "Virtualization", 's', 0, "kvm");
  systemd.property(kManagerPath, kManager, "SystemState", 's', 0, "degraded");
  systemd.property(kManagerPath, kManager, "UnitsLoadTimestampMonotonic", 't', 7);

  const auto unit = [&](const std::string& name, const char* interface, const char* property,
                        char type, std::uint64_t number, const char* text = "") {
    systemd.property(unit_path(name), "org.freedesktop.systemd1." + std::string(interface),
                     property, type, number, text);
  };
  unit("ssh.service", "Service", "Type", 's', 0, "notify");
  unit("ssh.service", "Service", "NRestarts", 'u', 3);
  unit("ssh.service", "Service", "TasksCurrent", 't', 5);
  unit("ssh.service", "Service", "TasksMax", 't', UINT64_MAX);
  unit("ssh.service", "Unit", "ActiveEnterTimestamp", 't', 1'700'000'000'500'000);
  unit("cron.service", "Service", "Type", 's', 0, "simple");
  unit("cron.service", "Service", "NRestarts", 'u', 0);
  unit("vague.service", "Service", "NRestarts", 'u', 0);  // an old systemd: no Type, no tasks
  unit("logrotate.timer", "Timer", "LastTriggerUSec", 't', 1'700'000'001'000'000);
  unit("logrotate.timer", "Unit", "ActiveEnterTimestamp", 't', 1'700'000'002'000'000);
  unit("-.mount", "Mount", "Type", 's', 0, "ext4");
  for (int i = 0; i < kSockets; ++i) {
    const std::string name = "s" + std::to_string(i) + ".socket";
    unit(name, "Socket", "NAccepted", 'u', static_cast<std::uint64_t>(i));
    unit(name, "Socket", "NConnections", 'u', 2);
    unit(name, "Socket", "NRefused", 'u', 1);
    unit(name, "Unit", "ActiveEnterTimestamp", 't', 1'700'000'003'000'000);
  }
}

class Systemd : public testing::Test {
 protected:
  void SetUp() override {
    if (!bus_.running()) GTEST_SKIP() << "needs dbus-daemon";
    service_ = std::make_unique<support::FakeService>("org.freedesktop.systemd1");
    describe(*service_);
    service_->start();
  }

  void make(const Settings& settings) {
    auto made = SystemdCollector::make({}, settings);
    ASSERT_TRUE(made.has_value());
    systemd_ = std::move(*made);
  }
  Result<void> collect() {
    page_.clear();
    return systemd_->collect(page_);
  }
  bool shows(std::string_view line) const {
    return page_.text().find("\n" + std::string(line) + "\n") != std::string_view::npos;
  }

  support::PrivateBus bus_;
  std::unique_ptr<support::FakeService> service_;
  std::unique_ptr<Collector> systemd_;
  Exposition page_;
};

TEST_F(Systemd, ShowsUnitsAndItself) {
  make({});
  ASSERT_TRUE(collect());
  for (const char* line : {
           "node_systemd_system_running 0",
           "node_systemd_version{version=\"252.39-1~deb12u1\"} 252.39",
           "node_systemd_virtualization_info{virtualization_type=\"kvm\"} 1",
           "node_systemd_units{state=\"active\"} 104",
           "node_systemd_units{state=\"failed\"} 1",
           "node_systemd_units{state=\"inactive\"} 1",
           "node_systemd_units{state=\"reloading\"} 1",
           "node_systemd_unit_state{name=\"ssh.service\",state=\"active\",type=\"notify\"} 1",
           "node_systemd_unit_state{name=\"ssh.service\",state=\"failed\",type=\"notify\"} 0",
           "node_systemd_unit_state{name=\"cron.service\",state=\"failed\",type=\"simple\"} 1",
           "node_systemd_unit_state{name=\"vague.service\",state=\"active\",type=\"\"} 0",
           "node_systemd_timer_last_trigger_seconds{name=\"logrotate.timer\"} 1.700000001e+09",
           "node_systemd_socket_accepted_connections_total{name=\"s99.socket\"} 99",
           "node_systemd_socket_current_connections{name=\"s0.socket\"} 2",
           "node_systemd_socket_refused_connections_total{name=\"s0.socket\"} 1",
       }) {
    EXPECT_TRUE(shows(line)) << line;
  }
  for (const char* left_out : {"gone.service", "multi-user.target", "-.mount", "restart_total",
                               "unit_tasks", "unit_start_time"}) {
    EXPECT_EQ(page_.text().find(left_out), std::string_view::npos) << left_out;
  }
}

TEST_F(Systemd, ShowsMoreWhenAskedTo) {
  Settings settings;
  for (const char* what : {"restarts", "start-time", "task"}) {
    ASSERT_TRUE(settings.set("collector.systemd.enable-" + std::string(what) + "-metrics", "true"));
  }
  ASSERT_TRUE(settings.set("collector.systemd.unit-include", R"((ssh|cron)\.service|-\.mount)"));
  ASSERT_TRUE(settings.set("collector.systemd.unit-exclude", ""));
  make(settings);
  ASSERT_TRUE(collect());
  for (const char* line : {
           "node_systemd_service_restart_total{name=\"ssh.service\"} 3",
           "node_systemd_unit_tasks_current{name=\"ssh.service\"} 5",
           "node_systemd_unit_start_time_seconds{name=\"ssh.service\"} 1.7000000005e+09",
           "node_systemd_unit_start_time_seconds{name=\"cron.service\"} 0",
           "node_systemd_unit_state{name=\"-.mount\",state=\"active\",type=\"ext4\"} 1",
       }) {
    EXPECT_TRUE(shows(line)) << line << page_.text();
  }
  EXPECT_EQ(page_.text().find("node_systemd_unit_tasks_max{"), std::string_view::npos);
  EXPECT_EQ(page_.text().find("socket"), std::string_view::npos);
}

TEST_F(Systemd, IsAskedForATypeOnce) {
  make({});
  ASSERT_TRUE(collect());
  const std::uint64_t first = service_->asked();
  ASSERT_TRUE(collect());
  EXPECT_EQ(service_->asked() - first, first - 2);  // ssh's and cron's
  EXPECT_TRUE(
      shows("node_systemd_unit_state{name=\"ssh.service\",state=\"active\",type=\"notify\"} 1"));
}

TEST_F(Systemd, ThatDoesNotAnswerCostsTheTimeLimit) {
  Settings settings;
  ASSERT_TRUE(settings.set("collector.systemd.timeout", "100ms"));
  make(settings);
  ASSERT_TRUE(collect());
  bus_.stop();
  for (int page = 0; page < 2; ++page) {  // with a connection, and when it must be made anew
    const auto start = std::chrono::steady_clock::now();
    const auto outcome = collect();
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::Unavailable) << outcome.error().message;
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  }
}

TEST_F(Systemd, KeepsItsConnection) {
  make({});
  ASSERT_TRUE(collect());
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  ASSERT_TRUE(collect());
}

TEST_F(Systemd, AServiceThatNobodyOffersIsUnavailable) {
  const auto logind = LogindCollector::make({}, {});
  const auto outcome = (*logind)->collect(page_);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::Unavailable);
  EXPECT_NE(outcome.error().message.find("org.freedesktop.login1"), std::string::npos);
}

TEST(SystemdVersion, IsTheFirstLongNumber) {
  EXPECT_EQ(systemd_version("252.39-1~deb12u1"), 252.39);
  EXPECT_EQ(systemd_version("v256"), 256);
  EXPECT_EQ(systemd_version("12 245.4-4ubuntu3"), 245.4);
  EXPECT_EQ(systemd_version("219."), 219);
  for (const char* text : {"", "12", "a12b34"}) EXPECT_FALSE(systemd_version(text)) << text;
}

TEST(UnitFilter, IsOverTheWholeName) {
  const auto filter = unit_filter("x", "ssh|cron");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(filter->matches("ssh"));
  EXPECT_FALSE(filter->matches("ssh.service"));
  EXPECT_FALSE(unit_filter("x", "(").has_value());
}

TEST(SystemBus, ThatIsNotThereIsNobodysFault) {
  ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus", 1);
  SystemBus bus("org.freedesktop.systemd1");
  EXPECT_EQ(bus.begin(100ms).error().code, ErrorCode::NotFound);
  ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

constexpr const char* kLogin = "org.freedesktop.login1.Session";

TEST(Logind, CountsSessions) {
  const support::PrivateBus bus;
  if (!bus.running()) GTEST_SKIP() << "needs dbus-daemon";
  support::FakeService login("org.freedesktop.login1");
  constexpr const char* kPath = "/org/freedesktop/login1";
  constexpr const char* kManagerOfLogins = "org.freedesktop.login1.Manager";
  login.method(kPath, kManagerOfLogins, "ListSeats", "a(so)", [](sd_bus_message* reply) {
    return sd_bus_message_append(reply, "a(so)", 1, "seat0", "/org/freedesktop/login1/seat/seat0");
  });
  login.method(kPath, kManagerOfLogins, "ListSessions", "a(susso)", [](sd_bus_message* reply) {
    return sd_bus_message_append(reply, "a(susso)", 3, "1", 1000, "ann", "seat0", "/s/_1", "2",
                                 1001, "bob", "", "/s/_2", "3", 0, "root", "", "/s/gone");
  });
  const auto session = [&](const char* path, bool remote, const char* type, const char* kind) {
    login.property(path, kLogin, "Remote", 'b', remote ? 1 : 0);
    login.property(path, kLogin, "Type", 's', 0, type);
    login.property(path, kLogin, "Class", 's', 0, kind);
  };
  session("/s/_1", false, "wayland", "user");
  session("/s/_2", true, "tty", "from the future");
  login.start();

  Exposition page;
  const auto logind = LogindCollector::make({}, {});
  const auto outcome = (*logind)->collect(page);
  ASSERT_TRUE(outcome) << outcome.error().message;
  const auto shows = [&](std::string_view labels) {
    return page.text().find("\nnode_logind_sessions{" + std::string(labels) + "\n") !=
           std::string_view::npos;
  };
  EXPECT_TRUE(shows("class=\"user\",remote=\"false\",seat=\"seat0\",type=\"wayland\"} 1"));
  EXPECT_TRUE(shows("class=\"other\",remote=\"true\",seat=\"\",type=\"tty\"} 1"));
  EXPECT_TRUE(shows("class=\"user\",remote=\"true\",seat=\"\",type=\"tty\"} 0"));
}

}  // namespace
}  // namespace joist::collectors
