// The installer's own metrics, in prometheus-cpp's registry: joist_installer_*.
// Threads: the control thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace joist::installer {

// What is read at the moment of a scrape.
struct FleetGauges {
  std::size_t connected = 0;
  std::size_t disconnected = 0;
  std::size_t retired = 0;
  std::size_t open_tokens = 0;
  double authority_expire_seconds = 0;  // since 1970-01-01 UTC
  double server_expire_seconds = 0;
};

// One HTTP server's counters (wire/http_server.h), by its name: "agents".
struct ServerGauges {
  std::size_t open = 0;
  std::uint64_t connections = 0;
  std::uint64_t rejected = 0;
  std::uint64_t requests = 0;
  std::uint64_t bad_requests = 0;
  std::uint64_t tls_failures = 0;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void enrolment(std::string_view result);  // "Accepted", "TokenExpired" …
  void renewal(std::string_view result);
  void session_refused(std::string_view reason);
  void session_started();
  void session_ended(std::string_view reason);
  void frames_received(std::size_t count);
  void frames_sent(std::size_t count);
  void report_stored();
  void store_write(std::string_view what, double seconds);
  void store_failure(std::string_view what);
  void store_healthy(bool healthy);
  void config_load(bool good);

  // The text exposition format, 0.0.4.
  std::string text(const FleetGauges& fleet, const ServerGauges& agents);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace joist::installer
