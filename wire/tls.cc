#include "wire/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>

#include "wire/asio.h"
#include "wire/tls_context.h"

namespace joist::wire {
namespace {

namespace ssl = boost::asio::ssl;

template <typename Object, void (*free)(Object*)>
struct OpensslFree {
  void operator()(Object* object) const { free(object); }
};
using X509Ptr = std::unique_ptr<X509, OpensslFree<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslFree<EVP_PKEY, EVP_PKEY_free>>;
using StorePtr = std::unique_ptr<X509_STORE, OpensslFree<X509_STORE, X509_STORE_free>>;
using StoreContextPtr =
    std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX, X509_STORE_CTX_free>>;

constexpr std::string_view kInstallerRole = "joist://installer";

tl::unexpected<Error> fail_openssl(const std::string& what) {
  const unsigned long code = ::ERR_peek_last_error();
  char text[256] = "unknown error";
  if (code != 0) ::ERR_error_string_n(code, text, sizeof text);
  ::ERR_clear_error();
  return fail(ErrorCode::Malformed, what + ": " + text);
}

const unsigned char* bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

X509Ptr parse_certificate(const std::string& der) {
  const unsigned char* at = bytes(der);
  return X509Ptr(::d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

KeyPtr parse_key(const std::string& der) {
  const unsigned char* at = bytes(der);
  return KeyPtr(::d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())));
}

// What every context of Joist is: TLS 1.3, no resumption (a resumed session
// would outlive the revocation of its certificate), no idle buffers.
Result<TlsContextPtr> make_context(ssl::context::method method) {
  try {
    auto made = std::make_shared<TlsContext>(method);
    SSL_CTX* native = made->context.native_handle();
    if (::SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1) {
      return fail_openssl("demand TLS 1.3");
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
  const X509Ptr leaf = parse_certificate(identity.certificate);
  if (!leaf) return fail_openssl("read the certificate");
  const KeyPtr key = parse_key(identity.key);
  if (!key) return fail_openssl("read the private key");
  const X509Ptr authority = parse_certificate(identity.authority);
  if (!authority) return fail_openssl("read the authority's certificate");

  if (::SSL_CTX_use_certificate(native, leaf.get()) != 1 ||
      ::SSL_CTX_use_PrivateKey(native, key.get()) != 1 ||
      ::SSL_CTX_check_private_key(native) != 1) {
    return fail_openssl("use the certificate with its key");
  }
  if (::SSL_CTX_add1_chain_cert(native, authority.get()) != 1) {
    return fail_openssl("send the authority along");
  }
  if (::X509_STORE_add_cert(::SSL_CTX_get_cert_store(native), authority.get()) != 1) {
    return fail_openssl("trust the authority");
  }
  return {};
}

bool has_pin(X509* certificate, const std::string& pin) {
  unsigned char* der = nullptr;
  const int length = ::i2d_X509_PUBKEY(::X509_get_X509_PUBKEY(certificate), &der);
  if (length <= 0) return false;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned digest_length = 0;
  const bool digested = ::EVP_Digest(der, static_cast<std::size_t>(length), digest, &digest_length,
                                     ::EVP_sha256(), nullptr) == 1;
  ::OPENSSL_free(der);
  return digested && digest_length == pin.size() &&
         ::CRYPTO_memcmp(digest, pin.data(), pin.size()) == 0;
}

// Verifies the leaf against the one certificate in the chain that has the pin.
int verify_by_pin(X509_STORE_CTX* shown, void* argument) {
  const auto& pin = *static_cast<const std::string*>(argument);
  X509* leaf = ::X509_STORE_CTX_get0_cert(shown);
  STACK_OF(X509)* chain = ::X509_STORE_CTX_get0_untrusted(shown);
  for (int i = 0; leaf != nullptr && i < sk_X509_num(chain); ++i) {
    X509* authority = sk_X509_value(chain, i);
    if (::X509_check_ca(authority) == 0 || !has_pin(authority, pin)) continue;

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
  const X509Ptr leaf(::SSL_get1_peer_certificate(ssl));
  if (!leaf) return fail(ErrorCode::Unauthenticated, "the server showed no certificate");
  auto* names = static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(leaf.get(), NID_subject_alt_name, nullptr, nullptr));
  bool found = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_URI) continue;
    const auto* data = ::ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
    const int length = ::ASN1_STRING_length(name->d.uniformResourceIdentifier);
    found = found || std::string_view(reinterpret_cast<const char*>(data),
                                      static_cast<std::size_t>(length)) == kInstallerRole;
  }
  ::GENERAL_NAMES_free(names);
  if (!found) {
    return fail(ErrorCode::Unauthenticated,
                "the server's certificate is not an installer's (no URI " +
                    std::string(kInstallerRole) + ")");
  }
  return {};
}

std::string peer_certificate(SSL* ssl) {
  const X509Ptr leaf(::SSL_get1_peer_certificate(ssl));
  unsigned char* der = nullptr;
  const int length = leaf ? ::i2d_X509(leaf.get(), &der) : 0;
  if (length <= 0) return {};
  std::string copy(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  ::OPENSSL_free(der);
  return copy;
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
  return {ErrorCode::Unavailable, "TLS with " + peer + ": " + error.message()};
}

}  // namespace joist::wire
