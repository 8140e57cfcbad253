#include "agent/web.h"

#include <algorithm>
#include <utility>

#include "agent/readiness.h"
#include "base/version.h"

namespace joist::agent {
namespace {

using wire::Request;
using wire::Response;
using wire::Task;

std::string escaped(std::string_view text) {
  std::string html;
  for (const char letter : text) {
    if (letter == '<') {
      html += "&lt;";
    } else if (letter == '>') {
      html += "&gt;";
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

std::string condition_line(const v1::Condition& condition) {
  return condition.type() + " " + std::string(status_name(condition.status())) + " " +
         condition.reason() + ": " + condition.message() + "\n";
}

}  // namespace

Web::Web(wire::asio::io_context& io, metrics::ScrapeServer& metrics, Sources sources)
    : metrics_(metrics),
      sources_(std::move(sources)),
      server_(io, {.body_bytes_max = 0, .idle_timeout = metrics::kKeepAlive, .read_only = true},
              [this](const Request& request, const wire::Peer&) { return answer(request); }) {}

Result<void> Web::listen(const v1::MetricsSpec& spec) {
  if (spec.listen() != listens_on_) {
    if (auto listening = server_.move_to(spec.listen()); !listening) {
      return fail(listening.error(), "metrics.listen");
    }
    listens_on_ = spec.listen();
  }
  // A few places that no single address can take, where there are enough.
  constexpr std::size_t kReserved = 16;
  const std::size_t places = spec.connections_max();
  server_.set_connections_max(places, places > 2 * kReserved ? places - kReserved : 0);
  return {};
}

void Web::close() { server_.close(); }

Task<Response> Web::answer(const Request& request) {
  const bool known = request.path == "/" || request.path == "/metrics" ||
                     request.path == "/healthz" || request.path == "/readyz";
  if (!known) co_return wire::text_response(404, "no such page: look at /");
  if (request.path == "/metrics") co_return co_await metrics_.answer(request);
  if (request.path == "/healthz") co_return healthz();
  if (request.path == "/readyz") co_return readyz();
  co_return landing();
}

Response Web::healthz() const {
  std::string stuck;
  for (const std::string& loop : sources_.stuck_loops()) stuck += "\n" + loop;
  if (stuck.empty()) return wire::text_response(200, "ok");
  return wire::text_response(503, "stuck:" + stuck);
}

Response Web::readyz() const {
  const auto conditions = sources_.conditions();
  if (conditions.front().status() == v1::CONDITION_STATUS_TRUE) {
    return wire::text_response(200, "ok");
  }
  std::string text;
  for (const v1::Condition& condition : conditions) {
    const bool blocks = condition.severity() == v1::SEVERITY_BLOCKING;
    if (blocks && condition.status() != v1::CONDITION_STATUS_TRUE && condition.type() != "Ready") {
      text += condition_line(condition);
    }
  }
  if (!text.empty()) text.pop_back();  // text_response() ends the line
  return wire::text_response(503, "not ready\n" + text);
}

Response Web::landing() const {
  const std::string name = escaped(sources_.node_name());
  Response response;
  response.content_type = "text/html; charset=utf-8";
  response.body = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + name +
                  " - joist-agent</title></head>\n<body>\n<h1>" + name + "</h1>\n<p>joist-agent " +
                  std::string(version()) +
                  "</p>\n<ul>\n<li><a href=\"/metrics\">/metrics</a></li>\n"
                  "<li><a href=\"/healthz\">/healthz</a></li>\n"
                  "<li><a href=\"/readyz\">/readyz</a></li>\n</ul>\n<pre>\n";
  for (const v1::Condition& condition : sources_.conditions()) {
    response.body += escaped(condition_line(condition));
  }
  response.body += "</pre>\n</body>\n</html>\n";
  return response;
}

}  // namespace joist::agent
