// Tests of what both kinds of delivery promise run with the one and with the other.
#pragma once

#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::test {

enum class Delivery { shared, ordered };

inline constexpr Delivery both_deliveries[] = {Delivery::shared, Delivery::ordered};

inline std::string to_string(Delivery delivery) {
  return delivery == Delivery::ordered ? "ordered" : "shared";
}

// The rest of the test case runs once with each. One that has subcases of its own nests them in a loop over
// both_deliveries: of two groups of subcases side by side doctest enters one at a time.
inline Delivery each_delivery() {
  Delivery delivery = Delivery::shared;
  SUBCASE("shared delivery") {}
  SUBCASE("ordered delivery") {
    delivery = Delivery::ordered;
  }
  return delivery;
}

// The flags of a host with that delivery.
inline std::vector<std::string> with_delivery(Delivery delivery, std::vector<std::string> flags) {
  if (delivery == Delivery::ordered)
    flags.insert(flags.end(), {"--delivery", "ordered", "--takeover-after", "2s"});
  return flags;
}

// The consumer C of stream S, which hosts with shared delivery have. more: of its settings.
inline void make_consumer_for(Delivery delivery, Client &client,
                              const nlohmann::json &more = nlohmann::json::object()) {
  if (delivery == Delivery::shared)
    client.make_consumer("S", "C", more);
}

// Whether the first so many messages of stream S are stored: acked, or, without acks, in files.
inline bool has_stored(Delivery delivery, Client &client, const Host &host, std::uint64_t count) {
  if (delivery == Delivery::shared)
    return client.consumer("S", "C")["ack_floor"]["stream_seq"] == count;
  return host.sequences().size() == count;
}

// No message waits for an ack.
inline bool has_nothing_pending(Delivery delivery, Client &client) {
  return delivery == Delivery::ordered || client.consumer("S", "C")["num_ack_pending"] == 0;
}

} // namespace jetcapture::test
