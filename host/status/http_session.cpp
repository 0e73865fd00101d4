#include "status/http_session.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include <utility>

namespace jetcapture::host {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr std::size_t longest_header = 8u << 10;
constexpr auto between_events = 1s;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

} // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, const HttpServer::Resources &resources, HttpTimeouts timeouts,
                         HttpLoad &load)
    : stream_(std::move(socket)), resources_(resources), timeouts_(timeouts), load_(load), buffer_(longest_header),
      next_event_(stream_.get_executor()) {
  load_.sessions++;
}

HttpSession::~HttpSession() {
  close();
  if (sends_events_)
    load_.event_streams--;
}

void HttpSession::begin() {
  read(timeouts_.request);
}

void HttpSession::read(std::chrono::milliseconds timeout) {
  parser_.emplace();
  parser_->header_limit(longest_header);
  parser_->body_limit(0);
  place_ = load_.waiting.insert(load_.waiting.end(), this);
  stream_.expires_after(timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
}

void HttpSession::stop_waiting() {
  if (place_)
    load_.waiting.erase(*place_);
  place_.reset();
}

void HttpSession::on_read(error_code error) {
  stop_waiting();
  if (is_closed_)
    return;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return answer({431, "text/plain", "the header is too large\n"}, false);
  if (error == http::error::body_limit || error == http::error::unexpected_body)
    return answer({413, "text/plain", "a request has no body here\n"}, false);
  if (error && error.category() == make_error_code(http::error::bad_version).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message)
    return answer({400, "text/plain", "this is not HTTP\n"}, false);
  if (error)
    return close();
  const auto &request = parser_->get();
  if (request.method() != http::verb::get && request.method() != http::verb::head)
    return answer({405, "text/plain", "only GET and HEAD are answered here\n"}, false);
  const std::string_view path = view(request.target()).substr(0, request.target().find('?'));
  if (path == "/events" && request.method() == http::verb::get)
    return begin_events();
  answer(resources_.get(path), request.keep_alive());
}

void HttpSession::answer(HttpAnswer answer, bool keep) {
  response_ = {};
  response_.version(11);
  response_.result(answer.status);
  response_.set(http::field::content_type, answer.content_type);
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  response_.set("Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; "
                "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  response_.keep_alive(keep);
  response_.content_length(answer.body.size());
  if (answer.status == 405)
    response_.set(http::field::allow, "GET, HEAD");
  const bool only_header = parser_->is_header_done() && parser_->get().method() == http::verb::head;
  if (!only_header)
    response_.body() = std::move(answer.body);
  stream_.expires_after(timeouts_.write);
  http::async_write(stream_, response_, [self = shared_from_this(), keep](error_code error, std::size_t) {
    if (error || !keep)
      self->close();
    else
      self->read(self->timeouts_.idle);
  });
}

void HttpSession::begin_events() {
  if (load_.event_streams >= HttpLoad::most_event_streams)
    return answer({503, "text/plain", "too many pages are open on this host\n"}, false);
  load_.event_streams++;
  sends_events_ = true;
  event_ = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
           "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\nretry: 2000\n";
  send_event();
}

void HttpSession::send_event() {
  event_ += "data: " + resources_.event() + "\n\n";
  stream_.expires_after(timeouts_.write);
  asio::async_write(stream_, asio::buffer(event_), [self = shared_from_this()](error_code error, std::size_t) {
    if (error)
      return self->close();
    self->event_.clear();
    self->next_event_.expires_after(between_events);
    self->next_event_.async_wait([self](error_code cancelled) {
      if (!cancelled)
        self->send_event();
    });
  });
}

void HttpSession::close() {
  stop_waiting();
  if (std::exchange(is_closed_, true))
    return;
  load_.sessions--;
  error_code ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.close();
}

} // namespace jetcapture::host
