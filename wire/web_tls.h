// The TLS of a server whose certificate is the person's own: files in PEM, TLS 1.2
// where somebody still needs it, and Go's words for what exporter-toolkit's
// web config says (proto/joist/v1/web_config.proto).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "wire/tls.h"

namespace joist::wire {

// What is asked of a client's certificate.
enum class ClientAuth { None, Request, RequireAny, VerifyIfGiven, RequireAndVerify };

struct WebTls {
  std::string certificate_file;
  std::string key_file;
  ClientAuth client_auth = ClientAuth::None;
  std::string client_authority_file;
  std::vector<std::string> client_names;   // one of them it must have; empty: any
  std::vector<std::string> cipher_suites;  // RFC names; empty: OpenSSL's
  std::vector<std::string> groups;         // "P-256", "X25519"; empty: OpenSSL's
  bool oldest_is_13 = false;               // else TLS 1.2
  bool newest_is_12 = false;               // else TLS 1.3
};

// Malformed, naming the file or the suite, where OpenSSL cannot take it.
Result<TlsContextPtr> web_context(const WebTls& settings);

}  // namespace joist::wire
