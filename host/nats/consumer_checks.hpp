// What a consumer has to be like, as pure functions over what the server says of it: refusals and warnings, each one
// sentence.
//
// Refusals are StartupErrors that name the fix.
#pragma once

#include "delivery/delivery.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

// What of a consumer can be edited while it is captured, and is obeyed.
struct ConsumerSettings {
  std::chrono::nanoseconds
      ack_wait{}; // or the smallest backoff: how long a message may be in flight before it is redelivered
  std::int64_t max_ack_pending = -1; // -1: no limit
  // Of one pull request; 0: no limit.
  std::int64_t max_batch = 0;
  std::chrono::nanoseconds max_expires{};
  std::int64_t max_bytes = 0;
  std::string paused_until = {}; // as the server writes it; empty: not paused

  friend bool operator==(const ConsumerSettings &, const ConsumerSettings &) = default;
};

// In what follows, consumer and stream are the answers of CONSUMER.INFO and STREAM.INFO.
ConsumerSettings settings_of(const nlohmann::json &consumer);

// What the consumer brings of its stream.
Delivery::Coverage coverage_of(const nlohmann::json &consumer);

// "s.a, s.b", or "none".
std::string joined(const std::vector<std::string> &texts);

// How long a message can be in flight: the age of its block, and some time to store it.
std::chrono::nanoseconds longest_hold(const Settings &settings);

// Before anything is pulled: returns warnings, a sentence each.
std::vector<std::string> check_consumer(const nlohmann::json &consumer, const nlohmann::json &stream,
                                        const Settings &settings);

// The subjects that a consumer of that configuration filters, sorted; none: it delivers all.
std::vector<std::string> filters_of(const nlohmann::json &config);

// What an earlier consumer of that name and those filters has brought to safety on a stream: all up to a sequence. 0:
// nothing is known.
struct SafeSequence {
  std::string stream_created; // as in ConsumerFacts
  std::uint64_t sequence = 0;
};

// Where a consumer that is created begins, behind what is safe: a sequence of the stream, or 0 for its first message.
std::uint64_t start_behind(const SafeSequence &safe, const nlohmann::json &stream, std::vector<std::string> &warnings);

// What also has to hold later: refuses a configuration that would lose messages, or never bring them.
void check_configuration(const nlohmann::json &consumer, const Settings &settings);
// Warnings of a consumer that can be captured all the same: they follow from how it and its stream are configured.
std::vector<std::string> doubts(const nlohmann::json &consumer, const nlohmann::json &stream, const Settings &settings);
// A warning where the stream discards messages before they are sure to be stored, which also follows from how fast it
// fills; else empty.
std::string discard_doubt(const nlohmann::json &consumer, const nlohmann::json &stream, const Settings &settings);

// The configuration of a consumer that --create-consumer makes.
nlohmann::json consumer_config(const Settings &settings, const nlohmann::json &stream);

} // namespace jetcapture::host
