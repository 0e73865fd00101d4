// A stream that lost its end gives sequences to other messages: what the host knows of the first ones says nothing of
// these.
#include "faults/scene.hpp"
#include "faults/snapshot.hpp"
#include "support/holder.hpp"
#include "support/proxy.hpp"

#include <csignal>
#include <set>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> flags = {"--max-age", "1s", "--retry-min", "50ms", "--retry-max", "100ms"};

// A stream with the messages "kept 1" to "kept 5", all captured, and a snapshot of that.
struct Lossy {
  Lossy() {
    publish("kept");
    REQUIRE_MESSAGE(host.run(with({"--once"})) == 0, host.output());
    client.reset();
    server.stop();
    before = std::make_unique<Snapshot>(folder_of(server, "S"));
    start();
  }
  // Five messages, each with a subject and so a block of its own kind.
  void publish(const std::string &what) {
    client->publish(5, [&](std::size_t i) { return Message{"s." + what, what + " " + std::to_string(i)}; });
  }
  // The stream loses all since the snapshot, and gives the sequences 6 to 10 to "another".
  void lose_end() {
    client.reset();
    server.kill();
    before->put_back();
    start();
    publish("another");
    REQUIRE(client->api("STREAM.INFO.S")["state"]["last_seq"] == 10);
  }
  void start() {
    server.start();
    client = std::make_unique<Client>(server.url());
  }
  static std::vector<std::string> with(std::vector<std::string> more) {
    more.insert(more.begin(), flags.begin(), flags.end());
    return more;
  }
  void all_captured_once() const {
    std::multiset<std::string> captured;
    for (const Line &line : host.lines())
      captured.insert(line["data"].get<std::string>());
    std::multiset<std::string> published;
    for (const std::string what : {"kept ", "forgotten ", "another "})
      for (int i = 1; i <= 5; i++)
        published.insert(what + std::to_string(i));
    for (const std::string &data : published)
      CHECK_MESSAGE(captured.count(data) == 1, data);
    CHECK(captured.size() == published.size());
  }

  Server server;
  std::unique_ptr<Client> client = [this] {
    auto made = std::make_unique<Client>(server.url());
    made->make_stream("S", {"s.>"});
    made->make_consumer("S", "C", {{"ack_wait", 4'000'000'000}});
    return made;
  }();
  Proxy proxy{server.url()};
  Host host{proxy.url()};
  std::unique_ptr<Snapshot> before;
};

} // namespace

TEST_CASE(
    "acks of a block that was stored before the stream lost its end do not ack what the stream gave those sequences "
    "to") {
  Lossy lossy;
  SUBCASE("between two runs") {
    lossy.publish("forgotten");
    lossy.host.binary = JETCAPTURE_FAULTS_BINARY;
    lossy.host.environment["JETCAPTURE_FAULT_POINT"] = "after-journal:1";
    REQUIRE_MESSAGE(lossy.host.run(Lossy::with({"--once"})) == 128 + SIGKILL, lossy.host.output());
    lossy.host.environment["JETCAPTURE_FAULT_POINT"] = "";
    lossy.host.binary = JETCAPTURE_BINARY;
    REQUIRE(lossy.host.lines().size() == 10);
    lossy.lose_end();
    // They are in flight when the host starts: what it acks is acked.
    const Holder other(lossy.server.url(), "S", "C", 5);
  }
  SUBCASE("while the host runs") {
    // The block is stored while the host has no connection: its acks can go out only once the sequences are those of
    // other messages.
    auto in_the_way = std::make_unique<InTheWay>(lossy.host, "s.forgotten");
    const InTheWay others(lossy.host, "s.another");
    lossy.publish("forgotten");
    lossy.host.start(flags);
    REQUIRE(eventually(20s, [&] { return !lossy.host.lines_with("someone has to act").empty(); }));
    lossy.proxy.cut();
    in_the_way.reset();
    REQUIRE_MESSAGE(eventually(20s, [&] { return lossy.host.lines().size() == 10; }), lossy.host.output());
    lossy.lose_end();
    lossy.proxy.go_on();
    REQUIRE_MESSAGE(eventually(30s,
                               [&] {
                                 const auto consumer = lossy.client->consumer("S", "C");
                                 return consumer["delivered"]["stream_seq"] == 10 && consumer["num_pending"] == 0;
                               }),
                    lossy.host.output());
    // None of the others is stored: none may be acked, whatever the host sends.
    pass(3s);
    const auto consumer = lossy.client->consumer("S", "C");
    CHECK_MESSAGE(consumer["num_ack_pending"] == 5, consumer.dump(), lossy.host.output());
    CHECK_MESSAGE(consumer["ack_floor"]["stream_seq"] == 5, consumer.dump());
    lossy.host.program().signal(SIGKILL);
    lossy.host.program().wait(10s);
  }
  REQUIRE_MESSAGE(lossy.host.run(Lossy::with({"--once"})) == 0, lossy.host.output());
  lossy.all_captured_once();
}
