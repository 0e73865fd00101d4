#include "status/http_server.hpp"

#include "settings/error.hpp"
#include "status/http_session.hpp"
#include "threads/thread.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <future>
#include <thread>

#include <pthread.h>

namespace jetcapture::host {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using namespace std::chrono_literals;

constexpr auto pause_without_descriptors = 200ms;

[[noreturn]] void refuse(const std::string &clause) {
  throw StartupError("--listen: " + clause);
}

tcp::endpoint endpoint_of(const std::string &address) {
  const std::size_t colon = address.rfind(':');
  std::string host = colon == std::string::npos ? address : address.substr(0, colon);
  const std::string port_text = colon == std::string::npos ? "" : address.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc() || end != port_text.data() + port_text.size() || (host.find(':') != host.npos && !bracketed))
    refuse("\"" + address + "\" is not ADDRESS:PORT; write for example 127.0.0.1:9464 or [::1]:9464");
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  if (host == "localhost")
    host = "127.0.0.1";
  error_code failed;
  const auto ip = asio::ip::make_address(host, failed);
  if (failed)
    refuse("\"" + host +
           "\" is not an IP address of this machine; write for example 127.0.0.1:9464, or 0.0.0.0:9464 for all");
  return {ip, port};
}

} // namespace

class HttpServer::Listener {
public:
  Listener(const std::string &address, HttpTimeouts timeouts)
      : timeouts_(timeouts), acceptor_(context_), pause_(context_) {
    const tcp::endpoint endpoint = endpoint_of(address);
    try {
      acceptor_.open(endpoint.protocol());
      acceptor_.set_option(asio::socket_base::reuse_address(true));
      acceptor_.bind(endpoint);
      acceptor_.listen();
    } catch (const boost::system::system_error &error) {
      if (error.code() == asio::error::address_in_use)
        throw AddressInUse("--listen: another program listens at " + address + "; give another port");
      refuse(address + " can't be listened at (" + error.code().message() + "); give another address or port");
    }
  }

  ~Listener() {
    context_.stop();
    if (thread_.joinable())
      thread_.join();
  }

  void serve(Resources resources) {
    if (thread_.joinable()) {
      std::promise<void> replaced;
      asio::post(context_, [&] {
        resources_ = std::move(resources);
        replaced.set_value();
      });
      replaced.get_future().wait();
      return;
    }
    resources_ = std::move(resources);
    accept();
    thread_ = start_thread([this] {
      pthread_setname_np(pthread_self(), "http");
      context_.run();
    });
  }

  std::size_t connections() const { return load_.sessions; }

  std::string address() const {
    const tcp::endpoint endpoint = acceptor_.local_endpoint();
    const std::string ip = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + ip + "]" : ip) + ":" + std::to_string(endpoint.port());
  }

private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error) {
        // No descriptor is left, say: it is tried again, and not at full speed.
        pause_.expires_after(pause_without_descriptors);
        pause_.async_wait([this](error_code) { accept(); });
        return;
      }
      // Connections that only wait leave no probe outside.
      if (load_.sessions >= HttpLoad::most_sessions && !load_.waiting.empty())
        load_.waiting.front()->close();
      if (load_.sessions < HttpLoad::most_sessions)
        std::make_shared<HttpSession>(std::move(socket), resources_, timeouts_, load_)->begin();
      accept();
    });
  }

  // Ends last: what is still queued in it refers to the rest.
  HttpLoad load_;
  const HttpTimeouts timeouts_;
  Resources resources_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::jthread thread_;
};

HttpServer::HttpServer(const std::string &address, HttpTimeouts timeouts)
    : listener_(std::make_unique<Listener>(address, timeouts)) {}
HttpServer::~HttpServer() = default;

void HttpServer::serve(Resources resources) {
  listener_->serve(std::move(resources));
}

std::size_t HttpServer::connections() const {
  return listener_->connections();
}

std::string HttpServer::address() const {
  return listener_->address();
}

} // namespace jetcapture::host
