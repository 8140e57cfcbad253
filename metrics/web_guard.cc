#include "metrics/web_guard.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <string_view>

#include "base/config_file.h"
#include "base/log.h"

namespace joist::metrics {
namespace {

using wire::Task;

// Passwords wait for each other; more than these, and those who wait longer, are told so.
constexpr std::size_t kWaitingMax = 16;
constexpr std::chrono::seconds kCheckMax{10};

std::string below(const std::string& directory, const std::string& file) {
  return file.empty() ? file : (std::filesystem::path(directory) / file).string();
}

// exporter-toolkit's list: what frames the answer is none of it.
constexpr std::string_view kHeaders[] = {"content-security-policy", "strict-transport-security",
                                         "x-content-type-options", "x-frame-options",
                                         "x-xss-protection"};

std::string lower_case(std::string text) {
  for (char& letter : text) {
    letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return text;
}

Result<wire::Headers> to_headers(const v1::HttpServerConfig& config) {
  wire::Headers headers;
  for (const auto& [name, value] : config.headers()) {
    if (std::ranges::find(kHeaders, lower_case(name)) == std::end(kHeaders)) {
      return fail(ErrorCode::Malformed, "http_server_config.headers: \"" + name +
                                            "\" cannot be set, only those that browsers guard by");
    }
    const bool printable = std::ranges::all_of(
        value, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); });
    if (!printable) {
      return fail(ErrorCode::Malformed,
                  "http_server_config.headers: \"" + name + "\" is no header that can be sent");
    }
    headers.emplace_back(name, value);
  }
  std::ranges::sort(headers);
  return headers;
}

Result<wire::ClientAuth> client_auth(const std::string& word, bool has_authority) {
  using wire::ClientAuth;
  static const std::map<std::string, ClientAuth, std::less<>> kWords = {
      {"NoClientCert", ClientAuth::None},
      {"RequestClientCert", ClientAuth::Request},
      {"RequireAnyClientCert", ClientAuth::RequireAny},
      {"VerifyClientCertIfGiven", ClientAuth::VerifyIfGiven},
      {"RequireAndVerifyClientCert", ClientAuth::RequireAndVerify}};
  if (word.empty()) return has_authority ? ClientAuth::RequireAndVerify : ClientAuth::None;
  const auto found = kWords.find(word);
  if (found == kWords.end()) {
    return fail(ErrorCode::Malformed, "client_auth_type: what is \"" + word + "\"?");
  }
  const bool verifies =
      found->second == ClientAuth::VerifyIfGiven || found->second == ClientAuth::RequireAndVerify;
  if (verifies && !has_authority) {
    return fail(ErrorCode::Malformed, "client_auth_type: " + word + " needs a client_ca_file");
  }
  if (found->second == ClientAuth::None && has_authority) {
    return fail(ErrorCode::Malformed,
                "client_ca_file: NoClientCert asks for no certificate it could verify");
  }
  return found->second;
}

std::string group_name(const std::string& go_name) {
  if (go_name.starts_with("CurveP")) return "P-" + go_name.substr(6);
  return go_name;
}

}  // namespace

Result<wire::WebTls> to_web_tls(const v1::TlsServerConfig& config, const std::string& directory) {
  wire::WebTls tls;
  const auto auth = client_auth(config.client_auth_type(), !config.client_ca_file().empty());
  if (!auth) return tl::unexpected<Error>(auth.error());
  tls.client_auth = *auth;
  tls.certificate_file = below(directory, config.cert_file());
  tls.key_file = below(directory, config.key_file());
  tls.client_authority_file = below(directory, config.client_ca_file());
  tls.client_names.assign(config.client_allowed_sans().begin(), config.client_allowed_sans().end());
  tls.cipher_suites.assign(config.cipher_suites().begin(), config.cipher_suites().end());
  for (const std::string& curve : config.curve_preferences()) {
    tls.groups.push_back(group_name(curve));
  }
  tls.oldest_is_13 = config.min_version() == "TLS13";
  tls.newest_is_12 = config.max_version() == "TLS12";
  if (tls.oldest_is_13 && tls.newest_is_12) {
    return fail(ErrorCode::Malformed, "min_version: it is newer than max_version");
  }
  if (!tls.client_names.empty() && tls.client_auth != wire::ClientAuth::RequireAndVerify) {
    return fail(ErrorCode::Malformed,
                "client_allowed_sans: names count only with RequireAndVerifyClientCert");
  }
  return tls;
}

WebGuard::WebGuard(wire::asio::io_context& io, std::string path)
    : path_(std::move(path)), password_worker_(io, "passwords", kWaitingMax) {}
WebGuard::~WebGuard() = default;

Result<void> WebGuard::load() {
  watched_ = {path_};
  if (path_.empty()) return {};
  stamps_ = stamps_of(watched_);
  auto loaded = read(watched_);
  stamps_ = stamps_of(watched_);
  if (!loaded) return tl::unexpected<Error>(loaded.error());
  loaded_ = std::move(*loaded);
  return {};
}

// `files` becomes what to watch, also where something is wrong with one of them.
Result<WebGuard::Loaded> WebGuard::read(std::vector<std::string>& files) const {
  files = {path_};
  v1::WebConfig config;
  if (auto read = load_config(path_, config); !read) return tl::unexpected<Error>(read.error());
  Loaded loaded;
  if (config.has_tls_server_config()) {
    const auto directory = std::filesystem::path(path_).parent_path().string();
    auto tls = to_web_tls(config.tls_server_config(), directory);
    if (!tls) return fail(tls.error(), path_ + ": tls_server_config");
    for (const auto& file : {tls->certificate_file, tls->key_file, tls->client_authority_file}) {
      if (!file.empty()) files.push_back(file);
    }
    auto context = wire::web_context(*tls);
    if (!context) return fail(context.error(), path_ + ": tls_server_config");
    loaded.tls = std::move(*context);
  }
  auto passwords =
      Passwords::make({config.basic_auth_users().begin(), config.basic_auth_users().end()});
  if (!passwords) return fail(passwords.error(), path_);
  loaded.passwords = std::move(*passwords);
  auto headers = to_headers(config.http_server_config());
  if (!headers) return fail(headers.error(), path_);
  loaded.headers = std::move(*headers);
  return loaded;
}

WebGuard::Stamp WebGuard::stamp_of(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return {};
  // Of the inode, so that a file put back with its old time counts as changed.
  return {status.st_dev, status.st_ino, status.st_size,
          status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
}

std::vector<WebGuard::Stamp> WebGuard::stamps_of(const std::vector<std::string>& files) {
  std::vector<Stamp> stamps;
  for (const std::string& file : files) stamps.push_back(stamp_of(file));
  return stamps;
}

void WebGuard::refresh() {
  if (path_.empty()) return;
  auto stamps = stamps_of(watched_);
  if (stamps == stamps_) return;
  auto loaded = read(watched_);
  stamps_ = stamps_of(watched_);
  if (loaded && (loaded->tls != nullptr) != (loaded_.tls != nullptr)) {
    loaded = fail(ErrorCode::Refused, path_ + ": TLS is switched on and off by a restart");
  }
  current_ = loaded.has_value();
  if (!loaded) {
    log(Priority::Error, "the web config was not taken; the one before stays in force",
        loaded.error());
    return;
  }
  loaded_ = std::move(*loaded);
  if (server_ != nullptr && loaded_.tls) server_->replace_tls(loaded_.tls);
  log(Priority::Notice, "the web config was read again", {{"path", path_}});
}

void WebGuard::renew(wire::HttpServer& server) {
  server_ = &server;
  server.before_handshakes([this] { refresh(); });
}

Task<std::optional<wire::Response>> WebGuard::refuse(const wire::Request& request) {
  refresh();
  const std::shared_ptr<Passwords> passwords = loaded_.passwords;
  if (!passwords || passwords->empty()) co_return std::nullopt;
  wire::Response unauthorized = wire::text_response(401, "Unauthorized");
  unauthorized.headers.emplace_back("WWW-Authenticate", "Basic");
  const auto given = basic_credentials(request.header("Authorization"));
  if (!given) co_return unauthorized;

  auto good = passwords->remembered(given->user, given->password);
  if (!good) {
    std::function<Result<bool>()> job = [passwords, given] {
      return Result<bool>(passwords->check(given->user, given->password));
    };
    const auto checked = co_await password_worker_.run(std::move(job), kCheckMax);
    if (!checked) co_return wire::text_response(503, "too many passwords to check");
    good = *checked;
  }
  if (!*good) co_return unauthorized;
  co_return std::nullopt;
}

void WebGuard::add_headers(wire::Response& response) const {
  response.headers.insert(response.headers.end(), loaded_.headers.begin(), loaded_.headers.end());
}

}  // namespace joist::metrics
