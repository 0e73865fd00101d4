#include "capture/watched_host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sstream>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Message order(std::size_t i) {
  return {"orders." + std::to_string(i % 3), R"({"id":)" + std::to_string(i) + "}"};
}

} // namespace

TEST_CASE("the metrics of a capture that is done add up") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(3000, order);
  WatchedHost host(server);
  host.start_watched({"--create-consumer", "--max-messages", "500", "--max-age", "2s"});
  REQUIRE(eventually(30s, [&] { return host.metric("jetcapture_acks_confirmed_total") == 3000; }));
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_safe_sequence") == 3000; }));
  CHECK(host.metric("jetcapture_messages_total") == 3000);
  CHECK(host.metric("jetcapture_rows_total") == 3000);
  std::size_t bytes = 0;
  for (std::size_t i = 1; i <= 3000; i++)
    bytes += order(i).data.size();
  CHECK(host.metric("jetcapture_message_bytes_total") == static_cast<double>(bytes));
  CHECK(host.metric("jetcapture_stored_bytes_total") == static_cast<double>(host.text().size()));
  CHECK(host.metric("jetcapture_blocks_stored_total") == static_cast<double>(host.files().size()));
  CHECK(host.metric("jetcapture_store_duration_seconds_count") == static_cast<double>(host.files().size()));
  // Six blocks, and more where an interval ended meanwhile.
  const double by_messages = host.metric(R"(jetcapture_blocks_sealed_total{reason="messages"})");
  const double by_time = host.metric(R"(jetcapture_blocks_sealed_total{reason="age"})") +
                         host.metric(R"(jetcapture_blocks_sealed_total{reason="interval"})");
  CHECK(by_messages >= 3);
  CHECK(by_messages + by_time == static_cast<double>(host.files().size()));
  CHECK(host.metric("jetcapture_in_flight_messages") == 0);
  CHECK(host.metric("jetcapture_acks_outstanding") == 0);
  CHECK(host.metric("jetcapture_consumer_lag_messages") == 0);
  CHECK(host.metric("jetcapture_consumer_lag_seconds") == 0);
  CHECK(eventually(5s, [&] { return host.metric("jetcapture_oldest_unstored_age_seconds") == 0; }));
  for (const char *state : {"open", "sealed", "storing", "acking"})
    CHECK(host.metric(std::string("jetcapture_blocks{state=\"") + state + "\"}") == 0);
  CHECK(host.metric("jetcapture_connected") == 1);
  CHECK(host.metric("jetcapture_pulls_total") >= 1);
  CHECK(host.metric("jetcapture_journal_bytes") > 0);
  CHECK(host.metric("process_cpu_seconds_total") > 0);
}

TEST_CASE("what is held and not stored shows: messages, blocks, budget, age") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 1000}});
  client.publish(300, order);
  WatchedHost host(server);
  host.start_watched();
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_in_flight_messages") == 300; }));
  CHECK(host.metric(R"(jetcapture_blocks{state="open"})") == 3);
  CHECK(host.metric("jetcapture_ack_pending_limit") == 1000);
  CHECK(host.metric("jetcapture_ack_budget_ratio") == 0.3);
  CHECK(host.metric("jetcapture_memory_bytes") > 0);
  CHECK(host.metric("jetcapture_safe_sequence") == 0);
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_oldest_unstored_age_seconds") > 2; }));
  const double age = host.metric("jetcapture_oldest_unstored_age_seconds");
  CHECK(age < 60);
  CHECK(eventually(5s, [&] { return host.metric("jetcapture_oldest_unstored_age_seconds") > age; }));
}

TEST_CASE("what no host gets, since the ack budget is used up, shows as lag") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 10}});
  client.publish(100, order);
  WatchedHost host(server);
  host.environment["JETCAPTURE_PLUGIN_PATH"] = JETCAPTURE_HARD_PLUGINS ":" JETCAPTURE_PLUGINS;
  host.start_watched({"--store-opt", "root=" + host.root(), "--store-opt", "failures=1000", "--store-opt", "how=hang"},
                     {"message", "raw", "moody"});
  REQUIRE(eventually(20s, [&] { return host.metric("jetcapture_in_flight_messages") == 10; }));
  CHECK(eventually(10s, [&] { return host.metric("jetcapture_consumer_lag_messages") == 90; }));
  CHECK(host.metric("jetcapture_ack_budget_ratio") == 1);
  CHECK(eventually(10s, [&] { return host.metric("jetcapture_consumer_lag_seconds") > 1; }));
  CHECK(host.metric("jetcapture_oldest_unstored_age_seconds") >= host.metric("jetcapture_consumer_lag_seconds"));
  CHECK(host.metric("jetcapture_safe_sequence") == 0);
}

TEST_CASE("what can't be decoded, and what the decoder does not want, is counted") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  client.publish(90, [](std::size_t i) { return Message{"orders.a", i % 3 == 0 ? "broken" : "{\"id\":1}"}; });
  WatchedHost host(server);
  host.start_watched({"--create-consumer", "--max-age", "1s"}, {"json", "csv", "file"});
  REQUIRE(eventually(30s, [&] { return host.metric("jetcapture_acks_confirmed_total") == 90; }));
  CHECK(host.metric("jetcapture_decode_errors_total") == 30);
  CHECK(host.metric("jetcapture_quarantined_messages_total") == 30);
  CHECK(host.metric("jetcapture_terminated_messages_total") == 0);
  CHECK(host.metric("jetcapture_messages_total") == 90);
}

TEST_CASE("the README's table and /metrics name the same metrics, of the same types") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  WatchedHost host(server);
  host.start_watched({"--create-consumer"});
  std::set<std::string> served;
  std::istringstream lines(host.metrics());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE "))
      served.insert(line.substr(7));
  std::set<std::string> written;
  std::istringstream readme(read_file(SOURCE_FOLDER "/README.md"));
  for (std::string line; std::getline(readme, line);) {
    const bool of_verify = line.starts_with("| `jetcapture_verify_"); // which serves none
    if ((line.starts_with("| `jetcapture_") && !of_verify) || line.starts_with("| `process_")) {
      const std::string name = line.substr(3, line.find_first_of("{`", 3) - 3);
      const std::size_t type = line.find("` | ") + 4;
      written.insert(name + " " + line.substr(type, line.find(' ', type) - type));
    }
  }
  CHECK(served.size() > 40);
  CHECK(served == written);
}

TEST_CASE("promtool finds nothing to say about the metrics") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"orders.>"});
  WatchedHost host(server);
  host.start_watched({"--create-consumer"});
  const std::string file = host.folder() / "metrics";
  write_file(file, host.metrics());
  Program promtool({"sh", "-c", "promtool check metrics < " + file}, host.folder() / "promtool");
  CHECK(promtool.wait(30s) == 0);
  CHECK(promtool.output() == "");
}
