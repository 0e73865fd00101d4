// What a consumer has to be like, as pure functions over what the server says of it: refusals and warnings, each one
// sentence.
//
// Refusals are StartupErrors that name the fix.
#pragma once

#include "delivery/delivery.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct Settings;

// The settings of a consumer that may be edited while it is captured; the host follows them.
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

// Which messages of its stream the consumer delivers.
Delivery::Coverage coverage_of(const nlohmann::json &consumer);

// "s.a, s.b", or "none".
std::string subjects_text(const std::vector<std::string> &subjects);

// How long a message can be in flight: the age of its block, and some time to store it.
std::chrono::nanoseconds longest_in_flight(const Settings &settings);

// Before anything is pulled: returns warnings, a sentence each.
std::vector<std::string> check_consumer(const nlohmann::json &consumer, const nlohmann::json &stream,
                                        const Settings &settings);

// The subjects that a consumer of that configuration filters, sorted; none: it delivers all.
std::vector<std::string> filters_of(const nlohmann::json &config);

// Whether a subject can match both: two subjects with or without wildcards.
bool may_match_the_same(std::string_view left, std::string_view right);
// A warning for each filter that matches no subject of the stream. None where it takes messages from another one, or
// changes their subjects.
std::vector<std::string> filter_warnings(const std::vector<std::string> &filters, const nlohmann::json &stream);

// Up to which sequence all messages of a stream are stored that an earlier consumer of that name and those filters
// delivered. 0: nothing is known.
struct SafeSequence {
  std::string stream_created; // as in ConsumerFacts
  std::uint64_t sequence = 0;
};

// Where a consumer that is created begins, after what is safe: a sequence of the stream, or 0 for its first message.
std::uint64_t start_after(const SafeSequence &safe, const nlohmann::json &stream, std::vector<std::string> &warnings);

// At the start and after each edit: refuses a configuration that would lose messages, or never deliver them.
void check_configuration(const nlohmann::json &consumer, const Settings &settings);
// Warnings about a consumer that can be captured all the same, from its configuration and that of its stream.
std::vector<std::string> configuration_warnings(const nlohmann::json &consumer, const nlohmann::json &stream,
                                                const Settings &settings);
// A warning where the stream may discard messages before they are stored, by its limits and by how fast it fills; else
// empty.
std::string discard_warning(const nlohmann::json &consumer, const nlohmann::json &stream, const Settings &settings);

// The configuration of a consumer that --create-consumer creates.
nlohmann::json consumer_config(const Settings &settings, const nlohmann::json &stream);

} // namespace jetcapture::host
