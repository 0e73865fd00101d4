#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <deque>
#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Stream {
  Server server;
  Client client{server.url()};
  Stream() { client.make_stream("S", {"orders.>"}); }
};

} // namespace

TEST_CASE("a bad address, a port in use and a bad status subject are refused before the first pull") {
  Stream stream;
  stream.client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}});
  stream.client.publish(1, [](std::size_t) { return Message{"orders.a", "x"}; });
  WatchedHost first(stream.server);
  first.consumer = "D";
  first.start_watched({"--create-consumer"});
  Host host(stream.server);
  const auto refused = [&](std::vector<std::string> more, const std::string &text) {
    CHECK(host.run(std::move(more)) == 2);
    CHECK_MESSAGE(host.lines_with(text).size() == 1, host.output());
    CHECK(stream.client.consumer("S", "C")["delivered"]["consumer_seq"] == 0);
  };
  refused({"--listen", "9464"}, "jetcapture: --listen: \"9464\" is not ADDRESS:PORT");
  refused({"--listen", first.address()}, "another program listens at " + first.address());
  refused({"--listen", first.address(), "--check"}, "another program listens at " + first.address());
  host.state_dir = first.folder() / "state"; // of the host that listens there
  CHECK(host.run({"--listen", first.address(), "--check"}) == 0);
  CHECK(host.lines_with("a host captures with this state folder").size() == 1);
  CHECK(host.lines_with("the address of --listen is in use: by that host").size() == 1);
  host.state_dir.clear();
  refused({"--status-subject", "status.*"}, "\"status.*\" is not a subject to publish to");
}

TEST_CASE("without --listen nothing is listened at") {
  Stream stream;
  Host host(stream.server);
  host.start({"--create-consumer"});
  const std::string tasks = "/proc/" + std::to_string(host.program().pid()) + "/task";
  std::set<std::string> threads;
  REQUIRE(eventually(20s, [&] {
    for (const auto &task : std::filesystem::directory_iterator(tasks))
      threads.insert(read_file(task.path() / "comm"));
    return threads.contains("store\n"); // the last ones to begin
  }));
  CHECK_FALSE(threads.contains("http\n"));
  CHECK(host.lines_with("serving").empty());
}

TEST_CASE("clients that are slow, silent or too many do not disturb the capture") {
  Stream stream;
  WatchedHost host(stream.server);
  host.start_watched({"--create-consumer", "--max-age", "1s"});
  std::deque<TcpClient> clients;
  for (int i = 0; i < 100; i++) {
    clients.emplace_back(host.address());
    clients.back().send(i % 2 == 0 ? "GET /events HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /met");
  }
  stream.client.publish(20000, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  CHECK(eventually(30s, [&] {
    const auto consumer = stream.client.consumer("S", "C");
    return consumer["ack_floor"]["stream_seq"] == 20000;
  }));
  CHECK(each_once(host.sequences(), 20000));
  clients.clear();
  CHECK(eventually(10s, [&] { return http_get(host.address(), "/healthz").status == 200; }));
  CHECK(host.metric("jetcapture_messages_total") == 20000);
}

TEST_CASE("the page is one file, and its events tell of the capture") {
  Stream stream;
  stream.client.publish(10, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  WatchedHost host(stream.server);
  host.start_watched({"--create-consumer", "--max-age", "1s"});
  const HttpResponse page = http_get(host.address(), "/");
  CHECK(page.status == 200);
  CHECK(page.header.find("Content-Type: text/html; charset=utf-8\r\n") != std::string::npos);
  CHECK(page.body.find("<!doctype html>") == 0);
  // Nothing is fetched from elsewhere.
  for (const char *source : {"src=\"http", "href=\"http", "url(http", "@import", "rel=\"stylesheet", "//cdn"})
    CHECK_MESSAGE(page.body.find(source) == std::string::npos, source);
  TcpClient events(host.address());
  events.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(eventually(20s, [&] {
    const std::string event = events.receive_until("\n\n", 3s);
    const std::size_t data = event.find("data: ");
    if (data == std::string::npos)
      return false;
    const auto status = nlohmann::json::parse(event.substr(data + 6));
    std::uint64_t messages = 0;
    for (const auto &block : status["last_blocks"])
      messages += block["messages"].get<std::uint64_t>();
    return status["acks_confirmed"] == 10 && messages == 10;
  }));
}
