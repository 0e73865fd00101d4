// A backup against the stream that it is of: each message that is acked is recorded in a manifest.
//
// Bound first, before the manifests are read: what is acked then is stored by then.
#pragma once

#include "audit/store_check.hpp"
#include "log/log.hpp"
#include "nats/connection.hpp"
#include "nats/jetstream.hpp"
#include "settings/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class AgainstStream {
public:
  // Asks for the stream and its consumer. Throws StartupError: they are not given, or can't be asked for.
  AgainstStream(const Settings &settings, Log &log);

  // Adds what is missing, or could not be told, to the findings. From which to which sequence it looked; nullopt: the
  // stream or its consumer is gone, which is a finding.
  std::optional<SequenceRun> compare(StoreCheck &check);

  // Whether messages of the object are not acked, or still in the stream, so that they come again or can be had there.
  // Throws ApiError, NoAnswer.
  bool may_still_come(const OnlyCopy &copy);

  // The capture does not read, or at some time did not read, all messages.
  bool is_filtered() const;
  // After compare(): the capture has ordered delivery, without a consumer and acks.
  bool is_ordered() const { return is_ordered_; }

private:
  void read_consumer();
  void read_ordered(StoreCheck &check);
  void look_for_lost_end(const OrderedReach &captured, StoreCheck &check);
  SequenceRun look(StoreCheck &check);
  // What of the stream is in no manifest.
  struct Unrecorded {
    std::vector<SequenceRun> missing; // the stream has it
    std::vector<SequenceRun> gone;    // it has it not
  };
  void look(const FilteredRange &range, const std::vector<SequenceRun> &unrecorded, Unrecorded &found);

  const Settings &settings_;
  const ConnectionSettings where_;
  Connection connection_;
  JetStream jetstream_;
  bool has_stream_ = false;
  std::string gone_; // what is not there: "has no consumer C any more"; empty: both are
  std::string created_;
  std::uint64_t stream_first_ = 0;
  std::uint64_t first_ = 0; // of what the consumer delivers, as far as it says
  std::uint64_t last_ = 0;  // all messages of the consumer up to it are acked, or, without acks, stored and recorded
  bool is_ordered_ = false;
  std::vector<FilteredRange> ranges_;
};

} // namespace jetcapture::host
