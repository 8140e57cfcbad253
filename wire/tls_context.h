// What wire/tls.h hides: for the .cc files of wire/ alone.
#pragma once

#include <string>

#include "wire/asio.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include "base/result.h"
#include "wire/tls.h"

namespace joist::wire {

using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

class TlsContext {
 public:
  explicit TlsContext(boost::asio::ssl::context::method method) : context(method) {}

  boost::asio::ssl::context context;
  std::string pin;  // of pinned_context(); empty elsewhere
};

// Whether the certificate shown by the server has the role of an installer.
// Call after the handshake, before anything is sent.
Result<void> check_installer_role(SSL* ssl);

// DER of the certificate that the peer showed; empty if none.
std::string peer_certificate(SSL* ssl);

// Why a handshake failed, from the verification result if that is it.
Error handshake_error(SSL* ssl, const boost::system::error_code& error, const std::string& peer);

}  // namespace joist::wire
