// joist-installer as one object: opens the state, listens, serves until stopped.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "installer/settings.h"
#include "wire/asio.h"

namespace joist::installer {

struct Places {
  std::string state_directory;  // authority.pem, installer.db; made (0700) if missing
  std::string run_directory;    // installer.sock; made (0755) if missing
};

class Installer {
 public:
  // Everything up to the listening sockets. Refused: another installer has this
  // state, or the state is not fit to be used. `io` and `clock` must outlive it.
  static Result<std::unique_ptr<Installer>> start(wire::asio::io_context& io, Settings settings,
                                                  Places places, const Clock& clock);
  ~Installer();
  Installer(const Installer&) = delete;
  Installer& operator=(const Installer&) = delete;

  // What may change while it runs does: lives, limits, certificate names. What
  // may not (`listen`, `metrics_listen`, `name`) is said in the journal.
  void reconfigure(Settings settings);

  // The last load of the config file failed: shown in the metrics.
  void note_bad_config();

  std::string address() const;  // of the agents' listener: "127.0.0.1:7443"
  std::string metrics_address() const;
  std::string status() const;  // one line, for `systemctl status`

  // A round through this loop and the store's: looks whether the store can be
  // read and written. False: the store's did not answer in time.
  wire::Task<bool> beat();

  // Tells every agent, and gives them a second to hear it. Then stop().
  wire::Task<void> leave();

  // Ends every session and listener; the io_context runs out of work.
  void stop();

 private:
  struct Parts;
  explicit Installer(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace joist::installer
