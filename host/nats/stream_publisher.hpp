// Publishes notifications to a subject that a stream listens on: each is confirmed by the stream.
#pragma once

#include "delivery/publisher.hpp"
#include "nats/connection.hpp"
#include "nats/jetstream.hpp"

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <vector>

namespace jetcapture::host {

struct Settings;

// Proves, without leaving a message behind, that the subject may be published to and that a stream takes it which is
// not the captured one. Throws StartupError with one sentence that names the fix. warnings: what could not be told now;
// with --check that is an error.
void check_notify_subject(Connection &connection, JetStream &jetstream, const Settings &settings,
                          std::vector<std::string> &warnings);

class StreamPublisher final : public Publisher {
public:
  // The connection outlives it. settings: its notify_subject, stream and inbox prefix.
  StreamPublisher(Connection &connection, const Settings &settings);

  // Nats-Msg-Id is the id, so that a stream drops what is published again within its duplicate window.
  Outcome publish(std::span<const Notification> notifications) override;

private:
  std::string refusal(const nlohmann::json &answer) const;

  Connection &connection_;
  const std::string subject_;
  const std::string captured_stream_;
  const std::string inbox_prefix_;
};

} // namespace jetcapture::host
