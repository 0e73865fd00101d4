// Which sequences a stream has, and what comes beside its messages.
#include "nats/stream_sequences.hpp"

#include "host/nats/fake_api.hpp"
#include "support/sequences.hpp"
#include "support/server.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;

namespace {

std::vector<std::uint64_t> listed(const Server &server, const std::string &api_prefix, const SequenceRequest &request) {
  Log log(Level::error, LogFormat::text, 2);
  ConnectionSettings settings;
  settings.servers = {server.url()};
  settings.js_api_prefix = api_prefix;
  Connection connection(settings, "test", log);
  JetStream jetstream(connection, settings);
  std::vector<std::uint64_t> sequences;
  list_sequences(connection, jetstream, "", request, [&](std::uint64_t sequence) { sequences.push_back(sequence); });
  return sequences;
}

// A pull request to the consumer L of the stream S.
FakeAnswer pulled(const std::string &request) {
  return {request, "$JS.API.CONSUMER.MSG.NEXT.S.L"};
}

} // namespace

TEST_CASE("a status that answers a request for messages is no message of the stream") {
  const Server server;
  Client client(server.url());
  client.make_stream("S", {"s"});
  client.make_consumer("S", "L", {{"ack_policy", "none"}});
  client.publish(10, [](std::size_t) { return Message{"s", std::string(100, 'x')}; });
  const FakeAnswer made = {R"({"name":"L","num_pending":10})"};
  const FakeAnswer deleted = {R"({"success":true})"};
  // The server ends the second pull with a status, behind some messages.
  const FakeApi api(server, "FAKE.>",
                    {{made},
                     {{"NATS/1.0 404 No Messages\r\n\r\n"}},
                     {deleted},
                     {made},
                     {pulled(R"({"batch":100,"max_bytes":1000,"expires":2000000000})")},
                     {pulled(R"({"batch":100,"expires":2000000000})")},
                     {deleted}});
  CHECK(listed(server, "FAKE", {.stream = "S", .filter_subjects = {}, .first = 1, .last = 20}) == from_to(1, 10));
  CHECK(api.requests() == 7);
}

TEST_CASE("the sequences of a stream end with its last message, though later ones were asked for") {
  const Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(10, [](std::size_t i) { return Message{"s." + std::to_string(i % 2), ""}; });
  for (const int deleted : {3, 9, 10})
    client.api("STREAM.MSG.DELETE.S", {{"seq", deleted}});
  CHECK(listed(server, "", {.stream = "S", .filter_subjects = {}, .first = 2, .last = 1000}) ==
        std::vector<std::uint64_t>{2, 4, 5, 6, 7, 8});
  CHECK(listed(server, "", {.stream = "S", .filter_subjects = {"s.0"}, .first = 2, .last = 1000}) ==
        std::vector<std::uint64_t>{2, 4, 6, 8});
  CHECK(listed(server, "", {.stream = "S", .filter_subjects = {}, .first = 9, .last = 10}).empty());
}
