#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE("--once ends with a table of what was done, in text, and as JSON the log stays JSON") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(1234, [](std::size_t) { return Message{"s.a", "{}"}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  CHECK(host.lines_with("Stream S through consumer C").size() == 1);
  REQUIRE(host.lines_with("  messages taken").size() == 1);
  CHECK(host.lines_with("  messages taken").front().find(" 1,234 ") != std::string::npos);
  CHECK(host.lines_with("  messages acked").size() == 1);
  CHECK(host.lines_with("\x1b").empty());

  REQUIRE(host.run({"--once", "--log-format", "json"}) == 0);
  for (const std::string &line : host.lines_with(""))
    CHECK_MESSAGE(nlohmann::json::accept(line), line);
}
