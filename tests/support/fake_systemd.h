// A D-Bus of a test's own (dbus-daemon), and on it what stands in for systemd and logind:
// real objects with the properties that collectors ask for.
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_root.h"

namespace joist::support {

// Until it is gone, DBUS_SYSTEM_BUS_ADDRESS leads to it.
class PrivateBus {
 public:
  PrivateBus() {
    root_.write(
        "/bus.conf",
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
        "<busconfig><listen>unix:path=" +
            socket() +
            "</listen>"
            "<auth>EXTERNAL</auth><policy context=\"default\"><allow send_destination=\"*\"/>"
            "<allow receive_sender=\"*\"/><allow own=\"*\"/><allow user=\"*\"/></policy>"
            "<limit name=\"max_replies_per_connection\">128</limit></busconfig>");
    int ready[2];
    if (::pipe(ready) != 0) std::abort();
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(ready[1], STDOUT_FILENO);
      const std::string config = "--config-file=" + (root_.path() / "bus.conf").string();
      ::execlp("dbus-daemon", "dbus-daemon", config.c_str(), "--nofork", "--nopidfile",
               "--nosyslog", "--print-address", nullptr);
      ::_exit(127);
    }
    ::close(ready[1]);
    char byte = 0;
    running_ = ::read(ready[0], &byte, 1) == 1;  // it printed its address: it listens
    ::close(ready[0]);
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", ("unix:path=" + socket()).c_str(), 1);
  }
  ~PrivateBus() {
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  bool running() const { return running_; }  // not without dbus-daemon
  void stop() { ::kill(pid_, SIGSTOP); }

 private:
  std::string socket() const { return (root_.path() / "bus").string(); }

  TempRoot root_;
  pid_t pid_ = -1;
  bool running_ = false;
};

// Owns a name on the bus and answers for it on a thread of its own.
class FakeService {
 public:
  explicit FakeService(const char* name) {
    const bool good = sd_bus_open_system(&bus_) >= 0 && sd_bus_request_name(bus_, name, 0) >= 0;
    if (!good) std::abort();
  }
  ~FakeService() {
    end_ = true;
    if (thread_.joinable()) thread_.join();
    sd_bus_flush_close_unref(bus_);
  }
  FakeService(const FakeService&) = delete;
  FakeService& operator=(const FakeService&) = delete;

  // Before start(). A property's value is a number for the types 'b', 'u' and 't'.
  void property(const std::string& path, const std::string& interface, const std::string& name,
                char type, std::uint64_t number, const std::string& text = "") {
    Object& object = objects_[path + " " + interface];
    object.path = path;
    object.interface = interface;
    object.values[name] = {type, number, text};
  }

  // `reply` appends to the answer of a method without arguments.
  void method(const std::string& path, const std::string& interface, const std::string& name,
              const char* signature, int (*reply)(sd_bus_message*)) {
    Object& object = objects_[path + " " + interface];
    object.path = path;
    object.interface = interface;
    object.methods[name] = {signature, reply};
  }

  void start() {
    for (auto& [key, object] : objects_) add(object);
    thread_ = std::thread([this] {
      while (!end_) {
        if (sd_bus_process(bus_, nullptr) == 0) sd_bus_wait(bus_, 20'000);
      }
    });
  }

  std::uint64_t asked() const { return asked_; }

 private:
  struct Value {
    char type;
    std::uint64_t number;
    std::string text;
  };
  struct Method {
    std::string signature;
    int (*reply)(sd_bus_message*);
  };
  struct Object {
    std::string path;
    std::string interface;
    std::map<std::string, Value> values;
    std::map<std::string, Method> methods;
    FakeService* service = nullptr;
  };

  static int get(sd_bus*, const char*, const char*, const char* name, sd_bus_message* reply,
                 void* data, sd_bus_error*) {
    const Object& object = *static_cast<Object*>(data);
    ++object.service->asked_;
    const Value& value = object.values.at(name);
    if (value.type == 's') return sd_bus_message_append_basic(reply, 's', value.text.c_str());
    if (value.type == 't') return sd_bus_message_append_basic(reply, 't', &value.number);
    const auto small = static_cast<std::uint32_t>(value.number);
    return sd_bus_message_append_basic(reply, value.type, &small);
  }

  static int call(sd_bus_message* request, void* data, sd_bus_error*) {
    const Object& object = *static_cast<Object*>(data);
    ++object.service->asked_;
    sd_bus_message* reply = nullptr;
    int error = sd_bus_message_new_method_return(request, &reply);
    if (error >= 0) error = object.methods.at(sd_bus_message_get_member(request)).reply(reply);
    if (error >= 0) error = sd_bus_send(nullptr, reply, nullptr);
    sd_bus_message_unref(reply);
    return error < 0 ? error : 1;
  }

  void add(Object& object) {
    object.service = this;
    auto& table = tables_.emplace_back();
    table.push_back(SD_BUS_VTABLE_START(0));
    for (const auto& [name, value] : object.values) {
      types_.push_back(std::string(1, value.type));
      const sd_bus_vtable entry = SD_BUS_PROPERTY(name.c_str(), types_.back().c_str(), get, 0, 0);
      table.push_back(entry);
    }
    for (const auto& [name, method] : object.methods) {
      const sd_bus_vtable entry =
          SD_BUS_METHOD(name.c_str(), "", method.signature.c_str(), call, 0);
      table.push_back(entry);
    }
    table.push_back(SD_BUS_VTABLE_END);
    const int error = sd_bus_add_object_vtable(bus_, nullptr, object.path.c_str(),
                                               object.interface.c_str(), table.data(), &object);
    if (error < 0) std::abort();
  }

  sd_bus* bus_ = nullptr;
  std::map<std::string, Object> objects_;
  std::deque<std::vector<sd_bus_vtable>> tables_;
  std::deque<std::string> types_;
  std::atomic<std::uint64_t> asked_{0};
  std::atomic<bool> end_{false};
  std::thread thread_;
};

}  // namespace joist::support
