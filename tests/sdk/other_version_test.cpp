#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE("plug-ins linked to other versions of a library than the host, or than each other, work beside it") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(100, [](std::size_t) { return Message{"s.a", "text"}; });
  Host host(server);
  // The host compresses with a zlib of its own.
  REQUIRE(host.run({"--create-consumer", "--once", "--plugin-dir", OTHER_VERSION_PLUGINS, "--compression", "gzip",
                    "--path-template", "{key}"},
                   {"units_decoder", "units_writer", "file"}) == 0);
  const auto files = host.files();
  REQUIRE(files.size() == 1);
  CHECK(files.front().starts_with("units%201%20zlib%200.0.own/"));
  std::string expected;
  for (int i = 0; i < 100; i++)
    expected += "units 2\n";
  CHECK(host.text() == expected);
}
