#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace jetcapture::test;

TEST_CASE("a million messages of 200 bytes over 10 keys are captured, each once, in less than 150 MB of memory") {
#ifdef JETCAPTURE_FEWER
  constexpr std::size_t count = 50'000;
  constexpr std::uint64_t memory = UINT64_MAX;
#else
  constexpr std::size_t count = 1'000'000;
  constexpr std::uint64_t memory = 150'000'000;
#endif
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(count, [](std::size_t i) {
    const std::string id = std::to_string(i);
    return Message{"s." + std::to_string(i % 10), R"({"id":)" + id + R"(,"region":"r)" + std::to_string(i % 10) +
                                                      R"(","text":")" + std::string(172 - id.size(), 'x') + "\"}"};
  });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--compression", "gzip", "--decoder-opt", "key=field:/region",
                    "--decoder-opt", "fields=/id:integer,/text", "--decoder-opt", "meta=sequence"},
                   {"json", "csv", "file"}) == 0);
  MESSAGE("peak memory of the host: ", host.program().peak_memory() / 1'000'000, " MB; ",
          host.lines_with("msg=ended").front());
  CHECK(host.program().peak_memory() < memory);
  CHECK(client.consumer("S", "C")["num_pending"] == 0);
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);

  std::vector<std::uint8_t> seen(count + 1, 0);
  for (const std::string &file : host.files()) {
    std::istringstream rows(gunzip(read_file(std::filesystem::path(host.root()) / file)));
    std::string row;
    std::getline(rows, row);
    REQUIRE(row == "id,text,_sequence");
    while (std::getline(rows, row)) {
      const auto sequence = std::stoull(row.substr(row.rfind(',') + 1));
      REQUIRE(sequence <= count);
      // The sequence is the number of the message: rows and sequences belong together.
      REQUIRE(std::stoull(row) == sequence);
      seen[sequence]++;
    }
  }
  std::size_t wrong = 0;
  for (std::size_t sequence = 1; sequence <= count; sequence++)
    wrong += seen[sequence] == 1 ? 0 : 1;
  CHECK(wrong == 0);
}
