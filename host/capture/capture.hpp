// The capture: messages are taken, go their way into blocks, blocks end and are stored, and messages are acked; until
// it is told to stop.
//
//   Delivery → Intake → MessagePath → OpenBlocks → Compressors → Uploader → Committer → Delivery
//
// One thread runs it. Compressors, uploader and the delivery's acker have threads of their own, and with --pipelines
// the decoders.
#pragma once

#include "blocks/clock.hpp"
#include "capture/intake.hpp"
#include "capture/lost_messages.hpp"
#include "capture/message_path.hpp"
#include "capture/open_blocks.hpp"
#include "capture/pressure.hpp"
#include "commit/capture_committer.hpp"
#include "delivery/delivery.hpp"
#include "ledger/ledger.hpp"
#include "log/log.hpp"
#include "notify/notifier.hpp"
#include "progress/counters.hpp"
#include "upload/uploader.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace jetcapture::host {

struct Settings;

// How a capture ended.
struct CaptureEnd {
  std::uint64_t returned = 0;    // messages that were pulled, and not stored in the end
  std::uint64_t unconfirmed = 0; // messages that were stored, and their acks not confirmed in the end
  bool refused = false;          // before it had begun
  bool complete = true;          // --once: all that the stream had at the start is stored, by whichever host
  std::string failure = {};      // why it could not go on; empty: it was asked to stop, or --once was done
  bool overtaken = false;        // that is: another host goes on with the capture
  std::uint64_t dropped = 0;     // messages that were taken and left to the next run, as --drain drop asks for
  bool outrun = false;           // another host has begun first, and nothing was done here
  bool reached_end = false;      // all up to the end of the delivery is stored
};

class Capture {
public:
  // decoders: one for each pipeline; a single one decodes on the thread that runs the capture.
  struct Stages {
    const std::deque<Decoder> &decoders;
    const Writer &writer;
    const Store &store;
  };
  // How the ledger of the capture is kept.
  struct LedgerPlan {
    ManifestHeader facts;
    EarlierRuns::Beginning beginning; // but for what the capture knows itself
    Ledger::Pace pace = {};
    std::filesystem::path last_manifest = {};               // see LastManifest
    std::filesystem::path stage_memory = {};                // where stages keep what outlives the process
    std::vector<ManifestConfiguration> configurations = {}; // see Ledger::configured()
  };
  // All outlive the capture.
  struct Surroundings {
    Delivery &delivery;
    // ledger: nullptr where there is none. What it makes is gone before the ledger.
    std::function<std::unique_ptr<CaptureCommitter>(Ledger *ledger)> make_committer;
    Spool &spool;
    Counters &counters;
    const Clock &clock;
    Log &log;
    const LedgerPlan *ledger = nullptr; // there is none
    Notifier *notifier = nullptr;       // nobody is told
  };
  // stop: 0 go on, 1 drain, 2 or more give up at once; set from another thread. cancelled: set when plug-ins should
  // return soon.
  struct Control {
    const std::atomic<int> &stop;
    std::atomic<bool> &cancelled;
  };
  Capture(const Settings &settings, CaptureNames names, Stages stages, Surroundings surroundings, Control control);

  ~Capture();

  // Runs until it is stopped, done (--once), or can't go on. Then drains.
  CaptureEnd run();

  // [any-thread] The ledger grows at least so often, so that others see that this host lives.
  void show_life(std::chrono::nanoseconds each) {
    if (ledger_ != nullptr)
      ledger_->write_each(each);
  }
  // The name of its run in the ledger; "": there is none.
  std::string run_name() const { return ledger_ == nullptr ? "" : ledger_->run(); }
  // [any-thread] What the server says of the consumer.
  void hear(const Delivery::Progress &progress);
  // [any-thread] What it says of the configuration of the stream and its consumers.
  void configured(const std::vector<ManifestConfiguration> &all);

private:
  std::unique_ptr<Ledger> make_ledger();
  void open_ledger();
  bool stream_has(std::uint64_t sequence, std::int64_t timestamp);
  bool is_in_store(const UnfinishedBlock &block) const;
  void store(std::shared_ptr<SealedBlock> block);
  void pull_until_stopped();
  bool has_nothing_to_do() const;
  void tick();
  void tell_intervals(Clock::time_point now);
  void judge_losses(bool at_end = false);
  void publish();
  bool everything_from_start_is_done();
  bool everything_to_end_is_done();
  void take_what_has_come(Clock::time_point deadline);
  void wait_for_stores_and_acks(Clock::time_point deadline);
  bool may_drop();
  void drop_the_rest(Clock::time_point deadline);
  void store_the_rest(Clock::time_point deadline);
  CaptureEnd drain(std::string failure);

  const Settings &settings_;
  const Store &store_;
  const Surroundings with_;
  const Control control_;
  Log &log_;

  MemoryMeter meter_;
  const std::unique_ptr<Ledger> ledger_; // gives blocks to the uploader, and asks it for nothing
  const std::unique_ptr<CaptureCommitter> committer_;
  Uploader uploader_; // ends after the compressors, which give it blocks
  Compressors compressors_;
  OpenBlocks blocks_;
  LostMessages lost_;
  LineLimit bad_lines_;
  LineLimit wait_lines_;
  std::deque<MessagePath> paths_; // one for each decoder
  Pressure pressure_;
  Intake intake_; // last, so that its threads end first

  const std::uint64_t target_; // --once: the last sequence of the stream at the start
  bool overtaken_ = false;     // by another host
  bool complete_ = false;      // --once: all up to target_ is stored
  bool reached_end_ = false;   // all up to the end of the delivery is
  bool waiting_told_ = false;
  std::uint64_t routed_seen_ = 0;
  Clock::time_point last_message_;
  Clock::time_point next_tick_{};
  Clock::time_point next_question_{};       // --once: of the server
  Clock::time_point next_look_at_blocks_{}; // for the oldest
  Clock::time_point next_look_at_intervals_{};
};

} // namespace jetcapture::host
