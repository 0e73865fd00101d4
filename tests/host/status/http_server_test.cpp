#include "status/http_server.hpp"

#include "settings/error.hpp"
#include "support/http.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>

#include <sys/resource.h>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Serving {
  HttpServer server;
  std::atomic<int> events{0};
  std::string address = server.address();
  explicit Serving(HttpTimeouts timeouts = {.request = 1s, .idle = 5s, .write = 1s}) : server("127.0.0.1:0", timeouts) {
    server.serve({.get =
                      [](std::string_view path) {
                        return path == "/large" ? HttpAnswer{200, "text/plain", std::string(20 << 20, 'x')}
                               : path == "/"    ? HttpAnswer{200, "text/plain", "hello\n"}
                                                : HttpAnswer{404, "text/plain", "no\n"};
                      },
                  .event = [this] { return "event " + std::to_string(++events); }});
  }
};

void raise_descriptor_limit(rlim_t count) {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, count));
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

std::string refusal(const std::string &address) {
  try {
    const HttpServer server(address);
  } catch (const StartupError &error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("an address that is none is refused with one that is") {
  for (const char *address : {"9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "::1:9464",
                              "127.0.0.1:-1", "[::1]", "", ":9464", "127.0.0.1:94 64"}) {
    CAPTURE(address);
    CHECK(refusal(address).find("write for example 127.0.0.1:9464") != std::string::npos);
  }
  CHECK(refusal("example.com:9464").find("\"example.com\" is not an IP address") != std::string::npos);
  CHECK(refusal("192.0.2.1:9464").find("192.0.2.1:9464 can't be listened at") != std::string::npos);
}

TEST_CASE("a port that another program has is refused") {
  const HttpServer first("127.0.0.1:0");
  CHECK(refusal(first.address()) == "--listen: another program listens at " + first.address() + "; give another port");
}

TEST_CASE("it listens at an address of IPv6") {
  HttpServer server("[::1]:0");
  CHECK(server.address().starts_with("[::1]:"));
  server.serve({.get = [](std::string_view) { return HttpAnswer{200, "text/plain", "six"}; }, .event = nullptr});
  CHECK(http_get(server.address(), "/").body == "six");
}

TEST_CASE("GET, HEAD, a query, an unknown path and other methods get what is theirs") {
  Serving serving;
  const HttpResponse get = http_get(serving.address, "/?a=b");
  CHECK(get.status == 200);
  CHECK(get.body == "hello\n");
  CHECK(get.header.find("Content-Length: 6\r\n") != std::string::npos);
  const HttpResponse head = http_request(serving.address, "HEAD", "/");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.header.find("Content-Length: 6\r\n") != std::string::npos);
  CHECK(http_get(serving.address, "/etc/passwd").status == 404);
  CHECK(http_request(serving.address, "DELETE", "/").status == 405);
  CHECK(http_request(serving.address, "POST", "/", "Content-Length: 4000000000\r\n").status == 413);
}

TEST_CASE("several requests go over one connection") {
  Serving serving;
  TcpClient client(serving.address);
  for (int i = 0; i < 3; i++) {
    REQUIRE(client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(client.receive_until("hello\n", 5s).ends_with("hello\n"));
  }
}

TEST_CASE("what is not HTTP, and a header that does not end, are answered and closed") {
  Serving serving;
  TcpClient garbage(serving.address);
  garbage.send("\x16\x03\x01 this is TLS\r\n\r\n");
  CHECK(garbage.receive_until("\r\n", 5s).starts_with("HTTP/1.1 400"));
  CHECK(garbage.closed_within(5s));
  TcpClient endless(serving.address);
  endless.send("GET / HTTP/1.1\r\n");
  bool taken = true;
  for (int i = 0; i < 10000 && taken; i++)
    taken = endless.send("X-Header: " + std::string(1000, 'x') + "\r\n");
  CHECK_FALSE(taken);
  CHECK(http_get(serving.address, "/").status == 200);
}

TEST_CASE("a client that sends nothing is closed, and disturbs no other") {
  Serving serving;
  TcpClient silent(serving.address);
  TcpClient slow(serving.address);
  slow.send("GET / HT");
  CHECK(http_get(serving.address, "/").status == 200);
  CHECK(silent.closed_within(5s));
  CHECK(slow.closed_within(5s));
}

TEST_CASE("a client that does not read what it asked for is closed") {
  Serving serving;
  TcpClient deaf(serving.address);
  deaf.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(http_get(serving.address, "/").status == 200);
  // What is in the buffers of the two sockets comes after its time too; that is not the whole.
  CHECK(eventually(5s, [&] { return serving.server.connections() == 0; }));
  CHECK(deaf.receive_until("", 5s).size() < (20u << 20));
}

TEST_CASE("where there are more connections than it takes, the one that has waited longest gives way") {
  Serving serving({.request = 1h, .idle = 1h, .write = 1h}); // so that time closes none of them
  TcpClient first(serving.address), scraper(serving.address);
  std::deque<TcpClient> many;
  for (int i = 0; i < 62; i++)
    many.emplace_back(serving.address);
  REQUIRE(eventually(5s, [&] { return serving.server.connections() == 64; }));
  // One that was answered has begun to wait anew.
  REQUIRE(scraper.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(scraper.receive_until("hello\n", 5s).ends_with("hello\n"));
  TcpClient last(serving.address);
  CHECK(first.closed_within(5s));
  for (TcpClient *client : {&scraper, &last}) {
    REQUIRE(client->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    CHECK(client->receive_until("hello\n", 5s).ends_with("hello\n"));
  }
  CHECK(serving.server.connections() == 64);
}

TEST_CASE("a probe is answered within a second while a thousand connections are idle or half open") {
  raise_descriptor_limit(4000);
  HttpServer server("127.0.0.1:0"); // with the times that a host has
  server.serve({.get = [](std::string_view) { return HttpAnswer{200, "text/plain", "hello\n"}; }, .event = nullptr});
  const auto probe = [&] {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(http_get(server.address(), "/healthz").status == 200);
    CHECK(std::chrono::steady_clock::now() - begin < 1s);
  };
  std::deque<TcpClient> many;
  for (int i = 0; i < 1000; i++) {
    many.emplace_back(server.address());
    if (i % 2 == 0)
      many.back().send("GET /healthz HT");
    if (i % 20 == 0)
      probe();
  }
  for (int i = 0; i < 20; i++)
    probe();
  CHECK(server.connections() <= 64);
}

TEST_CASE("events come one a second, to some clients at once, and to no more") {
  Serving serving;
  std::deque<TcpClient> pages;
  for (int i = 0; i < 16; i++) {
    pages.emplace_back(serving.address);
    pages.back().send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(pages.back().receive_until("\n\n", 5s).find("data: event ") != std::string::npos);
  }
  CHECK(pages.front().receive_until("\n\n", 5s).starts_with("data: event "));
  CHECK(http_get(serving.address, "/events").status == 503);
  CHECK(http_get(serving.address, "/").status == 200);
  pages.clear();
  CHECK(eventually(10s, [&] {
    TcpClient page(serving.address);
    page.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    return page.receive_until("\n\n", 5s).find("data: event ") != std::string::npos;
  }));
}

TEST_CASE("a server that ends closes its connections and asks for nothing any more") {
  std::optional<HttpServer> server("127.0.0.1:0");
  std::atomic<int> events = 0;
  server->serve({.get = [](std::string_view) { return HttpAnswer{}; },
                 .event = [&] { return "event " + std::to_string(++events); }});
  TcpClient page(server->address());
  page.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  page.receive_until("\n\n", 5s);
  server.reset();
  const int before = events;
  CHECK(page.closed_within(5s));
  CHECK(events == before);
}
