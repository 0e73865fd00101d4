// What a consumer has to be like, as pure functions over what the server says of it: refusals and warnings, each one sentence.
#pragma once

#include "nats/consumer.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

// How long a message may be held before the server gives it to somebody else: ack_wait, or the smallest backoff.
std::chrono::nanoseconds effective_ack_wait(const nlohmann::json &config);

// How long a message can be held: the age of its block, and some time to store it.
std::chrono::nanoseconds longest_hold(const Settings &settings);

// consumer, stream: the answers of CONSUMER.INFO and STREAM.INFO. Throws StartupError with one sentence that names the fix; returns
// warnings, a sentence each.
std::vector<std::string> check_consumer(const nlohmann::json &consumer, const nlohmann::json &stream,
                                        const Settings &settings);

// The subjects that a consumer of that configuration filters, sorted; none: it delivers all.
std::vector<std::string> filters_of(const nlohmann::json &config);

// Where a consumer that is created begins, behind what is safe: a sequence of the stream, or 0 for its first message.
std::uint64_t start_behind(const SafeSequence &safe, const nlohmann::json &stream, std::vector<std::string> &warnings);

// The configuration of a consumer that --create-consumer makes.
nlohmann::json consumer_config(const Settings &settings, const nlohmann::json &stream);

} // namespace jetcapture::host
