#include "pki/certificate.h"

#include <arpa/inet.h>
#include <openssl/pem.h>

#include <algorithm>
#include <ctime>

#include "base/sha256.h"
#include "pki/openssl.h"

namespace joist::pki {
namespace {

constexpr std::size_t kPemBytesMax = 256 * 1024;

std::string_view bytes_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

// "a.example\0.evil" must not be read as "a.example" by anyone down the line.
Result<std::string> name_of(const ASN1_STRING* text) {
  const auto bytes = bytes_of(text);
  if (bytes.find('\0') != std::string_view::npos) {
    return fail(ErrorCode::Malformed, "certificate: a name holds a NUL byte");
  }
  return std::string(bytes);
}

Result<std::string> common_name(const X509& certificate) {
  const X509_NAME* const subject = X509_get_subject_name(&certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return std::string();
  const auto* const value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index));
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, value);
  if (size < 0) return fail_openssl(ErrorCode::Malformed, "certificate: common name");
  std::string name(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  if (name.find('\0') != std::string::npos) {
    return fail(ErrorCode::Malformed, "certificate: a name holds a NUL byte");
  }
  return name;
}

std::string address_text(std::string_view bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
  const bool fits = bytes.size() == 4 || bytes.size() == 16;
  if (!fits || ::inet_ntop(family, bytes.data(), text, sizeof text) == nullptr) return {};
  return text;
}

Result<void> read_alternative_names(const X509& x509, Certificate& certificate) {
  int critical = -1;
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&x509, NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical == -1) return {};  // there are none
  if (!names) return fail_openssl(ErrorCode::Malformed, "certificate: subjectAltName");
  for (int index = 0; index < sk_GENERAL_NAME_num(names.get()); ++index) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), index);
    if (name->type == GEN_IPADD) {
      certificate.addresses.push_back(address_text(bytes_of(name->d.iPAddress)));
    } else if (name->type == GEN_URI || name->type == GEN_DNS) {
      auto text = name_of(name->d.ia5);
      if (!text) return fail(text.error(), "subjectAltName");
      (name->type == GEN_URI ? certificate.uris : certificate.dns_names)
          .push_back(std::move(*text));
    }
  }
  return {};
}

Result<WallTime> read_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return fail_openssl(ErrorCode::Malformed, "certificate: date");
  }
  // In whole seconds, held to what the clock's nanoseconds can count (to 2262).
  constexpr auto kLast =
      std::chrono::duration_cast<std::chrono::seconds>(WallTime::max().time_since_epoch());
  const std::chrono::seconds seconds(::timegm(&parts));
  return WallTime(std::clamp(seconds, -kLast, kLast));
}

Result<std::string> read_serial(const X509& x509) {
  const BnPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(&x509), nullptr));
  if (!number) return fail_openssl(ErrorCode::Malformed, "certificate: serial number");
  if (BN_is_negative(number.get()) == 1 || BN_num_bytes(number.get()) > 20) {
    return fail(ErrorCode::Malformed, "certificate: serial number is not one of RFC 5280");
  }
  std::string bytes(static_cast<std::size_t>(std::max(BN_num_bytes(number.get()), 1)), '\0');
  BN_bn2binpad(number.get(), reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  return to_hex(bytes);
}

void read_usage(X509& x509, Certificate& certificate) {
  const std::uint32_t flags = X509_get_extension_flags(&x509);
  certificate.is_authority = (flags & EXFLAG_CA) != 0;
  if ((flags & EXFLAG_XKUSAGE) == 0) return;
  const std::uint32_t usage = X509_get_extended_key_usage(&x509);
  certificate.may_serve = (usage & XKU_SSL_SERVER) != 0;
  certificate.may_call = (usage & XKU_SSL_CLIENT) != 0;
}

}  // namespace

Result<Certificate> parse_certificate(std::string_view der) {
  const auto x509 = decode_certificate(der);
  if (!x509) return fail(x509.error(), "decode");
  const X509& raw = **x509;

  Certificate certificate;
  auto name = common_name(raw);
  if (!name) return fail(name.error(), "subject");
  auto serial = read_serial(raw);
  if (!serial) return fail(serial.error(), "decode");
  const auto not_before = read_time(X509_get0_notBefore(&raw));
  if (!not_before) return fail(not_before.error(), "notBefore");
  const auto not_after = read_time(X509_get0_notAfter(&raw));
  if (!not_after) return fail(not_after.error(), "notAfter");
  if (auto names = read_alternative_names(raw, certificate); !names) {
    return fail(names.error(), "decode");
  }
  const std::string spki = encode(X509_get_X509_PUBKEY(&raw), i2d_X509_PUBKEY);
  if (spki.empty()) return fail_openssl(ErrorCode::Malformed, "certificate: public key");

  certificate.common_name = std::move(*name);
  certificate.serial = std::move(*serial);
  certificate.not_before = *not_before;
  certificate.not_after = *not_after;
  certificate.spki_sha256 = sha256(spki);
  read_usage(**x509, certificate);
  return certificate;
}

std::string certificate_to_pem(std::string_view der) {
  const BioPtr out(BIO_new(BIO_s_mem()));
  const auto* const data = reinterpret_cast<const unsigned char*>(der.data());
  if (!out ||
      PEM_write_bio(out.get(), PEM_STRING_X509, "", data, static_cast<long>(der.size())) <= 0) {
    return {};
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Result<std::string> certificate_from_pem(std::string_view pem) {
  if (pem.size() > kPemBytesMax) return fail(ErrorCode::Malformed, "PEM larger than 256 KiB");
  const BioPtr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!in) return fail_openssl(ErrorCode::Io, "read PEM");
  const CertificatePtr x509(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!x509) return fail_openssl(ErrorCode::Malformed, "no certificate in PEM");
  return encode(x509.get(), i2d_X509);
}

std::optional<std::string> node_uid(const Certificate& certificate) {
  if (certificate.uris.size() != 1 || !certificate.uris.front().starts_with(kNodeUri)) return {};
  std::string uid = certificate.uris.front().substr(kNodeUri.size());
  if (uid.empty()) return {};
  return uid;
}

}  // namespace joist::pki
