// What ordered delivery gives when the server, the network or somebody else gets in its way.
#include "ordered_reading.hpp"

#include "support/cluster.hpp"
#include "support/proxy.hpp"

#include <doctest/doctest.h>

#include <filesystem>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

Settings small_window() {
  Settings settings;
  settings.window_messages = 500;
  return settings;
}

bool has(const std::string &text, const char *part) {
  return text.find(part) != std::string::npos;
}

std::size_t count_of(const std::string &text, const std::string &part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    count++;
  return count;
}

struct Broken {
  Server server;
  Client client{server.url()};

  Broken() { client.make_stream("S", {"s.>"}); }
  void publish(std::size_t count) {
    client.publish(count, [](std::size_t i) { return Message{"s.0", "message " + std::to_string(i)}; });
  }
  std::string consumer() { return OrderedReading::consumers(client).at(0); }
  // Takes the next messages away from the reader, which never sees them. Once.
  void steal(std::size_t count) {
    REQUIRE(natsConnection_ConnectTo(&connection_, server.url().c_str()) == NATS_OK);
    REQUIRE(natsConnection_SubscribeSync(&subscription_, connection_, "thief") == NATS_OK);
    const std::string subject = "$JS.API.CONSUMER.MSG.NEXT.S." + consumer();
    const std::string body = nlohmann::json({{"batch", count}}).dump();
    REQUIRE(natsConnection_PublishRequest(connection_, subject.c_str(), "thief", body.data(),
                                          static_cast<int>(body.size())) == NATS_OK);
    REQUIRE(natsConnection_Flush(connection_) == NATS_OK);
  }
  // Whether the thief has got one.
  bool stolen() {
    natsMsg *message = nullptr;
    const bool came = natsSubscription_NextMsg(&message, subscription_, 5000) == NATS_OK;
    natsMsg_Destroy(message);
    return came;
  }
  ~Broken() {
    // First the connection: its reading thread may still use the subscription (host/nats/subscription.hpp).
    natsConnection_Destroy(connection_);
    natsSubscription_Destroy(subscription_);
  }

private:
  natsConnection *connection_ = nullptr;
  natsSubscription *subscription_ = nullptr;
};

} // namespace

TEST_CASE("when somebody deletes the consumer, ordered delivery goes on where it was") {
  Broken broken;
  broken.publish(20'000);
  OrderedReading reader(broken.server.url(), small_window());
  for (std::uint64_t until = 3000; until <= 15'000; until += 3000) {
    REQUIRE_MESSAGE(reader.read_up_to(until), reader.log());
    broken.client.api("CONSUMER.DELETE.S." + broken.consumer());
  }
  REQUIRE_MESSAGE(reader.read_up_to(20'000), reader.log());
  CHECK(reader.sequences() == from_to(1, 20'000));
  // Three lines a minute, whatever happens.
  CHECK(count_of(reader.log(), "reading goes on with a new consumer") >= 3);
  CHECK(count_of(reader.log(), "a consumer was made") == 6);
  CHECK(reader.delivery().vitals().trouble == "");
}

TEST_CASE("when the consumer is deleted while the stream is quiet, what is published later comes") {
  Broken broken;
  broken.publish(10);
  OrderedReading reader(broken.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
  broken.client.api("CONSUMER.DELETE.S." + broken.consumer());
  broken.publish(10);
  REQUIRE_MESSAGE(reader.read_up_to(20), reader.log());
  CHECK(reader.sequences() == from_to(1, 20));
}

TEST_CASE("when the server is restarted, ordered delivery goes on where it was") {
  Broken broken;
  broken.publish(30'000);
  OrderedReading reader(broken.server.url(), small_window());
  REQUIRE_MESSAGE(reader.read_up_to(5000), reader.log());
  broken.server.stop();
  broken.server.start();
  REQUIRE_MESSAGE(reader.read_up_to(15'000), reader.log());
  broken.server.kill();
  broken.server.start();
  REQUIRE_MESSAGE(reader.read_up_to(30'000), reader.log());
  CHECK(reader.sequences() == from_to(1, 30'000));
}

TEST_CASE("when the connection is cut again and again, ordered delivery gives each message once") {
  Broken broken;
  broken.publish(30'000);
  Proxy proxy(broken.server.url());
  OrderedReading reader(proxy.url(), small_window());
  for (std::uint64_t until = 3000; until <= 15'000; until += 3000) {
    REQUIRE_MESSAGE(reader.read_up_to(until), reader.log());
    proxy.cut();
    CHECK(eventually(5s, [&] { return !reader.delivery().vitals().connected; }));
    proxy.go_on();
  }
  REQUIRE_MESSAGE(reader.read_up_to(30'000), reader.log());
  CHECK(reader.sequences() == from_to(1, 30'000));
}

TEST_CASE("when the network stands still for some seconds, ordered delivery gives each message once") {
  Broken broken;
  broken.publish(20'000);
  Proxy proxy(broken.server.url());
  OrderedReading reader(proxy.url(), small_window());
  REQUIRE_MESSAGE(reader.read_up_to(5000), reader.log());
  proxy.stall();
  reader.read_up_to(20'000, 4s);
  proxy.go_on();
  REQUIRE_MESSAGE(reader.read_up_to(20'000), reader.log());
  CHECK(reader.sequences() == from_to(1, 20'000));
}

TEST_CASE("messages that were lost on their way are read again") {
  Broken broken;
  broken.publish(10);
  OrderedReading reader(broken.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
  broken.steal(50);
  broken.publish(1000);
  CHECK(broken.stolen());
  REQUIRE_MESSAGE(reader.read_up_to(1010), reader.log());
  CHECK(reader.sequences() == from_to(1, 1010));
  CHECK_MESSAGE(has(reader.log(), "reason=\"messages were lost on their way\""), reader.log());
}

TEST_CASE("the last messages, lost on their way with nothing behind them, are read again") {
  Broken broken;
  broken.publish(10);
  OrderedReading reader(broken.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
  // Requests are served in turns: of two messages the thief gets one.
  broken.steal(2);
  broken.publish(2);
  CHECK(broken.stolen());
  REQUIRE_MESSAGE(reader.read_up_to(12, 20s), reader.log());
  CHECK(reader.sequences() == from_to(1, 12));
  CHECK_MESSAGE(has(reader.log(), "lost on their way"), reader.log());
}

TEST_CASE("when nothing was pulled for longer than the server keeps the consumer, ordered delivery goes on") {
  Broken broken;
  broken.publish(5000);
  OrderedReading reader(broken.server.url(), small_window(), 0, 1s);
  REQUIRE_MESSAGE(reader.read_up_to(600), reader.log());
  CHECK(eventually(40s, [&] { return OrderedReading::consumers(broken.client).empty(); }));
  const auto progress = reader.delivery().progress(5s);
  REQUIRE(progress);
  CHECK(progress->delivered_sequence >= 600);
  CHECK(progress->delivered_sequence + progress->not_delivered == 5000);
  REQUIRE_MESSAGE(reader.read_up_to(5000), reader.log());
  CHECK(reader.sequences() == from_to(1, 5000));
}

TEST_CASE("a stream that is edited to remove what is delivered ends ordered delivery with the fix") {
  Broken broken;
  broken.publish(10);
  OrderedReading reader(broken.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
  try {
    broken.client.api("STREAM.UPDATE.S", {{"name", "S"}, {"subjects", {"s.>"}}, {"retention", "interest"}});
  } catch (const std::runtime_error &) {
    return; // nats-server 2.9 permits no such edit
  }
  reader.delivery().progress(5s);
  const std::string sentence = reader.failure();
  CHECK_MESSAGE(has(sentence, "another retention than limits"), sentence);
}

TEST_CASE("a stream that is deleted ends ordered delivery with the fix") {
  Broken broken;
  broken.publish(10);
  OrderedReading reader(broken.server.url());
  REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
  broken.client.api("STREAM.DELETE.S");
  const std::string sentence = reader.failure();
  CHECK_MESSAGE(has(sentence, "the stream S is gone"), sentence);
  CHECK(has(sentence, "restart jetcapture"));
}

TEST_CASE("a stream that is recreated ends ordered delivery with the fix, however many messages it has") {
  for (const std::size_t count : {0, 50}) {
    CAPTURE(count);
    Broken broken;
    broken.publish(10);
    OrderedReading reader(broken.server.url());
    REQUIRE_MESSAGE(reader.read_up_to(10), reader.log());
    broken.client.api("STREAM.DELETE.S");
    broken.client.make_stream("S", {"s.>"});
    broken.publish(count);
    const std::string sentence = reader.failure();
    CHECK_MESSAGE(has(sentence, "the stream S was deleted and recreated"), sentence);
    CHECK(reader.sequences() == from_to(1, 10));
  }
}

TEST_CASE(
    "a stream that has lost its last messages ends ordered delivery, also when it has given their sequences away") {
  for (const std::size_t published_again : {0, 50}) {
    CAPTURE(published_again);
    Broken broken;
    broken.publish(10);
    broken.server.stop();
    const std::filesystem::path store = broken.server.folder() / "jetstream";
    const std::filesystem::path copy = broken.server.folder() / "copy";
    std::filesystem::copy(store, copy, std::filesystem::copy_options::recursive);
    broken.server.start();
    broken.publish(10);
    OrderedReading reader(broken.server.url());
    REQUIRE_MESSAGE(reader.read_up_to(20), reader.log());
    broken.server.stop();
    std::filesystem::remove_all(store);
    std::filesystem::copy(copy, store, std::filesystem::copy_options::recursive);
    broken.server.start();
    broken.publish(published_again);
    const std::string sentence = reader.failure();
    CHECK_MESSAGE(has(sentence, "the stream S has lost its last messages: it does not have sequence 20"), sentence);
    CHECK(reader.sequences() == from_to(1, 20));
  }
}

TEST_CASE("when a replicated stream gets other leaders under load, ordered delivery gives each message once") {
  Cluster cluster;
  Client client(cluster.urls());
  client.make_stream("S", {"s.>"}, {{"num_replicas", Cluster::size}});
  const auto ask = [&](const std::string &subject) {
    nlohmann::json answer;
    REQUIRE_MESSAGE(eventually(60s,
                               [&] {
                                 try {
                                   answer = client.api(subject);
                                   return true;
                                 } catch (const std::runtime_error &) {
                                   return false;
                                 }
                               }),
                    subject);
    return answer;
  };
  const auto messages = [&]() -> std::uint64_t { return ask("STREAM.INFO.S")["state"]["messages"]; };
  const auto publish = [&](std::uint64_t count) {
    const std::uint64_t wanted = messages() + count;
    while (messages() < wanted)
      try {
        client.publish(wanted - messages(), [](std::size_t) { return Message{"s.0", "x"}; });
      } catch (const std::runtime_error &) {
        // Some were not taken for want of a leader.
      }
  };
  publish(5000);
  OrderedReading reader(cluster.urls(), small_window());
  REQUIRE_MESSAGE(reader.read_up_to(1000), reader.log());
  SUBCASE("by stepping down") {
    for (int i = 0; i < 3; i++) {
      ask("STREAM.LEADER.STEPDOWN.S");
      publish(1000);
      REQUIRE_MESSAGE(reader.read_up_to(reader.sequences().back() + 1000), reader.log());
    }
  }
  SUBCASE("by the death of its server") {
    const std::string leader = ask("STREAM.INFO.S")["cluster"]["leader"];
    cluster.kill(leader);
    publish(1000);
    REQUIRE_MESSAGE(reader.read_up_to(reader.sequences().back() + 1000), reader.log());
    cluster.start(leader);
    publish(1000);
  }
  SUBCASE("by the death of the consumer's server") {
    const std::string name = ask("CONSUMER.NAMES.S")["consumers"][0];
    const std::string leader = ask("CONSUMER.INFO.S." + name)["cluster"]["leader"];
    cluster.kill(leader);
    publish(1000);
    REQUIRE_MESSAGE(reader.read_up_to(reader.sequences().back() + 1000), reader.log());
    cluster.start(leader);
    publish(1000);
  }
  const std::uint64_t last = ask("STREAM.INFO.S")["state"]["last_seq"];
  REQUIRE_MESSAGE(reader.read_up_to(last), reader.log());
  CHECK(reader.sequences() == from_to(1, last));
}
