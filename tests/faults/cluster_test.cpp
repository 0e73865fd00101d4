// Three servers and a stream with three replicas.
#include "capture/deliveries.hpp"
#include "support/cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t second = 1'000'000'000;

// A client of the cluster that asks again while there is no leader.
class Patient {
public:
  explicit Patient(const Cluster &cluster, Delivery delivery = Delivery::shared)
      : delivery_(delivery), client_(cluster.urls()) {
    client_.make_stream("S", {"s.>"}, {{"num_replicas", Cluster::size}});
    if (delivery_ == Delivery::ordered)
      return;
    ask("CONSUMER.DURABLE.CREATE.S.C", {{"stream_name", "S"},
                                        {"config",
                                         {{"durable_name", "C"},
                                          {"ack_policy", "explicit"},
                                          {"deliver_policy", "all"},
                                          {"ack_wait", 10 * second},
                                          {"max_ack_pending", 100000}}}});
  }

  nlohmann::json ask(const std::string &subject, const nlohmann::json &body = nullptr) {
    nlohmann::json answer;
    REQUIRE_MESSAGE(eventually(60s,
                               [&] {
                                 try {
                                   answer = client_.api(subject, body);
                                   return true;
                                 } catch (const std::runtime_error &) {
                                   return false;
                                 }
                               }),
                    subject);
    return answer;
  }
  // Until the stream has so many more.
  void publish(std::uint64_t count) {
    const std::uint64_t wanted = messages() + count;
    while (messages() < wanted)
      try {
        client_.publish(wanted - messages(), [](std::size_t i) {
          return Message{"s." + std::to_string(i % 3), "message " + std::to_string(i)};
        });
      } catch (const std::runtime_error &) {
        // Some were not taken for want of a leader.
      }
  }
  std::uint64_t messages() { return ask("STREAM.INFO.S")["state"]["messages"]; }
  // Acked, or, without acks, in files.
  bool all_stored(const Host &host) {
    return delivery_ == Delivery::ordered ? host.sequences().size() == messages() : all_acked();
  }
  bool all_acked() { return ask("CONSUMER.INFO.S.C")["ack_floor"]["stream_seq"] == messages(); }
  // Empty: each message of the stream is captured once.
  std::string not_captured_once(const Host &host) {
    const std::string report = not_each_once(host, messages(), [this](std::uint64_t sequence) {
      return ask("STREAM.MSG.GET.S", {{"seq", sequence}})["message"].dump();
    });
    if (report.empty())
      return "";
    const std::string stream = "stream " + ask("STREAM.INFO.S")["state"].dump();
    return report + stream +
           (delivery_ == Delivery::shared ? "\nconsumer " + ask("CONSUMER.INFO.S.C").dump() : std::string());
  }

private:
  const Delivery delivery_;
  Client client_;
};

const std::vector<std::string> flags = {"--max-age", "1s", "--max-messages", "500", "--window-messages", "1000"};

} // namespace

TEST_CASE("when the leader of a replicated stream is killed under load, each message is captured once") {
  Delivery delivery = Delivery::shared;
  std::string killed = "STREAM.INFO.S";
  SUBCASE("of the stream") {}
  SUBCASE("of the consumer") {
    killed = "CONSUMER.INFO.S.C";
  }
  SUBCASE("of the stream, with ordered delivery") {
    delivery = Delivery::ordered;
  }
  Cluster cluster;
  Patient client(cluster, delivery);
  client.publish(5000);
  Host host(cluster.urls());
  host.start(with_delivery(delivery, flags));
  REQUIRE(eventually(20s, [&] { return !host.files().empty(); }));
  const std::string leader = client.ask(killed)["cluster"]["leader"];
  cluster.kill(leader);
  client.publish(5000);
  cluster.start(leader);
  client.publish(1000);
  REQUIRE_MESSAGE(eventually(60s, [&] { return client.all_stored(host); }), host.output());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(client.not_captured_once(host) == "");
}

// nats-server 2.14 before 2.14.4 fails this now and then. What is left of a server's proposals when it ceases to lead
// the consumer is proposed when it leads again, behind a hole of those that were dropped (server/consumer.go,
// loopAndForwardProposals). What is in the hole is never sent, and counts as acked.
TEST_CASE("when stream and consumer get other leaders under load, each message is captured once") {
  const Delivery delivery = each_delivery();
  Cluster cluster;
  Patient client(cluster, delivery);
  Host host(cluster.urls());
  host.start(with_delivery(delivery, flags));
  for (int i = 0; i < 3; i++) {
    client.publish(3000);
    client.ask("STREAM.LEADER.STEPDOWN.S");
    client.publish(1000);
    if (delivery == Delivery::shared)
      client.ask("CONSUMER.LEADER.STEPDOWN.S.C");
  }
  client.publish(1000);
  REQUIRE_MESSAGE(eventually(60s, [&] { return client.all_stored(host); }), host.output());
  host.program().signal(SIGTERM);
  CHECK(host.program().wait(20s) == 0);
  CHECK(client.not_captured_once(host) == "");
}

TEST_CASE(
    "when one of two hosts is killed and stays away, the other captures what it held, and copies are only of that") {
  Cluster cluster;
  Patient client(cluster);
  Host killed(cluster.urls());
  Host other(cluster.urls());
  killed.start(flags);
  other.start(flags);
  // As long as it takes: the one that starts first may get all that there is.
  REQUIRE_MESSAGE(eventually(60s,
                             [&] {
                               client.publish(1000);
                               return !killed.files().empty() && !other.files().empty();
                             }),
                  killed.output(), other.output());
  client.publish(2000);
  killed.program().signal(SIGKILL);
  killed.program().wait(10s);
  client.publish(2000);
  REQUIRE_MESSAGE(eventually(60s, [&] { return client.all_acked(); }), other.output());
  other.program().signal(SIGTERM);
  CHECK(other.program().wait(20s) == 0);
  const auto by_killed = killed.sequences();
  const auto by_other = other.sequences();
  std::uint64_t copies = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t sequence = 1; sequence <= client.messages(); sequence++) {
    const auto times = by_killed.count(sequence) + by_other.count(sequence);
    copies += times > 1 ? 1 : 0;
    lost += times == 0 ? 1 : 0;
  }
  MESSAGE("copies of what the killed host had stored, and not acked: ", copies);
  CHECK(lost == 0);
  // At most the blocks that it was storing and acking: three keys of 500, twice.
  CHECK(copies <= 3000);
  const auto once = [](const auto &entry) { return entry.second == 1; };
  CHECK(std::all_of(by_killed.begin(), by_killed.end(), once));
  CHECK(std::all_of(by_other.begin(), by_other.end(), once));
}
