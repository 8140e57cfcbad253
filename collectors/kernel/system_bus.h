// The system's D-Bus, asked within a time limit: a bus or a service that is stuck costs its
// caller so long and no longer.
//
// Source: sd-bus (sd-bus(3)); DBUS_SYSTEM_BUS_ADDRESS where set.
// Threads: one at a time, not always the same.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sd_bus;
struct sd_bus_message;

namespace joist::collectors {

// A property of an object: a question, and the answer once it came.
struct BusProperty {
  std::string path;
  const char* interface;
  const char* name;
  char type;  // as D-Bus writes it: 's' string, 'b' boolean, 'u' and 't' numbers

  bool answered = false;  // not where the object or the property is none
  std::uint64_t number = 0;
  std::string text;
};

class SystemBus {
 public:
  // Of one service: "org.freedesktop.systemd1".
  explicit SystemBus(const char* service);
  ~SystemBus();
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;

  // What follows must be done after so long. Connects where there is no connection.
  // NotFound if there is no bus.
  Result<void> begin(std::chrono::milliseconds limit);

  // Calls a method without arguments and lets `read` take its reply apart (negative: errno).
  // Unavailable if no answer came in time; Malformed if `read` failed.
  Result<void> call(const char* path, const char* interface, const char* method,
                    const std::function<int(sd_bus_message*)>& read);

  // Asks for all at once and waits for the answers. Unavailable if they did not all come
  // in time.
  Result<void> ask(std::span<BusProperty> properties);

 private:
  struct Close {
    void operator()(sd_bus* bus) const;
  };

  // Lets messages come and go until `done`.
  Result<void> process_until(const std::function<bool()>& done);
  tl::unexpected<Error> give_up(int error_number, std::string_view what);

  const char* service_;
  std::unique_ptr<sd_bus, Close> bus_;
  std::chrono::steady_clock::time_point end_;
};

}  // namespace joist::collectors
