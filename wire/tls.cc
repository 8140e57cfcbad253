#include "wire/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "pki/certificate.h"
#include "pki/openssl.h"
#include "wire/asio.h"
#include "wire/tls_context.h"

namespace joist::wire {
namespace {

namespace ssl = boost::asio::ssl;
using StorePtr = std::unique_ptr<X509_STORE, pki::Freed<X509_STORE_free>>;
using StoreContextPtr = std::unique_ptr<X509_STORE_CTX, pki::Freed<X509_STORE_CTX_free>>;

// What every context of Joist is: TLS 1.3, no resumption (a resumed session
// would outlive the revocation of its certificate), no idle buffers.
Result<TlsContextPtr> make_context(ssl::context::method method) {
  try {
    auto made = std::make_shared<TlsContext>(method);
    SSL_CTX* native = made->context.native_handle();
    if (::SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1) {
      return pki::fail_openssl(ErrorCode::Io, "demand TLS 1.3");
    }
    ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    ::SSL_CTX_set_num_tickets(native, 0);
    ::SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    return made;
  } catch (const boost::system::system_error& error) {
    return fail(ErrorCode::Io, std::string("make a TLS context: ") + error.what());
  }
}

Result<void> use_identity(SSL_CTX* native, const TlsIdentity& identity) {
  const auto leaf = pki::decode_certificate(identity.certificate);
  if (!leaf) return fail(leaf.error(), "certificate");
  const auto key = pki::decode_key(identity.key.reveal());
  if (!key) return fail(key.error(), "private key");
  const auto authority = pki::decode_certificate(identity.authority);
  if (!authority) return fail(authority.error(), "authority's certificate");

  if (::SSL_CTX_use_certificate(native, leaf->get()) != 1 ||
      ::SSL_CTX_use_PrivateKey(native, key->get()) != 1 ||
      ::SSL_CTX_check_private_key(native) != 1) {
    return pki::fail_openssl(ErrorCode::Malformed, "use the certificate with its key");
  }
  if (::SSL_CTX_add1_chain_cert(native, authority->get()) != 1 ||
      ::X509_STORE_add_cert(::SSL_CTX_get_cert_store(native), authority->get()) != 1) {
    return pki::fail_openssl(ErrorCode::Malformed, "trust the authority");
  }
  return {};
}

bool has_pin(X509* certificate, const std::string& pin) {
  const auto parsed = pki::parse_certificate(pki::encode(certificate, ::i2d_X509));
  return parsed && parsed->is_authority && parsed->spki_sha256 == pin;
}

// Verifies the leaf against the one certificate in the chain that has the pin.
int verify_by_pin(X509_STORE_CTX* shown, void* argument) {
  const auto& pin = *static_cast<const std::string*>(argument);
  X509* leaf = ::X509_STORE_CTX_get0_cert(shown);
  STACK_OF(X509)* chain = ::X509_STORE_CTX_get0_untrusted(shown);
  for (int i = 0; leaf != nullptr && i < sk_X509_num(chain); ++i) {
    X509* authority = sk_X509_value(chain, i);
    if (!has_pin(authority, pin)) continue;

    const StorePtr store(::X509_STORE_new());
    const StoreContextPtr context(::X509_STORE_CTX_new());
    if (!store || !context || ::X509_STORE_add_cert(store.get(), authority) != 1 ||
        ::X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr) != 1) {
      return 0;
    }
    ::X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
    ::X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
    const int verified = ::X509_verify_cert(context.get());
    ::X509_STORE_CTX_set_error(shown, ::X509_STORE_CTX_get_error(context.get()));
    return verified == 1 ? 1 : 0;
  }
  ::X509_STORE_CTX_set_error(shown, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

}  // namespace

Result<TlsContextPtr> server_context(const TlsIdentity& identity) {
  auto made = make_context(ssl::context::tls_server);
  if (!made) return made;
  SSL_CTX* native = (*made)->context.native_handle();
  if (auto used = use_identity(native, identity); !used) return fail(used.error(), "TLS server");
  ::SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  return made;
}

Result<TlsContextPtr> session_context(const TlsIdentity& identity, Dates dates) {
  auto made = make_context(ssl::context::tls_client);
  if (!made) return made;
  SSL_CTX* native = (*made)->context.native_handle();
  if (auto used = use_identity(native, identity); !used) return fail(used.error(), "TLS client");
  if (dates == Dates::Ignore) {
    ::X509_VERIFY_PARAM_set_flags(::SSL_CTX_get0_param(native), X509_V_FLAG_NO_CHECK_TIME);
  }
  ::SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  return made;
}

Result<TlsContextPtr> pinned_context(std::string pin) {
  if (pin.size() != 32) return fail(ErrorCode::Malformed, "a pin has 32 bytes (SHA-256)");
  auto made = make_context(ssl::context::tls_client);
  if (!made) return made;
  (*made)->pin = std::move(pin);
  SSL_CTX* native = (*made)->context.native_handle();
  ::SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  ::SSL_CTX_set_cert_verify_callback(native, &verify_by_pin, &(*made)->pin);
  return made;
}

Result<void> check_installer_role(SSL* ssl) {
  const auto leaf = pki::parse_certificate(peer_certificate(ssl));
  if (!leaf) return fail(ErrorCode::Unauthenticated, "server: " + leaf.error().message);
  const bool named = std::ranges::find(leaf->uris, pki::kInstallerUri) != leaf->uris.end();
  if (!named || !leaf->may_serve) {
    return fail(ErrorCode::Unauthenticated,
                "the server's certificate is not an installer's (no URI " +
                    std::string(pki::kInstallerUri) + " that may serve)");
  }
  return {};
}

std::string peer_certificate(SSL* ssl) {
  const pki::CertificatePtr leaf(::SSL_get1_peer_certificate(ssl));
  return leaf ? pki::encode(leaf.get(), ::i2d_X509) : std::string();
}

Error handshake_error(SSL* ssl, const boost::system::error_code& error, const std::string& peer) {
  const long verified = ::SSL_get_verify_result(ssl);
  if (verified == X509_V_ERR_APPLICATION_VERIFICATION) {
    return {ErrorCode::Unauthenticated,
            peer +
                " does not hold the key this token was made for: a token of another installer, "
                "or somebody in between"};
  }
  if (verified != X509_V_OK) {
    return {ErrorCode::Unauthenticated, peer + " is not the installer this node knows: " +
                                            ::X509_verify_cert_error_string(verified)};
  }
  // What comes back where another protocol is spoken, HTTP above all.
  const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
  const bool foreign = error.category() == asio::error::get_ssl_category() &&
                       (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
                        reason == SSL_R_PACKET_LENGTH_TOO_LONG);
  if (foreign) {
    return {ErrorCode::Unavailable, peer +
                                        " does not speak TLS: is it the installer's port for "
                                        "agents (`listen`, 7443 by default)?"};
  }
  return {ErrorCode::Unavailable, "TLS with " + peer + ": " + error.message()};
}

}  // namespace joist::wire
