#include "wire/web_tls.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "pki/certificate.h"
#include "pki/openssl.h"
#include "wire/asio.h"
#include "wire/tls_context.h"

namespace joist::wire {
namespace {

namespace ssl = boost::asio::ssl;

class WebContext final : public TlsContext {
 public:
  explicit WebContext(WebTls web)
      : TlsContext(ssl::context::tls_server), settings(std::move(web)) {}
  const WebTls settings;
};

bool has_one_of(X509* leaf, const std::vector<std::string>& wanted) {
  const pki::GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      ::X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return false;
  const auto certificate = pki::parse_certificate(pki::encode(leaf, ::i2d_X509));
  if (!certificate) return false;
  std::vector<std::string> shown = certificate->dns_names;
  shown.insert(shown.end(), certificate->addresses.begin(), certificate->addresses.end());
  shown.insert(shown.end(), certificate->uris.begin(), certificate->uris.end());
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_EMAIL) continue;
    const ASN1_IA5STRING* const mail = name->d.rfc822Name;
    shown.emplace_back(reinterpret_cast<const char*>(::ASN1_STRING_get0_data(mail)),
                       static_cast<std::size_t>(::ASN1_STRING_length(mail)));
  }
  return std::ranges::any_of(
      shown, [&](const auto& name) { return std::ranges::find(wanted, name) != wanted.end(); });
}

int verify(X509_STORE_CTX* shown, void* argument) {
  const auto& settings = *static_cast<const WebTls*>(argument);
  const bool trusts_all =
      settings.client_auth == ClientAuth::Request || settings.client_auth == ClientAuth::RequireAny;
  if (trusts_all) {
    ::X509_STORE_CTX_set_error(shown, X509_V_OK);
  } else if (::X509_verify_cert(shown) != 1) {
    return 0;
  }
  if (settings.client_names.empty() ||
      has_one_of(::X509_STORE_CTX_get0_cert(shown), settings.client_names)) {
    return 1;
  }
  ::X509_STORE_CTX_set_error(shown, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

int verify_mode(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::None:
      return SSL_VERIFY_NONE;
    case ClientAuth::Request:
    case ClientAuth::VerifyIfGiven:
      return SSL_VERIFY_PEER;
    case ClientAuth::RequireAny:
    case ClientAuth::RequireAndVerify:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
}

// OpenSSL's name of a suite; Go leaves the hash off these two.
Result<std::string> suite_name(const std::string& rfc_name) {
  const bool chacha = rfc_name.ends_with("_WITH_CHACHA20_POLY1305");
  const std::string full = chacha ? rfc_name + "_SHA256" : rfc_name;
  const std::string_view name = ::OPENSSL_cipher_name(full.c_str());
  if (name != "(NONE)") return std::string(name);
  return fail(ErrorCode::Malformed, "cipher_suites: OpenSSL has no \"" + rfc_name + "\"");
}

// Suites of TLS 1.3 are fixed, as in Go: those named are left to it.
Result<void> use_suites(SSL_CTX* native, const std::vector<std::string>& suites) {
  std::string list;
  for (const std::string& suite : suites) {
    const auto name = suite_name(suite);
    if (!name) return tl::unexpected<Error>(name.error());
    if (name->starts_with("TLS_")) continue;
    list += (list.empty() ? "" : ":") + *name;
  }
  if (list.empty() || ::SSL_CTX_set_cipher_list(native, list.c_str()) == 1) return {};
  return pki::fail_openssl(ErrorCode::Malformed, "cipher_suites " + list);
}

Result<void> use_groups(SSL_CTX* native, const std::vector<std::string>& groups) {
  std::string list;
  for (const std::string& group : groups) list += (list.empty() ? "" : ":") + group;
  if (list.empty() || SSL_CTX_set1_groups_list(native, list.c_str()) == 1) return {};
  return pki::fail_openssl(ErrorCode::Malformed, "curve_preferences " + list);
}

Result<void> use_files(SSL_CTX* native, const WebTls& settings) {
  if (::SSL_CTX_use_certificate_chain_file(native, settings.certificate_file.c_str()) != 1) {
    return pki::fail_openssl(ErrorCode::Malformed, "cert_file " + settings.certificate_file);
  }
  if (::SSL_CTX_use_PrivateKey_file(native, settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(native) != 1) {
    return pki::fail_openssl(ErrorCode::Malformed, "key_file " + settings.key_file);
  }
  const std::string& authority = settings.client_authority_file;
  if (authority.empty()) return {};
  if (::SSL_CTX_load_verify_file(native, authority.c_str()) != 1) {
    return pki::fail_openssl(ErrorCode::Malformed, "client_ca_file " + authority);
  }
  ::SSL_CTX_set_client_CA_list(native, ::SSL_load_client_CA_file(authority.c_str()));
  return {};
}

}  // namespace

Result<TlsContextPtr> web_context(const WebTls& settings) {
  std::shared_ptr<WebContext> made;
  try {
    made = std::make_shared<WebContext>(settings);
  } catch (const boost::system::system_error& error) {
    return fail(ErrorCode::Io, std::string("make a TLS context: ") + error.what());
  }
  SSL_CTX* const native = made->context.native_handle();
  ::SSL_CTX_set_min_proto_version(native, settings.oldest_is_13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  ::SSL_CTX_set_max_proto_version(native, settings.newest_is_12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  // As for Joist's own: a resumed session would outlive a change of who may ask.
  ::SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  ::SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_num_tickets(native, 0);
  ::SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  if (auto used = use_suites(native, settings.cipher_suites); !used) {
    return tl::unexpected<Error>(used.error());
  }
  if (auto used = use_groups(native, settings.groups); !used) {
    return tl::unexpected<Error>(used.error());
  }
  if (auto used = use_files(native, settings); !used) return tl::unexpected<Error>(used.error());
  ::SSL_CTX_set_verify(native, verify_mode(settings.client_auth), nullptr);
  ::SSL_CTX_set_cert_verify_callback(native, &verify, const_cast<WebTls*>(&made->settings));
  return TlsContextPtr(std::move(made));
}

}  // namespace joist::wire
