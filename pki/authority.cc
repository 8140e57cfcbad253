#include "pki/authority.h"

#include <algorithm>

#include "base/value_format.h"
#include "pki/certificate.h"
#include "pki/openssl.h"
#include "pki/request.h"

namespace joist::pki {
namespace {

constexpr std::size_t kCommonNameMax = 64;  // ub-common-name, RFC 5280 appendix A.1

Result<void> set_serial(X509& x509) {
  // 128 random bits: never the same twice, and nothing to count (CA/B 7.1).
  const BnPtr number(BN_new());
  const bool set = number && BN_rand(number.get(), 128, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                   BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(&x509)) != nullptr;
  if (!set) return fail_openssl(ErrorCode::Io, "certificate serial");
  return {};
}

Result<void> set_dates(X509& x509, WallTime not_before, WallTime not_after) {
  const auto start = std::chrono::system_clock::to_time_t(not_before);
  const auto end = std::chrono::system_clock::to_time_t(not_after);
  if (ASN1_TIME_set(X509_getm_notBefore(&x509), start) == nullptr ||
      ASN1_TIME_set(X509_getm_notAfter(&x509), end) == nullptr) {
    return fail_openssl(ErrorCode::Io, "certificate dates");
  }
  return {};
}

Result<void> set_subject(X509& x509, std::string_view common_name) {
  const auto name = common_name.substr(0, kCommonNameMax);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(name.data());
  if (X509_NAME_add_entry_by_NID(X509_get_subject_name(&x509), NID_commonName, MBSTRING_UTF8, bytes,
                                 static_cast<int>(name.size()), -1, 0) != 1) {
    return fail_openssl(ErrorCode::Malformed, "certificate name '" + std::string(name) + "'");
  }
  return {};
}

Result<void> add_extension(X509& x509, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, &x509, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  if (!extension || X509_add_ext(&x509, extension.get(), -1) != 1) {
    return fail_openssl(ErrorCode::Io, std::string("certificate extension ") + OBJ_nid2sn(nid));
  }
  return {};
}

struct Extension {
  int nid;
  std::string value;  // as in openssl's x509v3_config(5)
};

Result<void> add_extensions(X509& x509, X509* issuer, const std::vector<Extension>& extensions) {
  for (const Extension& extension : extensions) {
    auto added = add_extension(x509, issuer, extension.nid, extension.value);
    if (!added) return added;
  }
  return {};
}

// A subjectAltName entry, made without the text form of x509v3_config(5): in
// that a name with a comma would become two names.
Result<void> add_name(GENERAL_NAMES& names, int type, const std::string& text) {
  auto* const name = GENERAL_NAME_new();
  if (name == nullptr || sk_GENERAL_NAME_push(&names, name) <= 0) {
    GENERAL_NAME_free(name);
    return fail_openssl(ErrorCode::Io, "subjectAltName");
  }
  if (type == GEN_IPADD) {
    auto* const address = a2i_IPADDRESS(text.c_str());
    if (address == nullptr) {
      return fail_openssl(ErrorCode::Malformed, "'" + text + "' is no IP address");
    }
    GENERAL_NAME_set0_value(name, type, address);
    return {};
  }
  auto* const value = ASN1_IA5STRING_new();
  if (value == nullptr || ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) != 1) {
    ASN1_IA5STRING_free(value);
    return fail_openssl(ErrorCode::Io, "subjectAltName");
  }
  GENERAL_NAME_set0_value(name, type, value);
  return {};
}

Result<void> add_names(GENERAL_NAMES& names, int type, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    auto added = add_name(names, type, text);
    if (!added) return added;
  }
  return {};
}

Result<void> add_alternative_names(X509& x509, const Holder& holder) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!names) return fail_openssl(ErrorCode::Io, "subjectAltName");
  if (auto added = add_names(*names, GEN_URI, holder.uris); !added) return added;
  if (auto added = add_names(*names, GEN_DNS, holder.dns_names); !added) return added;
  if (auto added = add_names(*names, GEN_IPADD, holder.addresses); !added) return added;
  if (sk_GENERAL_NAME_num(names.get()) == 0) return {};
  if (X509_add1_ext_i2d(&x509, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) != 1) {
    return fail_openssl(ErrorCode::Io, "subjectAltName");
  }
  return {};
}

Result<CertificatePtr> blank_certificate(std::string_view common_name, WallTime not_before,
                                         WallTime not_after) {
  CertificatePtr x509(X509_new());
  if (!x509 || X509_set_version(x509.get(), X509_VERSION_3) != 1) {
    return fail_openssl(ErrorCode::Io, "new certificate");
  }
  if (auto set = set_serial(*x509); !set) return fail(set.error(), "new certificate");
  if (auto set = set_dates(*x509, not_before, not_after); !set) {
    return fail(set.error(), "new certificate");
  }
  if (auto set = set_subject(*x509, common_name); !set) {
    return fail(set.error(), "new certificate");
  }
  return x509;
}

Result<std::string> sign(X509& x509, EVP_PKEY& key) {
  if (X509_sign(&x509, &key, EVP_sha256()) <= 0) {
    return fail_openssl(ErrorCode::Io, "sign certificate");
  }
  std::string der = encode(&x509, i2d_X509);
  if (der.empty()) return fail_openssl(ErrorCode::Io, "encode certificate");
  return der;
}

}  // namespace

Result<Authority> make_authority(std::string_view name, WallTime now, std::chrono::seconds life) {
  auto key = make_key();
  if (!key) return fail(key.error(), "make authority");
  const auto pkey = decode_key(key->reveal());
  if (!pkey) return fail(pkey.error(), "make authority");
  auto x509 = blank_certificate(name, now - kBackdated, now + life);
  if (!x509) return fail(x509.error(), "make authority");

  X509& ca = **x509;
  if (X509_set_issuer_name(&ca, X509_get_subject_name(&ca)) != 1 ||
      X509_set_pubkey(&ca, pkey->get()) != 1) {
    return fail_openssl(ErrorCode::Io, "make authority");
  }
  const auto added = add_extensions(ca, &ca,
                                    {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                     {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                     {NID_subject_key_identifier, "hash"}});
  if (!added) return fail(added.error(), "make authority");
  auto der = sign(ca, **pkey);
  if (!der) return fail(der.error(), "make authority");
  return Authority{std::move(*der), std::move(*key)};
}

Result<void> check_authority(const Authority& authority) {
  const auto certificate = parse_certificate(authority.certificate);
  if (!certificate) return fail(certificate.error(), "authority");
  if (!certificate->is_authority) {
    return fail(ErrorCode::Malformed, "the certificate is not an authority's (no CA:TRUE)");
  }
  const auto spki = key_spki_sha256(authority.key);
  if (!spki) return fail(spki.error(), "authority");
  if (*spki != certificate->spki_sha256) {
    return fail(ErrorCode::Malformed, "the authority's key is not the key of its certificate");
  }
  return {};
}

Holder installer_holder(std::string_view name, const std::vector<std::string>& names) {
  Holder holder{std::string(name), {std::string(kInstallerUri)}, {}, {}, true};
  for (const std::string& each : names) {
    (has_format(each, v1::FORMAT_ADDRESS) ? holder.addresses : holder.dns_names).push_back(each);
  }
  return holder;
}

Holder node_holder(std::string_view uid, std::string_view name) {
  return {std::string(name), {std::string(kNodeUri) + std::string(uid)}, {}, {}, false};
}

Result<std::string> issue(const Authority& authority, std::string_view request,
                          const Holder& holder, WallTime now, std::chrono::seconds life) {
  const auto public_key = verified_public_key(request);
  if (!public_key) return fail(public_key.error(), "issue");
  const auto ca = decode_certificate(authority.certificate);
  if (!ca) return fail(ca.error(), "authority");
  const auto ca_key = decode_key(authority.key.reveal());
  if (!ca_key) return fail(ca_key.error(), "authority");
  const auto ca_end = parse_certificate(authority.certificate);
  if (!ca_end) return fail(ca_end.error(), "authority");

  auto x509 = blank_certificate(holder.common_name, now - kBackdated,
                                std::min(now + life, ca_end->not_after));
  if (!x509) return fail(x509.error(), "issue");
  X509& leaf = **x509;
  const auto* spki = reinterpret_cast<const unsigned char*>(public_key->data());
  const PkeyPtr key(d2i_PUBKEY(nullptr, &spki, static_cast<long>(public_key->size())));
  if (!key || X509_set_pubkey(&leaf, key.get()) != 1 ||
      X509_set_issuer_name(&leaf, X509_get_subject_name(ca->get())) != 1) {
    return fail_openssl(ErrorCode::Io, "issue certificate");
  }
  const auto added =
      add_extensions(leaf, ca->get(),
                     {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,digitalSignature"},
                      {NID_ext_key_usage, holder.serves ? "serverAuth" : "clientAuth"},
                      {NID_subject_key_identifier, "hash"},
                      {NID_authority_key_identifier, "keyid:always"}});
  if (!added) return fail(added.error(), "issue");
  if (auto names = add_alternative_names(leaf, holder); !names) {
    return fail(names.error(), "issue");
  }
  return sign(leaf, **ca_key);
}

}  // namespace joist::pki
