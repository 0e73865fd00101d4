// Plug-ins that were built from the headers as first published work in this host.
#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE(
    "a decoder in C and a decoder, writer and store in C++ built from the first release's headers work in this host") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  SUBCASE("in C") {
    client.publish(1, [](std::size_t) { return Message{"s.a", "eu00000042.50"}; });
    Host host(server);
    REQUIRE(host.run({"--create-consumer", "--once", "--plugin-dir", KEPT_PLUGINS}, {"fixed_width", "csv", "file"}) ==
            0);
    CHECK(host.text() == "region,amount\neu,42.5\n");
  }
  SUBCASE("in C++") {
    client.publish(1, [](std::size_t) { return Message{"s.a", "bus 7;52.52;13.405"}; });
    Host host(server);
    const std::string copy = host.folder() / "copy";
    REQUIRE(
        host.run({"--create-consumer", "--once", "--plugin-dir", KEPT_PLUGINS, "--store-opt", "command=dd,of=" + copy},
                 {"position", "geojson", "pipe"}) == 0);
    CHECK(nlohmann::json::parse(read_file(copy))["properties"]["vehicle"] == "bus 7");
  }
}
