#include "capture/watched_host.hpp"

#include "support/holder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

struct Capturing {
  Server server;
  Client client{server.url()};
  WatchedHost host{server};
  Capturing() { client.make_stream("S", {"orders.>"}); }
  void publish(std::size_t count) {
    client.publish(count, [](std::size_t i) { return Message{"orders.a", std::to_string(i)}; });
  }
  // A file where the folder of the blocks should be: that holds for root too.
  void block_store() { write_file(host.root() + "/orders.a", "in the way"); }
  void free_store() { std::filesystem::remove(host.root() + "/orders.a"); }
  bool becomes_ready() {
    return eventually(20s, [&] { return host.ready_status() == 200; });
  }
  // True once it is not ready, and a reason has that text.
  bool becomes_unready(const std::string &reason) {
    return eventually(20s, [&] {
      const HttpResponse answer = http_get(host.address(), "/readyz");
      return answer.status == 503 && answer.body.find(reason) != std::string::npos;
    });
  }
};

} // namespace

TEST_CASE("a store that is down, and works again, shows in readiness and in the metrics") {
  Capturing capturing;
  capturing.host.start_watched({"--create-consumer", "--max-age", "1s", "--retry-min", "50ms", "--retry-max", "200ms"});
  REQUIRE(capturing.becomes_ready());
  capturing.block_store();
  capturing.publish(10);
  CHECK(capturing.becomes_unready("the store "));
  const auto ready = capturing.host.ready();
  CHECK(ready["checks"]["store_working"] == false);
  CHECK(ready["checks"]["connected"] == true);
  CHECK(capturing.host.metric("jetcapture_store_failing") == 1);
  CHECK(capturing.host.metric("jetcapture_store_retries_total") >= 1);
  CHECK(http_get(capturing.host.address(), "/healthz").status == 200);
  capturing.free_store();
  CHECK(capturing.becomes_ready());
  CHECK(eventually(20s, [&] { return capturing.host.metric("jetcapture_acks_confirmed_total") == 10; }));
  CHECK(capturing.host.metric("jetcapture_store_failing") == 0);
}

TEST_CASE("a spool that fills up while the store hangs is warned of, in the log and on the page") {
  Capturing capturing;
  WatchedHost &host = capturing.host;
  host.environment["JETCAPTURE_PLUGIN_PATH"] = JETCAPTURE_HARD_PLUGINS ":" JETCAPTURE_PLUGINS;
  host.start_watched({"--create-consumer", "--memory-limit", "1MiB", "--spool-limit", "4MiB", "--max-bytes", "256KiB",
                      "--store-opt", "root=" + host.root(), "--store-opt", "failures=1000", "--store-opt", "how=hang"},
                     {"message", "raw", "moody"});
  capturing.client.publish(1000, [](std::size_t) { return Message{"orders.a", std::string(10000, 'x')}; });
  CHECK(eventually(20s, [&] { return host.lines_with("the spool is nearly full").size() == 1; }));
  CHECK(host.metric("jetcapture_spool_bytes") > 0.8 * (4 << 20));
  CHECK(host.metric("jetcapture_spool_limit_bytes") == 4 << 20);
  CHECK(http_get(host.address(), "/").body.find("the spool is nearly full") != std::string::npos);
}

TEST_CASE("a lost connection shows in readiness, and its return too") {
  Capturing capturing;
  capturing.host.start_watched({"--create-consumer"});
  REQUIRE(capturing.becomes_ready());
  capturing.server.stop();
  CHECK(capturing.becomes_unready("not connected to NATS"));
  CHECK(capturing.host.metric("jetcapture_connected") == 0);
  CHECK(http_get(capturing.host.address(), "/healthz").status == 200);
  capturing.server.start();
  CHECK(capturing.becomes_ready());
  CHECK(capturing.host.metric("jetcapture_reconnects_total") >= 1);
  CHECK(capturing.host.metric("jetcapture_connected") == 1);
}

TEST_CASE("what another client holds is told as not known to be stored, until it is acked") {
  Capturing capturing;
  capturing.client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}, {"max_ack_pending", 1000}});
  capturing.publish(300);
  Holder other(capturing.server.url(), "S", "C", 50);
  WatchedHost &host = capturing.host;
  host.start_watched({"--max-age", "1s"});
  const auto elsewhere = [&] { return host.metric("jetcapture_unstored_elsewhere_messages"); };
  CHECK(eventually(20s, [&] { return elsewhere() == 50; }));
  CHECK(host.metric("jetcapture_safe_sequence{covers=\"all\"}") == 0);
  const auto ready = host.ready();
  CHECK(ready["ready"] == true);
  CHECK(ready["notes"].dump().find("50 messages are in flight at other hosts or of earlier runs") != std::string::npos);
  CHECK(http_get(host.address(), "/").body.find("\"unstored_elsewhere\":50") != std::string::npos);
  other.ack();
  CHECK(eventually(20s, [&] { return elsewhere() == 0; }));
  CHECK(eventually(20s, [&] { return host.metric("jetcapture_safe_sequence") == 300; }));
  CHECK(host.ready()["notes"].empty());
}

TEST_CASE("of a consumer that filters, metrics and page tell what the safe sequence is said of") {
  Capturing capturing;
  capturing.client.make_consumer("S", "C", {{"filter_subject", "orders.b"}, {"ack_wait", 3600'000'000'000}});
  capturing.publish(10);
  capturing.client.publish(5, [](std::size_t i) { return Message{"orders.b", std::to_string(i)}; });
  WatchedHost &host = capturing.host;
  host.start_watched({"--max-age", "1s"});
  CHECK(eventually(20s, [&] { return host.metric("jetcapture_safe_sequence{covers=\"orders.b\"}") == 15; }));
  CHECK(http_get(host.address(), "/").body.find("\"safe_sequence_covers\":\"orders.b\"") != std::string::npos);
  CHECK(host.ready()["notes"].empty());
}

TEST_CASE("a capture that drains says so until it ends") {
  Capturing capturing;
  Host &host = capturing.host;
  capturing.host.start_watched({"--create-consumer", "--drain-timeout", "30s", "--retry-max", "500ms"});
  capturing.publish(10);
  REQUIRE(eventually(20s, [&] { return capturing.host.metric("jetcapture_in_flight_messages") == 10; }));
  capturing.block_store();
  host.program().signal(SIGTERM);
  CHECK(capturing.becomes_unready("ending"));
  capturing.free_store();
  CHECK(host.program().wait(30s) == 0);
}
