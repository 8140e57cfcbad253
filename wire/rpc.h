// Unary calls: POST /joist.v1.<Service>/<Method>, protobuf or JSON by
// Content-Type (application/x-protobuf, application/json), answered in kind.
// What fails is answered with a joist.v1.Problem and an HTTP status:
//   Malformed 400, Unauthenticated 401, Refused 403, NotFound 404,
//   Unavailable 503, Io 500.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include <google/protobuf/message.h>

#include "base/result.h"
#include "wire/asio.h"
#include "wire/http.h"

namespace joist::wire {

// The methods of one service of the schema. Requests are held to their
// (joist.v1.rule)s before a method sees them.
class RpcService {
 public:
  // `service` is a full name from the schema: "joist.v1.Agent".
  explicit RpcService(std::string service);

  // Adds a method; aborts if the schema has no such method with these types: a
  // program that does not fit its schema must not start.
  template <typename RequestMessage, typename ResponseMessage>
  void on(
      const std::string& method,
      std::function<Task<Result<ResponseMessage>>(const RequestMessage&, const Peer&)> handler) {
    add(method, *RequestMessage::descriptor(), *ResponseMessage::descriptor(),
        Method{[] { return std::make_unique<RequestMessage>(); },
               [handler = std::move(handler)](const google::protobuf::Message& request,
                                              const Peer& peer) -> Task<Result<MessagePtr>> {
                 auto response =
                     co_await handler(static_cast<const RequestMessage&>(request), peer);
                 if (!response) co_return tl::unexpected<Error>(response.error());
                 co_return std::make_unique<ResponseMessage>(std::move(*response));
               }});
  }

  // Whether `path` is one of this service's.
  bool serves(std::string_view path) const;

  Task<Response> handle(const Request& request, const Peer& peer) const;

 private:
  using MessagePtr = std::unique_ptr<google::protobuf::Message>;
  struct Method {
    std::function<MessagePtr()> make_request;
    std::function<Task<Result<MessagePtr>>(const google::protobuf::Message&, const Peer&)> call;
  };

  void add(const std::string& method, const google::protobuf::Descriptor& request,
           const google::protobuf::Descriptor& response, Method handler);

  std::string prefix_;  // "/joist.v1.Agent/"
  std::map<std::string, Method, std::less<>> methods_;
};

// The Problem as an answer, for handlers that are not RPCs as well.
Response problem_response(const Error& error, bool as_json);

}  // namespace joist::wire
