// A pull consumer without acks that ends with the object: in memory, one replica, under a name that nobody else has.
#pragma once

#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace jetcapture::host {

// Of the server, which deletes it after so long without a pull request.
constexpr std::chrono::nanoseconds usual_inactive_threshold = std::chrono::minutes(5);

// As a sequence: of what comes from then on. The server has nothing to count.
constexpr std::uint64_t end_of_stream = INT64_MAX;

// A name that no other consumer has.
std::string one_time_name(const std::string &capture);

struct EphemeralRequest {
  std::string stream;
  std::string capture; // part of the name
  std::vector<std::string> filters = {};
  // Where it begins: at a time (RFC 3339) or, without one, at a sequence.
  std::uint64_t first_sequence = 1;
  std::string first_time = {};
  std::chrono::nanoseconds inactive_threshold = usual_inactive_threshold;
  std::chrono::milliseconds timeout = std::chrono::seconds(5); // of making it
};

class EphemeralConsumer {
public:
  // [may block] creates: makes it there, deletes: ends it, without waiting for an answer. Throws ApiError, NoAnswer.
  EphemeralConsumer(JetStream &creates, JetStream &deletes, const EphemeralRequest &request);
  ~EphemeralConsumer();
  EphemeralConsumer(const EphemeralConsumer &) = delete;
  EphemeralConsumer &operator=(const EphemeralConsumer &) = delete;

  const std::string &name() const { return name_; }
  // As the server has made it: its limits apply.
  const ConsumerSettings &settings() const { return settings_; }
  // What it was like when it was made: where it begins, and how much it will deliver.
  const ConsumerState &state() const { return state_; }
  const std::vector<std::string> &filters() const { return filters_; }

private:
  void send_delete();

  JetStream &deletes_;
  const std::string stream_;
  const std::string name_;
  ConsumerSettings settings_;
  ConsumerState state_;
  std::vector<std::string> filters_;
};

} // namespace jetcapture::host
