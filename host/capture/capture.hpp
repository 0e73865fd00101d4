// The capture: takes messages from the delivery, routes them into blocks, sees that blocks end, and that all is acked at the end.
//
// One thread runs it; compressors, uploader and acker work beside it. With --pipelines others decode, and it shares with them an
// exclusion: whoever has it uses blocks, held messages and the tally.
#pragma once

#include "capture/counters.hpp"
#include "capture/pipelines.hpp"
#include "capture/router.hpp"
#include "capture/sealer.hpp"
#include "capture/uploader.hpp"
#include "delivery/delivery.hpp"
#include "delivery/sequence_set.hpp"
#include "log/log.hpp"
#include "settings/settings.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace jetcapture::host {

// How a capture ended.
struct CaptureEnd {
  std::uint64_t given_back = 0;  // pulled, and not stored in the end
  std::uint64_t unconfirmed = 0; // stored, and their acks not confirmed in the end
  std::string failure;           // why it could not go on; empty: it was asked to stop, or --once was done
};

class Capture {
public:
  // decoders: one for each pipeline; a single one decodes on the thread that runs the capture.
  // stop: 0 go on, 1 drain, 2 or more give up at once; set from a signal's thread. cancelled: set when plug-ins should return soon.
  Capture(const Settings &settings, Sealer::Identity identity, const std::deque<Decoder> &decoders,
          const Writer &writer, const Store &store, Spool &spool, Journal &journal, Delivery &delivery,
          Counters &counters, const std::atomic<int> &stop, std::atomic<bool> &cancelled, Log &log);

  // Runs until it is stopped, done (--once), or can't go on. Then drains.
  CaptureEnd run();

private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds progress_patience = std::chrono::seconds(5);
  // What changes with each message, until it is published.
  struct Tally {
    std::uint64_t messages = 0;
    std::uint64_t message_bytes = 0;
    std::uint64_t copies = 0;
    std::uint64_t filtered = 0;
    std::uint64_t bad = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t terminated = 0;
  };

  void finish_earlier_runs();
  bool is_in_store(const UnfinishedBlock &block) const;
  void hold(std::uint64_t sequence);
  void let_go(std::uint64_t sequence);
  void pull_until_stopped();
  std::unique_lock<std::mutex> exclusion();
  std::uint32_t take_some(std::chrono::milliseconds wait);
  bool admit(const jetcapture_message &message);
  void route(Router &router, const jetcapture_message &message);
  void settle_bad(Router &router, const jetcapture_message &message, const std::string &reason);
  void refuse(std::uint64_t sequence);
  void reach(std::int64_t timestamp);
  bool all_routed() const { return pipelines_ == nullptr || pipelines_->idle(); }
  void release_confirmed();
  void answer_at_once();
  void tick();
  void publish();
  void keep_ack_budget();
  void keep_alive(Clock::time_point now);
  bool relieve_memory();
  void tell_bad(std::uint64_t sequence, const std::string &reason);
  bool everything_from_start_is_done();
  void end_pipelines();
  CaptureEnd drain(std::string failure);

  const Settings &settings_;
  Delivery &delivery_;
  Counters &counters_;
  const std::atomic<int> &stop_;
  std::atomic<bool> &cancelled_;
  Log &log_;
  Spool &spool_;
  Journal &journal_;
  const Store &store_;

  MemoryMeter meter_;
  SharedMessages shared_;
  Uploader uploader_; // ends after the compressors, which give it blocks
  Compressors compressors_;
  Sealer sealer_;
  std::deque<Router> routers_; // one for each decoder

  std::unordered_map<std::uint64_t, std::vector<std::uint64_t>>
      earlier_parts_;                // blocks of earlier runs that wait for a message
  SequenceSet held_;                 // pulled, and their acks not confirmed
  SequenceList to_ack_;              // without a block, with the next tick: filtered, or stored before
  SequenceList to_terminate_;        // with the next tick too
  const std::uint64_t target_;       // --once: the last sequence at the start
  std::uint64_t held_of_target_ = 0; // held at or below it
  std::uint64_t highest_sequence_ = 0;
  std::int64_t newest_timestamp_ = INT64_MIN;
  bool reused_told_ = false;
  bool idle_ = false;
  std::uint32_t since_tick_ = 0;
  Tally tally_;
  bool came_ = false; // a message, since last_message_ was set
  Clock::time_point last_message_;
  Clock::time_point next_tick_;
  Clock::time_point next_progress_;
  Clock::time_point next_budget_check_;
  Clock::time_point unstored_since_; // since when the uploader has never been without a block
  Clock::time_point next_keep_alive_;
  Clock::time_point next_look_at_blocks_;    // for the oldest
  std::vector<std::uint64_t> to_keep_alive_; // of the round that is under way
  bool budget_told_ = false;
  bool memory_told_ = false;
  SequenceList refused_; // messages that ended the capture, and those that did not get their turn then
  std::uint64_t bad_told_ = 0;
  std::uint64_t bad_untold_ = 0; // since the last line
  Clock::time_point next_bad_line_{};
  std::size_t fruitless_ = 0; // blocks looked at since the spool took something
  std::uint64_t spool_taken_ = 0;
  bool waiting_told_ = false;

  std::mutex exclusion_;
  std::uint64_t routed_seen_ = 0;        // of the pipelines
  std::unique_ptr<Pipelines> pipelines_; // of several decoders; last, so that they end first
};

} // namespace jetcapture::host
