// What --check --create-consumer asks of a consumer that a run would create.
#include "nats/connection.hpp"
#include "nats/jetstream.hpp"
#include "nats/permission_checks.hpp"
#include "settings/settings.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <cstdint>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

std::uint64_t sent(Connection &connection) {
  natsStatistics *counts = nullptr;
  std::uint64_t in = 0, bytes_in = 0, out = 0, bytes_out = 0, reconnects = 0;
  REQUIRE(natsStatistics_Create(&counts) == NATS_OK);
  REQUIRE(natsConnection_GetStats(connection.get(), counts) == NATS_OK);
  natsStatistics_GetCounts(counts, &in, &bytes_in, &out, &bytes_out, &reconnects);
  natsStatistics_Destroy(counts);
  return out;
}

} // namespace

TEST_CASE("nobody waits for the leader of a consumer that a run would create") {
  const Server server;
  Client(server.url()).make_stream("S", {"s.>"});
  Settings settings;
  settings.connection.servers = {server.url()};
  settings.check = true;
  Log log(Level::error, LogFormat::text, 2);
  Connection pulls(settings.connection, "pull", log);
  Connection acks(settings.connection, "ack", log);
  JetStream jetstream(acks, settings.connection);
  ConsumerFacts consumer;
  consumer.stream = "S";
  consumer.consumer = "C";
  std::vector<std::string> warnings;
  check_permissions(pulls, acks, jetstream, consumer, settings, warnings);
  CHECK(warnings.empty());
  // A server before 2.10 says nothing to a pull for it, and is asked each second.
  CHECK(sent(pulls) < 10);
  CHECK(sent(acks) < 20);
}
