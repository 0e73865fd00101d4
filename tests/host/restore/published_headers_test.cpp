#include "restore/published_headers.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;

namespace {

Headers headers_of(std::string_view block) {
  return published_headers({17, 1'700'000'000'000'000'001, "orders.eu", block, ""}, {"ORDERS"});
}

} // namespace

TEST_CASE("a published message has its own headers and tells where it is from") {
  CHECK((headers_of("NATS/1.0\r\nB: 2\r\nA: 1\r\nB: \r\n\r\n") ==
         Headers{{"B", "2"},
                 {"A", "1"},
                 {"B", ""},
                 {"Jetcapture-Stream", "ORDERS"},
                 {"Jetcapture-Sequence", "17"},
                 {"Jetcapture-Timestamp", "2023-11-14T22:13:20.000000001Z"}}));
  CHECK(headers_of("").size() == 3);
}

TEST_CASE("headers that would act once more have another name") {
  for (const char *name : {"Rollup", "Msg-Id", "Expected-Last-Sequence", "Expected-Stream", "TTL", "Schedule",
                           "Schedule-Target", "Batch-Id", "Incr"})
    CHECK((headers_of("NATS/1.0\r\nNats-" + std::string(name) + ": x\r\n\r\n").front() ==
           std::pair<std::string, std::string>{"Jetcapture-Was-" + std::string(name), "x"}));
  CHECK(headers_of("NATS/1.0\r\nnats-ttl: x\r\n\r\n").front().first == "Jetcapture-Was-ttl");
  CHECK(headers_of("NATS/1.0\r\nJetcapture-Sequence: 1\r\n\r\n").front().first == "Jetcapture-Was-Jetcapture-Sequence");
  for (const char *name : {"Nats-Rollups", "Nats-Custom", "Msg-Id", "Traceparent"})
    CHECK(headers_of("NATS/1.0\r\n" + std::string(name) + ": x\r\n\r\n").front().first == name);
}

TEST_CASE("a published message tells what it was and one of another origin does not") {
  const auto block = [](const std::string &sequence, const std::string &more = "") {
    return "NATS/1.0\r\nJetcapture-Stream: ORDERS\r\nJetcapture-Sequence: " + sequence +
           "\r\nJetcapture-Timestamp: 2023-11-14T22:13:20.000000001Z\r\n" + more + "\r\n";
  };
  const OriginalMessage message = {17, 1'700'000'000'000'000'001};
  CHECK(original_message(block("17"), {"ORDERS"}) == message);
  CHECK(!original_message(block("17"), {"OTHERS"}));
  CHECK(!original_message("", {"ORDERS"}));
  CHECK(!original_message(block("x"), {"ORDERS"}));
  CHECK(!original_message(block("-1"), {"ORDERS"}));
  const std::string chosen = R"({"subject":"orders.eu"})";
  const std::string some = block("17", "Jetcapture-Chosen: " + chosen + "\r\n");
  CHECK(original_message(some, {"ORDERS", chosen}) == message);
  CHECK(!original_message(some, {"ORDERS"}));
  CHECK(!original_message(block("17"), {"ORDERS", chosen}));
}
