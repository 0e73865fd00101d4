// What tests ask of an HTTP server on loopback: whole answers, and connections that behave badly on purpose.
#pragma once

#include <chrono>
#include <string>

namespace jetcapture::test {

struct HttpResponse {
  int status = 0; // 0: there was no answer
  std::string header;
  std::string body;
};

// A TCP connection; closed with its object. address: "127.0.0.1:9464" or "[::1]:9464". Throws where nobody listens.
class TcpClient {
public:
  explicit TcpClient(const std::string &address);
  ~TcpClient();
  TcpClient(const TcpClient &) = delete;
  TcpClient &operator=(const TcpClient &) = delete;

  // False: the other side has closed.
  bool send(const std::string &bytes);
  // What comes until it has that text, the other side closes, or the deadline is over.
  std::string receive_until(const std::string &text, std::chrono::milliseconds deadline);
  // True once the other side has closed.
  bool closed_within(std::chrono::milliseconds deadline);

private:
  int socket_ = -1;
  std::string left_; // came after what was asked for
};

// One request on a connection of its own.
HttpResponse http_request(const std::string &address, const std::string &method, const std::string &path,
                          const std::string &more = "");
inline HttpResponse http_get(const std::string &address, const std::string &path) {
  return http_request(address, "GET", path);
}

} // namespace jetcapture::test
