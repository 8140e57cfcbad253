// Beast's HTTP parser, fed by hand: what can be known of a request without
// asking which kind of stream it comes from. For the .cc files of wire/ alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "wire/asio.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "wire/http.h"
#include "wire/http_server.h"

namespace joist::wire {

// What an unreadable request is answered with.
struct BadRequest {
  unsigned status;
  std::string text;
};

class RequestReader {
 public:
  using Message = boost::beast::http::request<boost::beast::http::string_body>;
  enum class State {
    NeedsMore,
    AwaitsContinue,  // "Expect: 100-continue": said once, after the header
    Complete,
    Ended,  // the peer ended the connection before it was complete
    Bad,    // see bad()
  };

  explicit RequestReader(const HttpLimits& limits);

  // Forgets the request that is done, and parses what came with it of the next.
  State next();

  // Where the next bytes go, and that they came; 0 bytes: the stream's end.
  boost::asio::mutable_buffer space();
  State received(std::size_t size_bytes);

  // Whether a first byte of this request is there: from then on it is in a hurry.
  bool begun() const;

  const BadRequest& bad() const { return bad_; }
  Message take() { return parser_->release(); }  // once, when Complete

 private:
  State parse();
  bool judge_header();  // false: see bad()
  State refuse(const boost::system::error_code& error);

  const HttpLimits& limits_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  bool header_judged_ = false;
  bool continue_said_ = false;
  BadRequest bad_{400, ""};
};

Request to_request(RequestReader::Message&& message);

// Without the query.
std::string path_of(const RequestReader::Message& message);

// Status line and header, as sent before `response.body`.
std::string head_text(const Response& response, bool keep_alive);

}  // namespace joist::wire
