#include "wire/rpc_client.h"

#include <exception>
#include <optional>

#include "base/problem.h"
#include "joist/v1/helper.pb.h"

namespace joist::wire {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";

Request to_request(const std::string& method, const google::protobuf::Message& message) {
  return {.method = "POST",
          .path = "/" + method,
          .headers = {{"Content-Type", std::string(kProtobuf)}, {"Accept", std::string(kProtobuf)}},
          .body = message.SerializeAsString()};
}

Result<void> read_answer(const Response& answer, const std::string& method,
                         google::protobuf::Message& response) {
  const bool is_protobuf = answer.content_type == kProtobuf;
  if (answer.status == 200 && is_protobuf && response.ParseFromString(answer.body)) return {};
  v1::Problem problem;
  if (answer.status != 200 && is_protobuf && problem.ParseFromString(answer.body)) {
    return fail(error_code_of(problem.code()), problem.message());
  }
  std::string first_line = answer.body.substr(0, answer.body.find('\n'));
  const auto code = answer.status == 503 ? ErrorCode::Unavailable : ErrorCode::Malformed;
  return fail(code, method + " was answered " + std::to_string(answer.status) + " " +
                        (is_protobuf ? "with what is no answer of ours" : first_line));
}

}  // namespace

Task<Result<void>> call_tls(const std::string& endpoint, TlsContextPtr context,
                            const std::string& method, const google::protobuf::Message& request,
                            google::protobuf::Message& response) {
  Request asked = to_request(method, request);
  const auto answer = co_await request_tls(endpoint, std::move(context), std::move(asked));
  if (!answer) co_return tl::unexpected<Error>(answer.error());
  co_return read_answer(*answer, method, response);
}

Result<void> call_unix(const std::string& path, const std::string& method,
                       const google::protobuf::Message& request,
                       google::protobuf::Message& response, std::chrono::seconds timeout) {
  asio::io_context io(1);
  std::optional<Result<Response>> answer;
  asio::co_spawn(io, request_unix(path, to_request(method, request), {.timeout = timeout}),
                 [&answer](const std::exception_ptr& error, Result<Response> got) {
                   if (error) std::rethrow_exception(error);
                   answer = std::move(got);
                 });
  io.run();
  if (!*answer) return tl::unexpected<Error>(answer->error());
  return read_answer(**answer, method, response);
}

}  // namespace joist::wire
