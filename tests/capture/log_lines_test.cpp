// What people look for in the log.
#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

nlohmann::json stored_with(const Host &host, std::uint64_t sequence, const std::string &key) {
  for (const std::string &line : host.lines_with("\"block stored\""))
    if (const auto stored = nlohmann::json::parse(line);
        stored["first"] <= sequence && stored["last"] >= sequence && stored["key"] == key)
      return stored;
  return {};
}

} // namespace

TEST_CASE("the first line says what runs where: version, server, filters and delivery, and no secret") {
  Server server("authorization { user: u, password: hunter2 }\n");
  const std::string place = server.url().substr(server.url().find("//") + 2);
  Client client("nats://u:hunter2@" + place);
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C",
                       {{"ack_wait", 3600'000'000'000}, {"filter_subject", "s.1"}, {"deliver_policy", "new"}});
  Host host("nats://u:hunter2@" + place);
  REQUIRE(host.run({"--once", "--log-format", "json"}) == 0);
  const std::vector<std::string> lines = host.lines_with("\"msg\":\"capturing\"");
  REQUIRE(lines.size() == 1);
  const auto first = nlohmann::json::parse(lines[0]);
  CHECK_FALSE(first["version"].get<std::string>().empty());
  CHECK(first["server"] == "test");
  CHECK_MESSAGE(first["server_version"].get<std::string>().starts_with("2."), first.dump());
  CHECK(first["url"] == "nats://" + place);
  CHECK(first["filters"] == "s.1");
  CHECK(first["delivery"] == "new");
  CHECK(host.output().find("hunter2") == std::string::npos);
}

TEST_CASE("of each stored block the log says key, interval, first and last time, why it ended, and its path once") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(30, over_three_subjects);
  Host host(server);
  REQUIRE(host.run({"--create-consumer", "--once", "--log-format", "json", "--max-messages", "6", "--decoder-opt",
                    "key=token:2"}) == 0);
  const std::vector<std::string> lines = host.lines_with("\"block stored\"");
  CHECK(lines.size() == 6);
  for (const std::string &line : lines) {
    const auto stored = nlohmann::json::parse(line);
    CAPTURE(line);
    const std::string interval = stored["interval"], first = stored["first_time"], last = stored["last_time"];
    CHECK(interval.substr(interval.size() - 4) == ":00Z");
    CHECK(interval.substr(0, 19) <= first.substr(0, 19));
    CHECK(first <= last);
    CHECK(stored["reason"] == (stored["messages"] == 6 ? "messages" : "once"));
    CHECK_FALSE(stored.contains("name"));
    CHECK_FALSE(stored.contains("location"));
    CHECK(std::filesystem::exists(stored["path"].get<std::string>()));
  }
  // Where is message 8? It has the subject s.1 and stands in one file of that key.
  const nlohmann::json stored = stored_with(host, 8, "1");
  REQUIRE(stored.is_object());
  CHECK(read_file(stored["path"].get<std::string>()).find("\"message 7\"") != std::string::npos);
}
