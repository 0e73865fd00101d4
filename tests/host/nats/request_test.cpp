// Requests that meet a stream or consumer between two leaders.
#include "host/nats/fake_api.hpp"
#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"
#include "nats/permission_checks.hpp"
#include "settings/error.hpp"
#include "settings/settings.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <future>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

ConnectionSettings to(const Server &server) {
  ConnectionSettings settings;
  settings.servers = {server.url()};
  return settings;
}

struct Asker {
  explicit Asker(const Server &server) : settings(to(server)), connection(settings, "test", log) {
    settings.js_api_prefix = "FAKE";
  }
  Log log{Level::error, LogFormat::text, 2};
  ConnectionSettings settings;
  Connection connection;
};

} // namespace

TEST_CASE("a question that nobody answers is asked again, since its stream may be getting another leader") {
  Server server;
  FakeApi api(server, "FAKE.>", {{}, {{R"({"state":{"last_seq":7}})"}}});
  Asker asker(server);
  JetStream jetstream(asker.connection, asker.settings);
  CHECK(stream_state(stream_info(jetstream, "S")).last_sequence == 7);
  CHECK(api.requests() == 2);
}

TEST_CASE("a question that meets a cluster without a leader is asked again") {
  Server server;
  const std::string not_available = R"({"error":{"code":503,"err_code":10008,"description":"not available"}})";
  FakeApi api(server, "FAKE.>", {{{not_available}}, {{R"({"state":{"last_seq":7}})"}}});
  Asker asker(server);
  JetStream jetstream(asker.connection, asker.settings);
  CHECK(stream_state(stream_info(jetstream, "S")).last_sequence == 7);
}

TEST_CASE("a request that changes something is sent once, though nobody answers it") {
  Server server;
  FakeApi api(server, "FAKE.>", {});
  Asker asker(server);
  JetStream jetstream(asker.connection, asker.settings);
  CHECK_THROWS_AS(jetstream.request("CONSUMER.DELETE.S.C", "", 1500ms), NoAnswer);
  CHECK(api.requests() == 1);
}

TEST_CASE("a consumer that has no leader for a moment at the start is waited for, and one that nobody has is refused") {
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s"});
  const FakeApi pulls(server, "$JS.API.CONSUMER.MSG.NEXT.S.C", {{{"{}"}}});
  Asker asker(server);
  JetStream jetstream(asker.connection, to(server));
  Settings settings;
  settings.connection = to(server);
  const ConsumerFacts consumer = {.stream = "S", .consumer = "C", .consumer_created = 1};
  std::vector<std::string> warnings;
  const auto check = [&] {
    check_permissions(asker.connection, asker.connection, jetstream, consumer, settings, warnings);
  };
  SUBCASE("waited for") {
    auto checked = std::async(std::launch::async, check);
    pass(300ms); // without anybody who takes acks
    client.make_consumer("S", "C");
    CHECK_NOTHROW(checked.get());
  }
  SUBCASE("refused") {
    CHECK_THROWS_AS(check(), StartupError);
  }
}
