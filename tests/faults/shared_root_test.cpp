// Captures that store below one root.
#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE(
    "two captures of one stream into one root, with other consumers or options, overwrite nothing of each other") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(20, [](std::size_t i) { return Message{"s.a", R"({"a":1,"b":)" + std::to_string(i) + "}"}; });
  Host host(server);
  const std::vector<std::string> flags = {"--once", "--create-consumer", "--max-age", "1h"};
  const auto capture = [&](const std::string &consumer, const std::string &columns) {
    host.consumer = consumer;
    host.state_dir = host.folder() / ("state-" + consumer + columns);
    std::vector<std::string> all = flags;
    all.insert(all.end(), {"--writer-opt", columns});
    REQUIRE_MESSAGE(host.run(all, {"json", "csv", "file"}) == 0, host.output());
  };
  capture("A", "columns=a,b");
  const std::string first = host.files().at(0);
  const std::string bytes = read_file(host.root() + "/" + first);
  capture("B", "columns=b");
  CHECK(host.files().size() == 2);
  CHECK(read_file(host.root() + "/" + first) == bytes);
}
