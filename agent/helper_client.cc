#include "agent/helper_client.h"

#include "base/problem.h"
#include "base/seqpacket.h"
#include "joist/v1/helper.pb.h"

namespace joist::agent {
namespace {

Result<v1::HelperResponse> parse_response(std::string_view datagram) {
  v1::HelperResponse response;
  if (!response.ParseFromArray(datagram.data(), static_cast<int>(datagram.size()))) {
    return fail(ErrorCode::Malformed, "joist-helper's answer is not a joist.v1.HelperResponse");
  }
  return response;
}

}  // namespace

Result<v1::HelperResponse> HelperClient::ask(const v1::HelperRequest& request,
                                             std::string_view name) const {
  const auto end = std::chrono::steady_clock::now() + timeout_;
  const auto connection = connect_seqpacket(socket_path_, timeout_);
  if (!connection) return fail(connection.error(), "joist-helper is not there");

  const auto sent = send_datagram(connection->get(), request.SerializeAsString(), timeout_);
  // A helper that has closed already may have said why.
  if (!sent && sent.error().code != ErrorCode::Unavailable) {
    return fail(sent.error(), "ask joist-helper to read " + std::string(name));
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
  const auto datagram = receive_datagram(connection->get(), left);
  if (!datagram) {
    return fail(datagram.error(), "joist-helper ended or hangs while it reads " +
                                      std::string(name) + "; it is asked again");
  }
  const auto response = parse_response(*datagram);
  if (!response) return fail(response.error(), name);
  if (response->has_problem()) {
    return fail(error_code_of(response->problem().code()), response->problem().message());
  }
  return *response;
}

Result<disk::ProbeResult> HelperClient::probe(std::string_view name, std::uint64_t diskseq) const {
  v1::HelperRequest request;
  request.mutable_probe()->set_name(std::string(name));
  request.mutable_probe()->set_diskseq(diskseq);
  const auto response = ask(request, name);
  if (!response) return tl::unexpected<Error>(response.error());
  if (!response->has_probe()) {
    return fail(ErrorCode::Malformed,
                "joist-helper's answer holds no probe; is it another version?");
  }
  return disk::from_message(response->probe());
}

Result<v1::HealthResponse> HelperClient::health(std::string_view name,
                                                std::uint64_t diskseq) const {
  v1::HelperRequest request;
  request.mutable_health()->set_name(std::string(name));
  request.mutable_health()->set_diskseq(diskseq);
  const auto response = ask(request, name);
  if (!response) return tl::unexpected<Error>(response.error());
  if (!response->has_health()) {
    return fail(ErrorCode::Malformed,
                "joist-helper's answer holds no health; is it another version?");
  }
  return response->health();
}

}  // namespace joist::agent
