#include <exception>
#include <utility>

#include "base/log.h"
#include "wire/http_connection.h"

namespace joist::wire {

Task<Response> HttpService::answer(Request request, const Peer& peer) {
  std::string failure;
  try {
    co_return co_await handler(request, peer);
  } catch (const std::exception& error) {
    failure = error.what();
  }
  log(Priority::Error, "request failed", {{"path", request.path}, {"error", failure}});
  co_return text_response(500, "internal error; the journal says more");
}

Task<void> serve_plain(HttpService& service, PlainSocket& socket, Peer peer) {
  const auto stays_http = [](RequestReader::Message&) -> Task<bool> { co_return false; };
  co_await serve_requests(service, socket, peer, stays_http);
}

Response no_room() {
  Response response = text_response(503, "too many connections; try again later");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

Task<void> refuse_plain(PlainSocket& socket) {
  const Response response = no_room();
  Deadline deadline(socket);
  const bool sent =
      co_await send_response(socket, deadline, response, false, false, std::chrono::seconds(1));
  static_cast<void>(sent);  // the connection ends either way
  co_await drain(socket);
}

}  // namespace joist::wire
