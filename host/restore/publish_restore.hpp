// Publishes the messages of a backup into a stream that exists, behind those that it has.
//
// Each message expects to be the next one of the stream behind the one before it, by its sequence and its id
// (Nats-Expected-Last-Sequence, Nats-Expected-Last-Msg-Id). So many are on their way at once, and one that is refused
// keeps all behind it from being stored; by the sequence alone a message of somebody else would take the place of one,
// and the next ones would be stored. It counts as confirmed only where it stands as expected. A run that ended goes on
// with the next one where it was: the last messages of the stream tell which ones of the backup they are, and which
// messages of it were chosen.
//
// nats.c writes headers with different names in an order of its own; their values, and the order of those with one
// name, are those of the backup.
#pragma once

#include "delivery/whole_message.hpp"
#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"
#include "restore/published_headers.hpp"
#include "restore/restore_error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace jetcapture::host {

struct PublishRequest {
  std::string stream;              // into which
  std::string original;            // the stream that was backed up
  std::string chosen = {};         // what chose some of its messages, as text of one line; empty: all
  std::string subject_prefix = {}; // what is put before each subject: "restored."
  double messages_per_second = 0;  // 0: as fast as it goes
  bool append = false;             // also behind messages that are not of this restore
};

struct PublishOutlook {
  std::uint64_t last_sequence = 0;                     // of the stream
  std::optional<OriginalMessage> published_up_to = {}; // of the backup, by an earlier run
};

struct PublishReport {
  std::uint64_t published = 0;
  std::uint64_t skipped = 0;       // published by an earlier run
  std::uint64_t last_sequence = 0; // of the stream
};

class PublishRestore {
public:
  // Connection and settings outlive it.
  PublishRestore(Connection &connection, const ConnectionSettings &settings, PublishRequest request);

  // Changes nothing. Throws StartupError with one sentence that names the fix; ApiError, NoAnswer.
  PublishOutlook check();
  // After check(). Throws RestoreError, NoAnswer: the next run goes on there; and what the messages throw.
  PublishReport publish(MessageSource &messages, const std::function<void(std::uint64_t)> &progress);

private:
  class Window;
  StreamState target_state();
  std::optional<OriginalMessage> original_of(std::uint64_t sequence);
  bool was_published(const WholeMessage &message) const;

  Connection &connection_;
  const ConnectionSettings &settings_;
  const PublishRequest request_;
  JetStream jetstream_;
  PublishOutlook outlook_;
};

} // namespace jetcapture::host
