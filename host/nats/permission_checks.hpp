// Whether the NATS user may do all that a capture does, proven by doing it in a way that changes nothing.
#pragma once

#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"

#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// consumer: as bind_consumer() gave it; that has proven the permission to ask for stream and consumer. Throws
// StartupError with one sentence that names each subject that is missing. warnings: of what a capture can do without.
void check_permissions(Connection &pull_connection, Connection &ack_connection, JetStream &jetstream,
                       const ConsumerFacts &consumer, const Settings &settings, std::vector<std::string> &warnings);

// The same for ordered delivery, with a consumer that is deleted at once. stream: as bind_ordered() gave it.
void check_ordered_permissions(Connection &pulls, Connection &asks, JetStream &jetstream, const ConsumerFacts &stream,
                               const Settings &settings, std::vector<std::string> &warnings);

} // namespace jetcapture::host
