// Who may read the metrics, and how they travel: what exporter-toolkit's web config file
// says (proto/joist/v1/web_config.proto). The file and the certificates it names are looked at
// before every handshake and every request, and read again when they changed; what
// has errors then leaves in force what was, and the journal says so once. Whether there
// is TLS at all is settled at the start.
// Threads: the io_context's; passwords are checked on a thread of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "joist/v1/web_config.pb.h"
#include "metrics/passwords.h"
#include "wire/asio.h"
#include "wire/http.h"
#include "wire/http_server.h"
#include "wire/tls.h"
#include "wire/web_tls.h"
#include "wire/worker.h"

namespace joist::metrics {

class WebGuard {
 public:
  // `path` empty: everybody may ask, without TLS.
  WebGuard(wire::asio::io_context& io, std::string path);
  ~WebGuard();
  WebGuard(const WebGuard&) = delete;
  WebGuard& operator=(const WebGuard&) = delete;

  // Reads the file: at the start, when it must be good.
  Result<void> load();

  // None without TLS.
  wire::TlsContextPtr tls() const { return loaded_.tls; }

  // Keeps the server's certificate new. The guard must outlive it.
  void renew(wire::HttpServer& server);

  // Whether what was read last is in force.
  bool is_current() const { return current_; }

  // What to answer those who may not ask with; nothing for those who may.
  wire::Task<std::optional<wire::Response>> refuse(const wire::Request& request);

  // Adds the headers that the file asks for.
  void add_headers(wire::Response& response) const;

 private:
  struct Loaded {
    wire::TlsContextPtr tls;
    std::shared_ptr<Passwords> passwords;
    wire::Headers headers;
    std::vector<std::string> files;  // the config and those it names
  };
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };

  static Stamp stamp_of(const std::string& file);
  static std::vector<Stamp> stamps_of(const std::vector<std::string>& files);
  Result<Loaded> read(std::vector<std::string>& files) const;
  void refresh();

  const std::string path_;
  Loaded loaded_;
  std::vector<std::string> watched_;  // of the last try, good or bad
  std::vector<Stamp> stamps_;         // of watched_
  bool current_ = true;
  wire::HttpServer* server_ = nullptr;
  wire::Worker password_worker_;
};

// What the TLS part means, with file names below `directory`. Malformed where it contradicts
// itself. Pure.
Result<wire::WebTls> to_web_tls(const v1::TlsServerConfig& config, const std::string& directory);

}  // namespace joist::metrics
