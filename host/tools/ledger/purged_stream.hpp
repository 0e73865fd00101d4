// The stream that is to be purged, and who reads it: its consumers, and the streams that copy it.
//
// One thread. What asks the server throws ApiError, NoAnswer.
#pragma once

#include "audit/purge_plan.hpp"
#include "log/log.hpp"
#include "nats/connection.hpp"
#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class PurgedStream {
public:
  // Asks for the stream. Throws StartupError: the stream or the consumer is not given, or the stream can't be purged.
  PurgedStream(const Settings &settings, Log &log);

  // When it was looked at first.
  const StreamState &state() const { return state_; }
  // By the server's clock; nullopt: servers before 2.10 do not tell.
  std::optional<std::int64_t> server_time() const { return server_time_; }
  // Of the capture's consumer, after consumer_bounds().
  const std::vector<std::string> &filters() const { return filters_; }

  // The capture has ordered delivery, and no consumer: it has recorded all up to that floor.
  void is_ordered(std::uint64_t floor) { floor_ = floor; }
  // How far each of its consumers lets it be purged: up to its ack floor, or with filters to before the first message
  // above it that they let through. Throws StartupError: the capture's consumer is not among them.
  std::vector<PurgeBound> consumer_bounds();
  // How far a stream that copies it lets it be purged. Throws StartupError: it is not here, or copies another one.
  PurgeBound bound_behind(const std::string &copy);

  SameMessage compare(const StoredMessage &message);
  // See PurgeQuestion::present.
  std::vector<std::uint64_t> present(const std::string &filter, const std::vector<SequenceRun> &within);

  // Why it may not be purged as planned after all, looked at now; empty: it may.
  std::string changed_since(const PurgePlan &plan);
  // How many messages were removed: those up to last that the filter lets through; empty: all.
  std::uint64_t purge(std::uint64_t last, const std::string &filter);

private:
  PurgeBound bound_of(const nlohmann::json &consumer);

  const Settings &settings_;
  const ConnectionSettings where_;
  Connection connection_;
  JetStream jetstream_;
  StreamState state_;
  std::optional<std::int64_t> server_time_;
  std::vector<std::string> filters_;
  std::optional<std::uint64_t> floor_; // with ordered delivery
};

} // namespace jetcapture::host
