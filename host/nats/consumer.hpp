// The durable consumer that is captured: found or created, checked, and asked for its state.
//
// The checks and their reasons are those of the JetStream server (server/consumer.go) and ADR-13.
#pragma once

#include "nats/consumer_checks.hpp"
#include "nats/jetstream.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Whether two creation times are of one consumer. A restart of the server moves it a little: until then it is the
// moment in memory, after it the one that was written to the disk (tried: 0.15 ms apart on nats-server 2.9.10).
bool same_consumer(std::int64_t created, std::int64_t other_created);

// A consumer as an earlier run knew it.
struct KnownConsumer {
  std::int64_t created = 0;    // nanoseconds since 1970
  std::uint64_t delivered = 0; // a sequence of the stream that it had delivered; 0: not known
};

// What stays the same while the consumer lives.
struct ConsumerFacts {
  std::string stream = {};
  std::string consumer = {};
  std::string stream_created = {};   // RFC 3339, as the server gives it: identity of the stream
  std::int64_t consumer_created = 0; // nanoseconds since 1970; see same_consumer()
  std::int64_t server_time = 0;      // as in ConsumerState, when it was bound
  Delivery::Coverage coverage = {};
  std::string deliver_policy = {};        // as the server names it: "all"
  ConsumerSettings settings = {};         // at the start
  std::uint64_t delivered_sequence = 0;   // of the stream, when it was bound
  std::uint64_t ack_floor_sequence = 0;   // all messages up to it were acked then
  std::uint64_t begins_at = 0;            // it delivers nothing before that one; 0: not known, it has delivered before
  std::uint64_t start_sequence = 0;       // created here to begin at that one; 0: at the first message
  std::vector<std::string> warnings = {}; // of its configuration, when it was bound
};

// Whether it is that consumer and no later one of its name, beyond doubt: for what --capture-again captures once more.
// Times that are nearly the same say nothing, since a consumer can be recreated at once; one that has delivered as much
// goes on. A consumer in doubt (the server restarted, which moved the time, and lost what it had delivered) counts as
// another one: its messages are captured again rather than not.
bool surely_same_consumer(const KnownConsumer &earlier, const ConsumerFacts &now);

// What changes.
struct ConsumerState {
  std::uint64_t delivered_stream_sequence = 0;
  std::uint64_t delivered_consumer_sequence = 0;
  std::uint64_t ack_floor_stream_sequence = 0;
  std::uint64_t pending = 0;     // in the stream, not yet delivered
  std::uint64_t ack_pending = 0; // delivered, not yet acked
  std::int64_t created = 0;      // nanoseconds since 1970
  std::int64_t server_time = 0;  // the same, of the answer; 0: servers before 2.10 do not tell
};

struct StreamState {
  std::string created;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t messages = 0;
  bool keeps_acked = true;          // its retention is by limits
  bool replaces = false;            // a newer message may remove older ones of its subject
  std::int64_t first_timestamp = 0; // nanoseconds since 1970; 0: there is no message
  std::int64_t last_timestamp = 0;  // the same; 0: there was no message yet
};

// Binds to settings.consumer on settings.stream, or creates it with --create-consumer where it does not exist, and
// checks it. A consumer that it creates begins after what is safe. warnings: one sentence each, for the log. Throws
// StartupError with one sentence that names the fix.
ConsumerFacts bind_consumer(JetStream &jetstream, const Settings &settings, const SafeSequence &safe,
                            std::vector<std::string> &warnings);

// The steps of that which do not depend on the kind of consumer. A name is a token of an API subject: with a dot, a
// space or a wildcard it would be another subject. Throw StartupError; existing_stream() also NoAnswer.
void check_name(const std::string &name, const char *flag);
nlohmann::json existing_stream(JetStream &jetstream, const std::string &stream); // an answer of STREAM.INFO

// The configuration of the stream, or of one of its consumers, as JSON.
struct ServerConfiguration {
  std::string of; // "stream", "consumer"
  std::string name;
  std::string json;
};
// Of the stream and of that consumer ("": of none). [any-thread] [may block] Throws ApiError, NoAnswer.
std::vector<ServerConfiguration> configurations_of(JetStream &jetstream, const std::string &stream,
                                                   const std::string &consumer);
// Of all its consumers, which needs a permission of its own. The same.
std::vector<ServerConfiguration> configurations_of_consumers(JetStream &jetstream, const std::string &stream);

// The answers of CONSUMER.INFO and STREAM.INFO. [any-thread] [may block] Throw ApiError, NoAnswer.
nlohmann::json consumer_info(JetStream &jetstream, const std::string &stream, const std::string &consumer,
                             std::chrono::milliseconds timeout = std::chrono::seconds(5));
nlohmann::json stream_info(JetStream &jetstream, const std::string &stream,
                           std::chrono::milliseconds timeout = std::chrono::seconds(5));
// What stands in them.
ConsumerState consumer_state(const nlohmann::json &info);
StreamState stream_state(const nlohmann::json &info);
struct MessageTime {
  std::uint64_t sequence = 0;
  std::int64_t timestamp = 0; // nanoseconds since 1970
};
// The newest message that the stream has at or before that sequence; nullopt: it has none there. Where it is newer than
// one that was read with that sequence, the stream has lost its end and gave the sequences once more. Several requests
// where it has none at the sequence itself.
std::optional<MessageTime> newest_up_to(JetStream &jetstream, const std::string &stream, std::uint64_t sequence);
// Of the message that the stream has at that sequence, nanoseconds since 1970; nullopt: it has none there.
std::optional<std::int64_t> timestamp_of(JetStream &jetstream, const std::string &stream, std::uint64_t sequence);

// [may block] The first sequence from that one on of which the stream has a message, of one of the filters where there
// are any; nullopt: there is none. Throws NoAnswer.
std::optional<std::uint64_t> next_sequence(JetStream &jetstream, const std::string &stream,
                                           const std::vector<std::string> &filters, std::uint64_t from);

} // namespace jetcapture::host
