#include "agent/identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/durable_file.h"
#include "base/sys_root.h"
#include "base/wall_time.h"
#include "pki/certificate.h"

namespace joist::agent {
namespace {

constexpr std::string_view kFileName = "/node.pem";
constexpr std::string_view kInstallerLine = "Installer: ";
constexpr std::string_view kJoinedLine = "Joined: ";
constexpr std::string_view kEndOfCertificate = "-----END CERTIFICATE-----";
constexpr double kRenewFrom = 0.5;
constexpr double kRenewSpan = 0.2;

// The rest of the line that begins with `key`.
std::string line_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + key.size());
  return std::string(text.substr(0, text.find('\n')));
}

// For people alone: one that is no time is none.
std::optional<WallTime> join_time_of(std::string_view text) {
  google::protobuf::Timestamp time;
  if (!google::protobuf::util::TimeUtil::FromString(line_after(text, kJoinedLine), &time)) {
    return std::nullopt;
  }
  return WallTime(std::chrono::seconds(time.seconds()));
}

std::string joined_line(const Identity& identity) {
  if (!identity.join_time) return {};
  const auto time = std::chrono::floor<std::chrono::seconds>(*identity.join_time);
  return std::string(kJoinedLine) + google::protobuf::util::TimeUtil::ToString(to_timestamp(time)) +
         "\n";
}

}  // namespace

Result<Identity> make_identity(std::string endpoint, pki::Secret key, std::string certificate,
                               std::string authority) {
  if (endpoint.empty()) return fail(ErrorCode::Malformed, "no installer is named");
  const auto parsed = pki::parse_certificate(certificate);
  if (!parsed) return fail(parsed.error(), "the node's certificate");
  const auto uid = pki::node_uid(*parsed);
  if (!uid) return fail(ErrorCode::Malformed, "the node's certificate names no node");
  const auto spki = pki::key_spki_sha256(key);
  if (!spki) return fail(spki.error(), "the node's key");
  if (*spki != parsed->spki_sha256) {
    return fail(ErrorCode::Malformed, "the node's certificate is not for its key");
  }
  const auto issuer = pki::parse_certificate(authority);
  if (!issuer) return fail(issuer.error(), "the authority's certificate");
  if (!issuer->is_authority) {
    return fail(ErrorCode::Malformed, "the authority's certificate is not an authority's");
  }
  Identity identity;
  identity.endpoint = std::move(endpoint);
  identity.key = std::move(key);
  identity.certificate = std::move(certificate);
  identity.authority = std::move(authority);
  identity.node_uid = *uid;
  identity.node_name = parsed->common_name;
  identity.not_before = parsed->not_before;
  identity.not_after = parsed->not_after;
  return identity;
}

Result<pki::Secret> identity_to_text(const Identity& identity) {
  const auto key = pki::key_to_pem(identity.key);
  if (!key) return tl::unexpected<Error>(key.error());
  return pki::Secret("Identity of a Joist node, with its private key. Written by joist-agent.\n" +
                     std::string(kInstallerLine) + identity.endpoint + "\n" +
                     joined_line(identity) + key->reveal() +
                     pki::certificate_to_pem(identity.certificate) +
                     pki::certificate_to_pem(identity.authority));
}

Result<Identity> identity_from_text(std::string_view text) {
  auto key = pki::key_from_pem(text);
  if (!key) return fail(key.error(), "the node's key");
  auto certificate = pki::certificate_from_pem(text);
  if (!certificate) return fail(certificate.error(), "the node's certificate");
  const auto end = text.find(kEndOfCertificate);
  const auto rest = end == std::string_view::npos ? std::string_view()
                                                  : text.substr(end + kEndOfCertificate.size());
  auto authority = pki::certificate_from_pem(rest);
  if (!authority) return fail(authority.error(), "the authority's certificate");
  auto identity = make_identity(line_after(text, kInstallerLine), std::move(*key),
                                std::move(*certificate), std::move(*authority));
  if (identity) identity->join_time = join_time_of(text);
  return identity;
}

Result<std::optional<Identity>> IdentityStore::load() const {
  const std::string path = directory_ + std::string(kFileName);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<Identity>();
    return fail_errno(errno, path);
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return fail(ErrorCode::Refused,
                path +
                    ": others may read this host's key; if nobody did, "
                    "`chmod 600` it and `systemctl reload joist-agent`, else join again");
  }
  auto text = SysRoot().read(path);
  if (!text) return tl::unexpected<Error>(text.error());
  const pki::Secret secret(std::move(*text));
  auto identity = identity_from_text(secret.reveal());
  if (!identity) return fail(identity.error(), path + " is damaged; join again");
  return std::optional<Identity>(std::move(*identity));
}

Result<void> IdentityStore::make_directory() const {
  std::error_code error;
  std::filesystem::create_directories(directory_, error);
  if (error) return fail_errno(error.value(), "create " + directory_);
  if (::chmod(directory_.c_str(), S_IRWXU) != 0) return fail_errno(errno, "chmod " + directory_);
  return {};
}

Result<void> IdentityStore::check_writable() const {
  if (auto made = make_directory(); !made) return made;
  const std::string path = directory_ + std::string(kFileName);
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::Refused, path + ": something that is no file is there; remove it");
  }
  // As large as an identity gets, so that a full disk shows.
  const std::string trial = directory_ + "/trial";
  auto written = write_durably(trial, std::string(4096, '\0'), S_IRUSR | S_IWUSR);
  ::unlink(trial.c_str());
  return written;
}

Result<void> IdentityStore::save(const Identity& identity) const {
  if (auto made = make_directory(); !made) return made;
  const auto text = identity_to_text(identity);
  if (!text) return tl::unexpected<Error>(text.error());
  return write_durably(directory_ + std::string(kFileName), text->reveal(), S_IRUSR | S_IWUSR);
}

WallTime renewal_time(WallTime not_before, WallTime not_after, double jitter) {
  const auto life = std::chrono::duration<double>(not_after - not_before);
  return not_before +
         std::chrono::duration_cast<WallTime::duration>(life * (kRenewFrom + kRenewSpan * jitter));
}

}  // namespace joist::agent
