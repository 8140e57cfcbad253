// HTTP as the rest of Joist sees it: plain values. Beast stays in the .cc files.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace joist::wire {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // "/metrics", without the query; as sent, not percent-decoded
  std::string query;   // "a=b&c=d"
  Headers headers;
  std::string body;

  // The value of the first header of that name (case-insensitive), or "".
  std::string_view header(std::string_view name) const;
};

struct Response {
  unsigned status = 200;
  std::string content_type;  // empty: no Content-Type
  std::string body;
  Headers headers;  // besides Content-Type, Content-Length, Connection and Server

  // Instead of `body`: a text that others are sent too. It does not change any more.
  std::shared_ptr<const std::string> shared_body = nullptr;

  const std::string& content() const { return shared_body ? *shared_body : body; }
};

// Who is at the other end of a connection.
struct Peer {
  std::string address;       // "192.0.2.7:51344", or "unix"
  std::optional<uid_t> uid;  // SO_PEERCRED; set on unix sockets alone

  // DER of the client certificate, already verified against the authority of
  // the TLS context. Empty: none was shown.
  std::string certificate;
};

// A plain-text answer, ended by a newline: what curl users should read.
Response text_response(unsigned status, std::string text);

// Splits "host:port", "[v6]:port" and "*:port"; host is empty for '*'.
struct HostPort {
  std::string host;
  std::string port;
};
std::optional<HostPort> split_host_port(std::string_view text);

}  // namespace joist::wire
