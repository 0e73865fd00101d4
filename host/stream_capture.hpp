// One capture of one stream with all its parts, in the order in which they are made. Several may live in one process.
#pragma once

#include "capture/capture.hpp"
#include "commit/journal_contents.hpp"
#include "nats/connection.hpp"
#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"
#include "nats/jetstream_delivery.hpp"
#include "plugins/load_stages.hpp"
#include "state_folder.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace jetcapture::host {

// The stream and its consumer, connected to, checked, and with every permission proven. Nothing is pulled yet.
struct BoundStream {
  // Throws StartupError with one sentence that names the fix. settings and state_folder outlive it. Warnings go to the
  // log.
  BoundStream(const Settings &settings, const StateFolder &state_folder, Log &log);

  const StateFolder &state;
  Connection acks; // and questions: they never wait behind messages
  JetStream jetstream;

private:
  std::vector<std::string> warnings_;

public:
  JournalContents kept; // in the journal; the capture takes it
  const ConsumerFacts consumer;
  const std::string
      stream_created; // its identity: as it was told when the journal began, where it is still that stream
  const std::uint64_t delivered_before; // the highest sequence that the journal knows; 0: none
  Connection pulls;
};

class StreamCapture {
public:
  // All outlive it.
  StreamCapture(const Settings &settings, BoundStream &stream, const Stages &stages, Capture::Control control,
                Log &log);

  // Runs until it is stopped, done (--once), or can't go on.
  CaptureEnd run() { return capture_.run(); }
  // The process ends while a store is in the middle of a put: what the journal has not written yet is written.
  void flush_journal();

  // What is known of it while it runs, for those who watch it.
  const Counters &counters() const { return counters_; }
  Delivery &delivery() { return delivery_; }
  const Spool &spool() const { return spool_; }
  const Journal &journal() const { return journal_; }
  // [any-thread] What the server says of the consumer.
  void hear(const Delivery::Progress &progress) { capture_.hear(progress); }
  // [watch thread] [may block, some seconds] Now and then asks the server how stream and consumers are configured, for
  // the ledger.
  void look_at_configurations();

private:
  std::vector<ManifestConfiguration> configurations();

  Log &log_;
  JetStream &jetstream_;
  const CaptureIdentity identity_;
  bool others_unknown_ = false; // the consumers of others can't be asked for
  std::chrono::steady_clock::time_point next_look_;
  const Capture::LedgerPlan ledger_;
  Spool spool_;
  Journal journal_;
  InFlight in_flight_;
  const SystemClock clock_;
  Counters counters_;
  JetStreamDelivery delivery_;
  Capture capture_;
};

// Where a capture keeps what is above its memory limit.
std::filesystem::path spool_folder(const Settings &settings, const StateFolder &state);

} // namespace jetcapture::host
