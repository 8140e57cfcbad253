#include "exporter/exporter.h"

#include <netdb.h>
#include <sys/utsname.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <memory>
#include <utility>

#include "base/unique_fd.h"
#include "base/version.h"
#include "wire/http.h"

namespace joist::exporter {
namespace {

using collectors::Labels;
using collectors::MetricType;
using wire::Response;
using wire::Task;

constexpr std::size_t kConnectionsMax = 256;
constexpr std::size_t kConnectionsPerPeerMax = 64;

// "localhost:9100" as "127.0.0.1:9100"; an address is left as it is.
Result<std::string> resolved(const std::string& address) {
  const auto parts = wire::split_host_port(address);
  if (!parts || parts->host.empty()) return address;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  std::array<char, NI_MAXHOST> host{};
  if (error != 0 || ::getnameinfo(found->ai_addr, found->ai_addrlen, host.data(), host.size(),
                                  nullptr, 0, NI_NUMERICHOST) != 0) {
    return fail(ErrorCode::Malformed, "--web.listen-address=" + address + ": " + parts->host +
                                          " is neither an address nor a name of one");
  }
  const std::string ip(host.data());
  return (ip.find(':') == ip.npos ? ip : "[" + ip + "]") + ":" + parts->port;
}

// GOARCH, for those who group by it.
std::string architecture() {
  utsname names{};
  if (::uname(&names) != 0) return {};
  const std::string machine(names.machine);
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

// Text of HTML.
std::string escaped(std::string_view text) {
  std::string html;
  for (const char letter : text) {
    if (letter == '<') {
      html += "&lt;";
    } else if (letter == '&') {
      html += "&amp;";
    } else if (letter == '"') {
      html += "&quot;";
    } else {
      html += letter;
    }
  }
  return html;
}

}  // namespace

Exporter::Exporter(wire::Loop& loop, Flags flags)
    : flags_(std::move(flags)),
      scrapes_(loop, [this](std::string& page) { append_own(page); }),
      guard_(loop.io(), flags_.web_config),
      server_(loop.io(),
              {.connections_max = kConnectionsMax,
               .connections_per_peer_max = kConnectionsPerPeerMax,
               .body_bytes_max = 0,
               .idle_timeout = metrics::kKeepAlive,
               .read_only = true},
              [this](const wire::Request& request, const wire::Peer&) { return answer(request); }),
      build_info_("node_exporter_build_info",
                  "A metric with a constant '1' value labeled by version, revision, branch, "
                  "goversion from which node_exporter was built, and the goos and goarch for the "
                  "build.",
                  MetricType::Gauge),
      errors_("promhttp_metric_handler_errors_total",
              "Total number of internal errors encountered by the promhttp metric handler.",
              MetricType::Counter),
      requests_in_flight_("promhttp_metric_handler_requests_in_flight",
                          "Current number of scrapes being served.", MetricType::Gauge),
      requests_("promhttp_metric_handler_requests_total",
                "Total number of scrapes by HTTP status code.", MetricType::Counter),
      config_current_("joist_exporter_web_config_last_reload_successful",
                      "Whether the web config file was good when it was last read.",
                      MetricType::Gauge) {}

Result<void> Exporter::start() {
  auto scrape = collectors::Scrape::make(flags_.roots, flags_.options);
  if (!scrape) return tl::unexpected<Error>(scrape.error());
  scrapes_.use(std::move(*scrape));
  if (auto loaded = guard_.load(); !loaded) return loaded;
  guard_.renew(server_);
  return flags_.systemd_socket ? listen_on_systemds_sockets() : listen();
}

Result<void> Exporter::listen() {
  for (const std::string& address : flags_.listen) {
    const auto numeric = resolved(address);
    if (!numeric) return tl::unexpected<Error>(numeric.error());
    auto listening =
        guard_.tls() ? server_.listen_tls(*numeric, guard_.tls()) : server_.listen(*numeric);
    if (!listening) return fail(listening.error(), "--web.listen-address");
  }
  return {};
}

Result<void> Exporter::listen_on_systemds_sockets() {
  const int count = ::sd_listen_fds(1);
  if (count < 0) return fail_errno(-count, "--web.systemd-socket");
  if (count == 0) {
    return fail(ErrorCode::Malformed,
                "--web.systemd-socket: systemd gave no socket; it is started by a .socket unit");
  }
  for (int i = 0; i < count; ++i) {
    auto listening = server_.listen_descriptor(UniqueFd(SD_LISTEN_FDS_START + i), guard_.tls());
    if (!listening) return fail(listening.error(), "--web.systemd-socket");
  }
  return {};
}

Task<Response> Exporter::answer(const wire::Request& request) {
  std::optional<Response> response = co_await guard_.refuse(request);
  if (!response) {
    if (request.path == flags_.telemetry_path) {
      response = co_await metrics(request);
    } else if (request.path == "/") {
      response = landing();
    } else {
      response = wire::text_response(404, "404 page not found");
    }
  }
  guard_.add_headers(*response);
  co_return std::move(*response);
}

Task<Response> Exporter::metrics(const wire::Request& request) {
  if (flags_.max_requests > 0 && in_flight_ >= flags_.max_requests) {
    ++answered_[503];
    co_return wire::text_response(503, "Limit of concurrent requests reached (" +
                                           std::to_string(flags_.max_requests) +
                                           "), try again later.");
  }
  ++in_flight_;
  const auto leave = [this](void*) { --in_flight_; };
  const std::unique_ptr<void, decltype(leave)> place(this, leave);
  Response response = co_await scrapes_.answer(request);
  ++answered_[response.status];
  co_return response;
}

Response Exporter::landing() const {
  Response response;
  response.content_type = "text/html; charset=utf-8";
  const std::string path = escaped(flags_.telemetry_path);
  response.body =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Joist exporter</title></head>\n<body>\n"
      "<h1>Joist exporter</h1>\n<p>joist-exporter " +
      std::string(version()) + ", node metrics for Prometheus</p>\n<ul>\n<li><a href=\"" + path +
      "\">Metrics</a></li>\n</ul>\n</body>\n</html>\n";
  return response;
}

void Exporter::append_own(std::string& page) {
  own_.clear();
  own_.begin(build_info_);
  static const Labels build{{"branch", ""},        {"goarch", architecture()}, {"goos", "linux"},
                            {"goversion", ""},     {"revision", ""},           {"tags", "joist"},
                            {"version", version()}};
  own_.sample(build, 1U);
  if (!flags_.web_config.empty()) {
    own_.begin(config_current_);
    own_.sample(guard_.is_current() ? 1U : 0U);
  }
  if (flags_.exporter_metrics) {
    own_.begin(errors_);
    for (const char* const cause : {"encoding", "gathering"}) {
      own_.sample(Labels{{"cause", cause}}, 0U);  // a page is whole, or it says what is missing
    }
    own_.begin(requests_in_flight_);
    own_.sample(in_flight_);
    own_.begin(requests_);
    for (const auto& [status, times] : answered_) {
      own_.sample(Labels{{"code", std::to_string(status)}}, times);
    }
  }
  page += own_.text();
}

}  // namespace joist::exporter
