// A stream of five days, captured and lost, and brought back as it was at a moment.
#include "host/restore/restored_stream.hpp"
#include "log/time_text.hpp"
#include "support/program.hpp"
#include "support/server.hpp"
#include "tools/round_trip.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using nlohmann::json;

namespace {

constexpr std::int64_t hour = 3'600'000'000'000;
constexpr std::int64_t begin = 1'764'000'000'000'000'000; // 2025-11-24T16:00:00Z
constexpr std::int64_t length = 5 * 24 * hour;

// Some 25 messages an hour, some at the same time, with gaps, of three regions.
std::vector<StoredMessage> five_days() {
  std::mt19937_64 random(7);
  std::vector<StoredMessage> messages;
  std::uint64_t sequence = 100;
  for (std::int64_t time = begin; time < begin + length;) {
    sequence += 1 + (random() % 20 == 0 ? random() % 5 : 0);
    const std::string number = std::to_string(messages.size());
    messages.push_back({sequence, time, "orders." + std::string(1, "abc"[random() % 3]),
                        random() % 2 == 0 ? "NATS/1.0\r\nNumber: " + number + "\r\n\r\n" : "",
                        std::string(random() % 300, 'x') + number});
    if (random() % 10 != 0)
      time += static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(hour / 12));
  }
  return messages;
}

// Those from before that moment.
std::vector<StoredMessage> before(const std::vector<StoredMessage> &messages, std::int64_t moment) {
  std::vector<StoredMessage> earlier;
  for (const StoredMessage &message : messages)
    if (message.timestamp < moment)
      earlier.push_back(message);
  return earlier;
}

// A moment between two messages, or the very one of a message.
std::int64_t moment_of(const std::vector<StoredMessage> &messages, unsigned seed) {
  std::mt19937_64 random(seed);
  if (seed % 2 == 0)
    return messages[1 + random() % (messages.size() - 1)].timestamp;
  return begin + 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(length));
}

// The stream ORDERS of five days, as a server has it whose clock was real then, captured hour by hour and deleted.
class LostStream {
public:
  LostStream() {
    Restoring(server.url(), {.target = {.stream = "ORDERS"}, .configuration = configuration_of()}).run(messages);
    backup.capture("ndjson", {"--max-age", "1h"});
    backup.capture(); // a run writes down what the one before has acked
    client.api("STREAM.DELETE.ORDERS");
  }

  const std::vector<StoredMessage> messages = five_days();
  Server server;
  Client client{server.url()};
  RoundTrip backup{server, "ORDERS"};
};

} // namespace

TEST_CASE("a stream of days comes back as it was at any moment, with nothing of what came later") {
  LostStream lost;
  for (unsigned seed = 1; seed <= 6; seed++) {
    CAPTURE(seed);
    const std::int64_t moment = moment_of(lost.messages, seed);
    CAPTURE(time_text(moment));
    const std::vector<StoredMessage> expected = before(lost.messages, moment);
    REQUIRE(!expected.empty());
    const ToolRun run = lost.backup.restore_exactly({"--to", time_text(moment)});
    CHECK_MESSAGE(run.status == 0, run.err);
    CHECK(differences(lost.client, "ORDERS", expected).empty());
    CHECK(lost.client.api("STREAM.INFO.ORDERS").at("state").at("last_seq") == expected.back().sequence);
    // Whoever read the stream to its end goes on with what comes now.
    CHECK(lost.client.consumer("ORDERS", "backup").at("num_pending") == 0);
    CHECK(published(lost.client, "ORDERS", "orders.more") == expected.back().sequence + 1);
    CHECK(eventually(std::chrono::seconds(5),
                     [&] { return lost.client.consumer("ORDERS", "backup").at("num_pending") == 1; }));
    lost.client.api("STREAM.DELETE.ORDERS");
  }
}

TEST_CASE("some hours of a stream of days come back alone") {
  LostStream lost;
  const std::int64_t from = begin + 30 * hour + 1, to = begin + 53 * hour;
  std::vector<StoredMessage> expected = before(lost.messages, to);
  expected.erase(expected.begin(), expected.begin() + std::ssize(before(lost.messages, from)));
  const ToolRun run = lost.backup.restore_exactly({"--from", time_text(from), "--to", time_text(to)});
  CHECK_MESSAGE(run.status == 0, run.err);
  CHECK(expected.size() > 100);
  CHECK(differences(lost.client, "ORDERS", expected).empty());
}
