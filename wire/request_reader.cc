#include "wire/request_reader.h"

#include <algorithm>
#include <utility>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/status.hpp>

namespace joist::wire {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kChunkBytes = 4096;

// Path and query. A proxy's clients send the whole URL ("GET http://host/path"):
// whose host it names says nothing here (RFC 9112, 3.2.2).
std::string_view origin_form(const RequestReader::Message& message) {
  const std::string_view target(message.target().data(), message.target().size());
  const auto scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return target;
  const auto path = target.find_first_of("/?", scheme + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

// Room for a header, and no more than a chunk of what follows it.
RequestReader::RequestReader(const HttpLimits& limits)
    : limits_(limits), buffer_(limits.header_bytes_max + kChunkBytes) {
  next();
}

RequestReader::State RequestReader::next() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(limits_.header_bytes_max);
  parser_->body_limit(limits_.body_bytes_max);
  header_judged_ = false;
  continue_said_ = false;
  return parse();
}

bool RequestReader::begun() const { return buffer_.size() != 0 || parser_->got_some(); }

boost::asio::mutable_buffer RequestReader::space() {
  return buffer_.prepare(std::min(kChunkBytes, buffer_.max_size() - buffer_.size()));
}

RequestReader::State RequestReader::received(std::size_t size_bytes) {
  if (size_bytes == 0) return State::Ended;
  buffer_.commit(size_bytes);
  return parse();
}

RequestReader::State RequestReader::parse() {
  while (buffer_.size() != 0 && !parser_->is_done()) {
    error_code error;
    const std::size_t consumed = parser_->put(buffer_.data(), error);
    buffer_.consume(consumed);
    if (error == http::error::need_more) break;
    if (error) return refuse(error);
    if (parser_->is_header_done() && !judge_header()) return State::Bad;
  }
  if (parser_->is_done()) return State::Complete;
  if (buffer_.size() >= limits_.header_bytes_max) return refuse(http::error::header_limit);
  if (parser_->is_header_done() && !continue_said_ &&
      parser_->get()[http::field::expect] == "100-continue") {
    continue_said_ = true;
    return State::AwaitsContinue;
  }
  return State::NeedsMore;
}

// RFC 9112, 3.2: a request of HTTP/1.1 names its host, and none names two.
bool RequestReader::judge_header() {
  if (std::exchange(header_judged_, true)) return true;
  const Message& message = parser_->get();
  const auto hosts = message.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
    bad_ = {400, hosts > 1 ? "more than one Host in the header" : "no Host in the header"};
    return false;
  }
  const bool reads = message.method() == http::verb::get || message.method() == http::verb::head;
  if (limits_.read_only && !reads) {
    bad_ = {405, "only GET and HEAD are served here"};
    return false;
  }
  return true;
}

RequestReader::State RequestReader::refuse(const error_code& error) {
  // It is too large by what the header says: which is there, then.
  if (error == http::error::body_limit && !judge_header()) return State::Bad;
  if (error == http::error::header_limit) {
    bad_ = {431,
            "the header is larger than " + std::to_string(limits_.header_bytes_max) + " bytes"};
  } else if (error == http::error::body_limit) {
    bad_ = {413, "the body is larger than " + std::to_string(limits_.body_bytes_max) + " bytes"};
  } else {
    bad_ = {400, "not HTTP/1.1: " + error.message()};
  }
  return State::Bad;
}

Request to_request(RequestReader::Message&& message) {
  Request request;
  request.method = std::string(message.method_string());
  const std::string_view target = origin_form(message);
  const auto question = target.find('?');
  request.path = path_of(message);
  if (question != std::string_view::npos) request.query = std::string(target.substr(question + 1));
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  return request;
}

std::string path_of(const RequestReader::Message& message) {
  const std::string_view target = origin_form(message);
  const std::string_view path = target.substr(0, target.find('?'));
  return std::string(path.empty() ? "/" : path);
}

std::string head_text(const Response& response, bool keep_alive) {
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  std::string text = "HTTP/1.1 " + std::to_string(response.status) + " ";
  text.append(reason.data(), reason.size());
  text +=
      "\r\nServer: joist\r\nContent-Length: " + std::to_string(response.content().size()) + "\r\n";
  if (!response.content_type.empty()) text += "Content-Type: " + response.content_type + "\r\n";
  if (!keep_alive) text += "Connection: close\r\n";
  for (const auto& [name, value] : response.headers) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

}  // namespace joist::wire
