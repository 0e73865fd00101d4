// A stream of protobuf messages, captured by the real host.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace jetcapture::test;

namespace {

// A shop.Order of tests/support/protos, as it is on the wire: id, below 16384, and region.
std::string order(std::size_t id, const std::string &region) {
  const std::string id_field = {'\x08', static_cast<char>((id & 0x7F) | 0x80), static_cast<char>(id >> 7)};
  return id_field + "\x12\x02" + region;
}

} // namespace

TEST_CASE("protobuf messages become lines by region, each once, and damaged ones go to the quarantine, whole") {
  constexpr std::size_t count = 5000;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(count, [](std::size_t i) { return Message{"orders.new", order(i, i % 2 == 0 ? "eu" : "us")}; });
  client.publish_exactly("orders.new", "NATS/1.0\r\n\r\n", "\x08");
  Host host(server);
  REQUIRE(
      host.run({"--create-consumer", "--once", "--pipelines", "2", "--decoder-opt",
                "descriptors=" JETCAPTURE_PROTOS "/orders.pb", "--decoder-opt", "message=shop.Order", "--decoder-opt",
                "key=field:/region", "--decoder-opt", "fields=/id,/region", "--decoder-opt", "meta=sequence"},
               {"protobuf", "ndjson", "file"}) == 0);
  std::size_t lines = 0;
  bool all_match = true;
  for (const std::string &file : host.files()) {
    const std::string text = read_file(host.root() + "/" + file);
    if (file.starts_with("_quarantine/")) {
      CHECK(text.find("field id is cut short") != std::string::npos);
      continue;
    }
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line); lines++) {
      const auto row = nlohmann::json::parse(line);
      all_match = all_match && row["id"] == row["_sequence"] && file.starts_with(std::string(row["region"]) + "/") &&
                  row["region"] == (row["id"].get<int>() % 2 == 0 ? "eu" : "us");
    }
  }
  CHECK(lines == count);
  CHECK(all_match);
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
  CHECK(client.consumer("S", "C")["num_pending"] == 0);
}
