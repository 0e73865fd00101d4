// The stream of ordered delivery: found, checked, and asked where a new capture begins.
#pragma once

#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Checks settings.stream and the settings that ordered delivery has no use for. settings.consumer is the name of the
// capture: no consumer of that name is made or looked for. A missing permission is left to check_ordered_permissions().
// first_sequence of the coverage is where a new capture begins, where the settings tell it. warnings: one sentence
// each, for the log. Throws StartupError with one sentence that names the fix.
ConsumerFacts bind_ordered(JetStream &jetstream, const Settings &settings, std::vector<std::string> &warnings);

// The sequence after which a new capture begins, by --start-sequence or --start-time: 0 without either, the last of the
// stream where nothing is as late as that time. Throws StartupError.
std::uint64_t start_of_capture(JetStream &jetstream, const Settings &settings);

} // namespace jetcapture::host
