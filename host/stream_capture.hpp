// One capture of one stream with all its parts, in the order in which they are made. Several may live in one process.
#pragma once

#include "capture/capture.hpp"
#include "commit/capture_committer.hpp"
#include "commit/journal_contents.hpp"
#include "delivery/delivery.hpp"
#include "nats/connection.hpp"
#include "nats/consumer.hpp"
#include "nats/jetstream.hpp"
#include "notify/untold_blocks.hpp"
#include "ordered/start.hpp"
#include "plugins/load_stages.hpp"
#include "state_folder.hpp"

#include <chrono>
#include <memory>
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
  JournalContents kept; // in the journal, with shared delivery; the capture takes it
  const ConsumerFacts consumer;
  const std::string
      stream_created; // its identity: as it was told when the journal began, where it is still that stream
  const std::uint64_t delivered_before; // the highest sequence that the journal knows; 0: none
  Connection pulls;
};

// What differs by the kind of delivery.
class DeliveryParts {
public:
  virtual ~DeliveryParts() = default;
  virtual Delivery &delivery() = 0;
  // All outlive what is made.
  struct Surroundings {
    Ledger *ledger;       // nullptr: there is none
    Notifier *notifier;   // the same
    UntoldBlocks *untold; // the same, and with shared delivery
    Counters &counters;
    const Clock &clock;
    Log &log;
  };
  virtual std::unique_ptr<CaptureCommitter> make_committer(const Surroundings &with) = 0;
  virtual const Journal *journal() const { return nullptr; } // there is none
  // What is kept in the state folder is written now, as far as it can be.
  virtual void flush() {}
};

class StreamCapture {
  struct Notifications;

public:
  // Shared delivery. All outlive it.
  StreamCapture(const Settings &settings, BoundStream &stream, const Stages &stages, Capture::Control control,
                Log &log);
  // Ordered delivery, from that start. Throws StartupError.
  StreamCapture(const Settings &settings, BoundStream &stream, const OrderedStart &start, const Stages &stages,
                Capture::Control control, Log &log);
  ~StreamCapture();

  // Runs until it is stopped, done (--once), or can't go on.
  CaptureEnd run();
  // The process ends while a store is in the middle of a put: what the journal has not written yet is written.
  void flush_journal() { parts_->flush(); }

  // The name of its run in the ledger; "": there is none.
  std::string run_name() const { return capture_.run_name(); }
  // What is known of it while it runs, for those who watch it.
  const Counters &counters() const { return counters_; }
  Delivery &delivery() { return parts_->delivery(); }
  const Spool &spool() const { return spool_; }
  const Journal *journal() const { return parts_->journal(); }
  // [any-thread] What the server says of the consumer.
  void hear(const Delivery::Progress &progress) { capture_.hear(progress); }
  // [watch thread] [may block, some seconds] Now and then asks the server how stream and consumers are configured, for
  // the ledger.
  void look_at_configurations();

private:
  StreamCapture(const Settings &settings, BoundStream &stream, Capture::LedgerPlan plan,
                std::unique_ptr<DeliveryParts> parts, const Stages &stages, Capture::Control control, Log &log);
  Notifier *notifier() const;
  UntoldBlocks *untold() const;
  std::vector<ManifestConfiguration> configurations();
  Capture::LedgerPlan with_configurations(Capture::LedgerPlan plan);

  BoundStream &stream_;
  const Settings &settings_;
  Log &log_;
  bool others_unknown_ = false; // the consumers of others can't be asked for
  std::chrono::steady_clock::time_point next_look_;
  const Capture::LedgerPlan ledger_;
  Spool spool_;
  const SystemClock clock_;
  Counters counters_;
  const std::unique_ptr<DeliveryParts> parts_;
  const std::unique_ptr<Notifications> notifications_; // with --notify-subject
  Capture capture_;
};

// Where a capture keeps what is above its memory limit.
std::filesystem::path spool_folder(const Settings &settings, const StateFolder &state);

} // namespace jetcapture::host
