// Makes a stream from a backup, with the sequences and the times that its messages had: as an archive that the server
// restores a stream from ($JS.API.STREAM.RESTORE).
//
// In this order, so that a run may end at any moment:
//   1. check()    changes nothing: server, name, subjects, space, permissions, what an earlier run has left
//   2. restore()  removes what an earlier run of this program has left, and nothing else; sends the messages; waits for
//                 the server; compares all messages of the stream; waits for its replicas; makes the stream live;
//                 makes its consumers
// Until all messages are proven the stream listens on a private subject and has no limits (restore_mark.hpp).
//
// One thread. Calls may block for as long as it takes.
#pragma once

#include "blocks/sha256.hpp"
#include "delivery/whole_message.hpp"
#include "log/log.hpp"
#include "nats/jetstream.hpp"
#include "nats/subscription.hpp"
#include "restore/restore_error.hpp"
#include "restore/restored_configuration.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::host {

struct RestoredConsumer {
  std::string name;
  std::string configuration;        // JSON, as the server gave it
  std::uint64_t start_sequence = 0; // of the first message that it had not acked; 0: not known
};

struct ExactRestoreRequest {
  RestoreTarget target;
  std::string configuration; // of the stream that was backed up: JSON, as the server gave it
  std::vector<RestoredConsumer> consumers = {};
  std::uint64_t last_sequence = 0; // of that stream, as far as the backup knows; 0: that of its last message
  std::uint64_t bytes = 0;         // about what its messages take; 0: not known
  bool any_server = false;         // also on a server that this was not tried on
};

// What check() has found.
struct RestoreOutlook {
  std::string server;                // its version
  bool has_leftover = false;         // an earlier run did not end: its stream is removed first
  std::vector<std::string> warnings; // a sentence each
};

struct RestoreReport {
  RestoredMessages messages;
  std::uint64_t first_sequence = 0; // of the stream
  std::uint64_t last_sequence = 0;
  std::vector<std::string> left_out;  // of the configuration, a sentence each
  std::vector<std::string> consumers; // that were made
  std::vector<std::string> warnings;
};

class ExactRestore {
public:
  // A pass over all messages of the backup; it is asked for once more where they can't be read from the stream at
  // once, or are not what they were.
  using OpenMessages = std::function<std::unique_ptr<MessageSource>()>;
  // what: "messages sent", "messages compared".
  using Progress = std::function<void(std::string_view what, std::uint64_t messages)>;

  // Connection, settings and log outlive it.
  ExactRestore(Connection &connection, const ConnectionSettings &settings, ExactRestoreRequest request, Log &log);
  ~ExactRestore();

  // Throws StartupError with one sentence that names the fix, and NoAnswer.
  RestoreOutlook check();
  // After check(). Throws RestoreError, ApiError, NoAnswer: then the stream is not live, and the next run removes what
  // there is of it; and what the messages throw.
  RestoreReport restore(const OpenMessages &open, const Progress &progress);

private:
  struct Sent {
    RestoredMessages messages;
    std::uint64_t last_message = 0;  // its sequence
    std::uint64_t largest_gap = 0;   // sequences without a message, the end included
    std::uint64_t last_sequence = 0; // of the stream
    Sha256 digest{};
  };
  void check_server(RestoreOutlook &outlook);
  void check_name(RestoreOutlook &outlook);
  void check_bucket(RestoreOutlook &outlook) const;
  void check_subjects();
  void check_space();
  void check_permissions();
  bool has_stream(nlohmann::json &info);
  bool is_alive(const RestoreMark &mark);
  void remove_leftover();
  std::string begin_upload(const std::string &wanted);
  Sent send(MessageSource &messages, const Progress &progress);
  nlohmann::json recovered(const Sent &sent);
  bool replicas_have_it();
  bool can_be_read_at_once(const Sent &sent) const;
  bool stream_has(const Sent &sent, const std::string &created, const Progress &progress);
  void compare_each(MessageSource &messages, const Sent &sent, const Progress &progress);
  void go_live(const nlohmann::json &info, RestoredMessages messages, RestoreReport &report);
  std::uint64_t most_of_a_subject();
  void make_consumers(RestoreReport &report);

  Connection &connection_;
  const ConnectionSettings &settings_;
  const ExactRestoreRequest request_;
  Log &log_;
  JetStream jetstream_;
  const RestoreMark mark_;
  const Subscription alive_; // on the mark's inbox
  bool has_metadata_ = true;
};

} // namespace jetcapture::host
