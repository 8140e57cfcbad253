#include "wire/rpc.h"

#include <google/protobuf/descriptor.h>

#include <cstdlib>

#include "base/log.h"
#include "base/message_rules.h"
#include "base/message_text.h"
#include "base/problem.h"
#include "joist/v1/helper.pb.h"

namespace joist::wire {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";

enum class Encoding { Protobuf, Json, Unknown };

Encoding encoding_of(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  if (type == kProtobuf || type == "application/protobuf") return Encoding::Protobuf;
  if (type == kJson) return Encoding::Json;
  return Encoding::Unknown;
}

Result<void> decode(const std::string& body, Encoding encoding,
                    google::protobuf::Message& message) {
  if (encoding == Encoding::Json) return from_json(body, "request", message);
  if (!message.ParseFromString(body)) {
    return fail(ErrorCode::Malformed,
                "the body is no " + message.GetDescriptor()->full_name() + " in protobuf");
  }
  return check_rules(message);
}

Response encode(const google::protobuf::Message& message, bool as_json) {
  if (!as_json) {
    return {.content_type = std::string(kProtobuf), .body = message.SerializeAsString()};
  }
  return {.content_type = std::string(kJson), .body = to_json(message)};
}

}  // namespace

Response problem_response(const Error& error, bool as_json) {
  const ProblemCode& shown = problem_code(error.code);
  v1::Problem problem;
  problem.set_code(std::string(shown.name));
  problem.set_message(error.message);
  Response response = encode(problem, as_json);
  response.status = shown.status;
  return response;
}

RpcService::RpcService(std::string service) : prefix_("/" + std::move(service) + "/") {}

bool RpcService::serves(std::string_view path) const { return path.starts_with(prefix_); }

void RpcService::add(const std::string& method, const google::protobuf::Descriptor& request,
                     const google::protobuf::Descriptor& response, Method handler) {
  const std::string name = prefix_.substr(1, prefix_.size() - 2) + "." + method;
  const auto* declared = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (declared == nullptr || declared->input_type() != &request ||
      declared->output_type() != &response) {
    log(Priority::Error, "no such method in the schema", {{"method", name}});
    std::abort();
  }
  methods_.insert_or_assign(method, std::move(handler));
}

Task<Response> RpcService::handle(const Request& request, const Peer& peer) const {
  const Encoding encoding = encoding_of(request.header("content-type"));
  const bool as_json = encoding != Encoding::Protobuf;
  if (request.method != "POST") {
    Response response = text_response(405, "call methods by POST");
    response.headers.emplace_back("Allow", "POST");
    co_return response;
  }
  if (encoding == Encoding::Unknown) {
    co_return text_response(415, "Content-Type must be application/json or application/x-protobuf");
  }
  const auto method = methods_.find(std::string_view(request.path).substr(prefix_.size()));
  if (method == methods_.end()) {
    co_return problem_response({ErrorCode::NotFound, "no method " + request.path}, as_json);
  }
  const MessagePtr message = method->second.make_request();
  if (auto decoded = decode(request.body, encoding, *message); !decoded) {
    Error error = decoded.error();
    error.code = ErrorCode::Malformed;
    co_return problem_response(error, as_json);
  }
  const auto answer = co_await method->second.call(*message, peer);
  if (!answer) co_return problem_response(answer.error(), as_json);
  co_return encode(**answer, as_json);
}

}  // namespace joist::wire
