// What a consumer has to be like, as pure functions over what the server says of it: refusals and warnings, each one sentence.
#pragma once

#include "delivery/delivery.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace jetcapture::host {

// How long a message may be held before the server gives it to somebody else: ack_wait, or the smallest backoff.
std::chrono::nanoseconds effective_ack_wait(const nlohmann::json &config);

// How long a message can be held: the age of its block, and some time to store it.
std::chrono::nanoseconds longest_hold(const Settings &settings);

// What the consumer of that CONSUMER.INFO brings of its stream.
Delivery::Coverage coverage_of(const nlohmann::json &consumer);

// consumer, stream: the answers of CONSUMER.INFO and STREAM.INFO. Throws StartupError with one sentence that names the fix; returns
// warnings, a sentence each.
std::vector<std::string> check_consumer(const nlohmann::json &consumer, const nlohmann::json &stream,
                                        const Settings &settings);

// The configuration of a consumer that --create-consumer makes.
nlohmann::json consumer_config(const Settings &settings, const nlohmann::json &stream);

} // namespace jetcapture::host
