#include "nats/ephemeral_consumer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <random>
#include <utility>

namespace jetcapture::host {

namespace {

using nlohmann::json;

json config_of(const EphemeralRequest &request, const std::string &name) {
  json config = {{"name", name},
                 {"description", "jetcapture, ordered delivery"},
                 {"ack_policy", "none"},
                 {"replay_policy", "instant"},
                 {"mem_storage", true},
                 {"num_replicas", 1},
                 {"inactive_threshold", request.inactive_threshold.count()}};
  if (request.first_time.empty()) {
    config["deliver_policy"] = "by_start_sequence";
    config["opt_start_seq"] = request.first_sequence;
  } else {
    config["deliver_policy"] = "by_start_time";
    config["opt_start_time"] = request.first_time;
  }
  if (request.filters.size() == 1)
    config["filter_subject"] = request.filters.front();
  if (request.filters.size() > 1)
    config["filter_subjects"] = request.filters;
  return config;
}

} // namespace

std::string one_time_name(const std::string &capture) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08x", static_cast<unsigned>(std::random_device{}()));
  return "jetcapture-" + capture + "-" + digits;
}

EphemeralConsumer::EphemeralConsumer(JetStream &creates, JetStream &deletes, const EphemeralRequest &request)
    : deletes_(deletes), stream_(request.stream), name_(one_time_name(request.capture)) {
  // The server takes one filter only with a subject that has it, too (server/jetstream_api.go).
  const std::string filter = request.filters.size() == 1 ? "." + request.filters.front() : "";
  const json body = {{"stream_name", stream_}, {"config", config_of(request, name_)}};
  const json made = [&] {
    try {
      return creates.request("CONSUMER.CREATE." + stream_ + "." + name_ + filter, body.dump(), request.timeout);
    } catch (const NoAnswer &error) {
      // It may be there all the same.
      if (error.reason == Unanswered::lost)
        send_delete();
      throw;
    }
  }();
  settings_ = settings_of(made);
  state_ = consumer_state(made);
  filters_ = filters_of(made.at("config"));
}

EphemeralConsumer::~EphemeralConsumer() {
  send_delete();
}

void EphemeralConsumer::send_delete() {
  deletes_.send("CONSUMER.DELETE." + stream_ + "." + name_);
}

} // namespace jetcapture::host
