// One connection of an HTTP client: reads requests, answers, or sends events until the client goes. HTTP thread only.
#pragma once

#include "status/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace jetcapture::host {

class HttpSession;

// How much is going on, for the limits.
struct HttpLoad {
  static constexpr std::size_t most_sessions = 64;
  static constexpr std::size_t most_event_streams = 16;
  std::atomic<std::size_t> sessions = 0;
  std::size_t event_streams = 0;
  std::list<HttpSession *> waiting; // for a request, or for the rest of one; who has waited longest first
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
  // resources and load outlive it.
  HttpSession(boost::asio::ip::tcp::socket socket, const HttpServer::Resources &resources, HttpTimeouts timeouts,
              HttpLoad &load);
  ~HttpSession();
  HttpSession(const HttpSession &) = delete;
  HttpSession &operator=(const HttpSession &) = delete;

  void begin();
  // Closes it, whatever it does.
  void close();

private:
  void read(std::chrono::milliseconds timeout);
  void on_read(boost::system::error_code error);
  void answer(HttpAnswer answer, bool keep);
  void begin_events();
  void send_event();
  void stop_waiting();

  boost::beast::tcp_stream stream_;
  const HttpServer::Resources &resources_;
  const HttpTimeouts timeouts_;
  HttpLoad &load_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::empty_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  boost::asio::steady_timer next_event_;
  std::string event_;
  bool sends_events_ = false;
  bool is_closed_ = false;
  std::optional<std::list<HttpSession *>::iterator> place_; // among those who wait
};

} // namespace jetcapture::host
