#include "capture/watched_host.hpp"

#include <doctest/doctest.h>
#include <map>

#include <csignal>
#include <map>
#include <set>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Message order(std::size_t i) {
  const char *regions[] = {"eu", "us", "ap"};
  const std::string region = regions[i % 3];
  return {"orders." + region, R"({"id":)" + std::to_string(i) + R"(,"region":")" + region + R"(","note":null})"};
}

} // namespace

TEST_CASE("--once captures what the stream holds, each message once, and leaves nothing pending") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(3000, order);
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  CHECK(each_once(host.sequences(), 3000));
  const auto info = client.consumer("S", "C");
  CHECK(info["num_pending"] == 0);
  CHECK(info["num_ack_pending"] == 0);
  CHECK(info["ack_floor"]["stream_seq"] == 3000);
  CHECK(host.lines_with("msg=ended").size() == 1);
}

TEST_CASE("--once on an empty stream ends at once with nothing stored") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  CHECK(host.files().empty());
}

TEST_CASE("a whole message is captured without loss: headers in order with repeats, bytes, subject, timestamp") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish_exactly("orders.eu", "NATS/1.0\r\nB: 2\r\nA: 1\r\nB: 3\r\nb: lower\r\nE: \r\nC:a: b\r\n\r\n",
                         std::string("\xff\x00\x01", 3));
  client.publish(1, [](std::size_t) { return Message{"orders.us", "plain \"text\"\n\xc3\xa4"}; });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  const auto lines = host.lines();
  REQUIRE(lines.size() == 2);
  const Line &first = lines[0]["sequence"] == 1 ? lines[0] : lines[1];
  const Line &second = lines[0]["sequence"] == 1 ? lines[1] : lines[0];
  CHECK(first["subject"] == "orders.eu");
  CHECK(first["data_base64"] == "/wAB");
  CHECK_FALSE(first.contains("data"));
  CHECK(first["headers"] ==
        nlohmann::json::parse(R"([["B","2"],["A","1"],["B","3"],["b","lower"],["E",""],["C","a: b"]])"));
  CHECK(second["data"] == "plain \"text\"\n\xc3\xa4");
  CHECK_FALSE(second.contains("headers"));
  CHECK(second["timestamp"].get<std::string>().ends_with("Z"));
}

TEST_CASE("an odd header block keeps all its entries, and changes nothing for the messages behind it") {
  struct Odd {
    std::string block, data, headers;
  };
  const std::string large(60 << 10, 'x');
  const std::vector<Odd> odd = {
      {"E:\r\nA: 1\r\nB: 2\r\n", "x", R"([["E",""],["A","1"],["B","2"]])"},
      {"A: 1\r\nE:\r\nB: 2\r\n", "x", R"([["A","1"],["E",""],["B","2"]])"},
      {"A: 1\r\nB: 2\r\nE:\r\n", "x", R"([["A","1"],["B","2"],["E",""]])"},
      {"A: 1\r\nB: 2\r\nE:\r\n", "", R"([["A","1"],["B","2"],["E",""]])"},
      {"B: 1\r\nA: 2\r\n", "", R"([["B","1"],["A","2"]])"},
      {"b: 1\r\nB: 2\r\nA: 3\r\nb: 4\r\n", "x", R"([["b","1"],["B","2"],["A","3"],["b","4"]])"},
      {"A: 1\r\n folded\r\nB: 2\r\n", "x", R"([["A","1 folded"],["B","2"]])"},
      {"A: 1\r\nno colon\r\nB: 2\r\n", "x", R"([["A","1"],["no colon",""],["B","2"]])"},
      {"A: " + large + "\r\nB: 2\r\n", "x", "[[\"A\",\"" + large + "\"],[\"B\",\"2\"]]"},
  };
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  for (const Odd &message : odd) {
    client.publish_exactly("orders.odd", "NATS/1.0\r\n" + message.block + "\r\n", message.data);
    client.publish_exactly("orders.plain", "NATS/1.0\r\nZ: 1\r\nE: \r\nB: 2\r\nZ: 3\r\n\r\n", "x");
  }
  for (const std::string status : {"503", "503 No Responders"}) {
    client.publish_exactly("orders.status", "NATS/1.0 " + status + "\r\nA: 1\r\n\r\n", "x");
    client.publish_exactly("orders.plain", "NATS/1.0\r\nZ: 1\r\nE: \r\nB: 2\r\nZ: 3\r\n\r\n", "x");
  }
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once"}) == 0);
  std::map<std::uint64_t, nlohmann::json> headers;
  for (const Line &line : host.lines())
    headers[line["sequence"].get<std::uint64_t>()] = line["headers"];
  REQUIRE(headers.size() == 2 * odd.size() + 4);
  for (std::size_t i = 0; i < odd.size(); i++)
    CHECK_MESSAGE(headers[2 * i + 1] == nlohmann::json::parse(odd[i].headers), odd[i].block.substr(0, 100));
  // A current server takes the status out of the block; an earlier one stores it. What the stream holds is what counts.
  const auto has_status = [&](std::size_t sequence) {
    const std::string block = client.api("STREAM.MSG.GET.S", {{"seq", sequence}})["message"]["hdrs"];
    return block.starts_with("TkFUUy8xLjAgNTAz"); // "NATS/1.0 503"
  };
  const auto expected = [&](std::size_t sequence, const char *with_status) {
    return nlohmann::json::parse(has_status(sequence) ? with_status : R"([["A","1"]])");
  };
  const std::size_t bare = 2 * odd.size() + 1;
  CHECK(headers[bare] == expected(bare, R"([["Status","503"],["A","1"]])"));
  CHECK(headers[bare + 2] == expected(bare + 2, R"([["Status","503"],["Description","No Responders"],["A","1"]])"));
  for (std::size_t sequence = 2; sequence <= headers.size(); sequence += 2)
    CHECK_MESSAGE(headers[sequence] == nlohmann::json::parse(R"([["Z","1"],["E",""],["B","2"],["Z","3"]])"), sequence);
}

TEST_CASE("JSON objects become CSV rows by a field's value, in gzip files") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(300, order);
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--compression", "gzip", "--decoder-opt", "key=field:/region"},
                   {"json", "csv", "file"}) == 0);
  const auto files = host.files();
  REQUIRE(files.size() == 3);
  for (const std::string &file : files)
    CHECK(file.ends_with(".csv.gz"));
  CHECK(files[0].starts_with("ap/"));
  const std::string text = gunzip(read_file(std::filesystem::path(host.root()) / files[1]));
  CHECK(text.starts_with("id,region,note\n3,eu,\n6,eu,\n"));
}

TEST_CASE("SIGTERM drains: what was pulled is stored and acked, and the exit status says so") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  client.publish(500, order);
  WatchedHost host(server);
  host.start_watched();
  REQUIRE(host.has_in_flight(500));
  CHECK(host.files().empty());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(each_once(host.sequences(), 500));
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
  CHECK(host.lines_with("reason=drain").size() == 3);
}

TEST_CASE("ended while messages are on their way to it, a host leaves none of them to wait for their ack_wait") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 100000}});
  Host host(server);
  for (int round = 0; round < 5; round++) {
    client.publish(3000, order);
    host.start();
    // The server says so before it has sent them all.
    REQUIRE(eventually(20s, [&] { return client.consumer("S", "C")["num_pending"] == 0; }));
    host.program().signal(SIGTERM);
    CHECK(host.program().wait(20s) == 0);
  }
  REQUIRE(host.run({"--once"}) == 0);
  CHECK(each_once(host.sequences(), 15000));
  CHECK(client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("the last line tells messages, blocks, bytes and seconds") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(30, order);
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--log-format", "json"}) == 0);
  const std::string output = host.output();
  const auto last = nlohmann::json::parse(output.substr(output.rfind('\n', output.size() - 2) + 1));
  CHECK(last["msg"] == "ended");
  CHECK(last["messages"] == 30);
  CHECK(last["acked"] == 30);
  CHECK(last["blocks"] == 3);
  CHECK(last["bytes"].get<std::uint64_t>() == host.text().size());
  CHECK(last["seconds"].is_number());
}

TEST_CASE("a message larger than a pull request's usual room is captured") {
  Server server("max_payload: 8388608\n");
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(5, [](std::size_t i) {
    return Message{"orders.eu", std::string(6 << 20, static_cast<char>('a' + i))};
  });
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--window-bytes", "1MiB"}) == 0);
  CHECK(each_once(host.sequences(), 5));
}
