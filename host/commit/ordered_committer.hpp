// The committer of ordered delivery: one host at a time reads the stream in its order, and nothing is acked. Where it
// stands is a number, the floor, which the ledger's manifests carry; what is stored beyond it stands in their lines.
//
// So a run that begins reads on behind the floor, and leaves out what a line that is done holds.
#pragma once

#include "blocks/clock.hpp"
#include "commit/capture_committer.hpp"
#include "commit/earlier_blocks.hpp"
#include "commit/floor.hpp"
#include "commit/reading_speed.hpp"
#include "delivery/delivery.hpp"
#include "ledger/ledger.hpp"
#include "log/log.hpp"
#include "notify/untold_blocks.hpp"
#include "progress/counters.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jetcapture::host {

class OrderedCommitter final : public CaptureCommitter {
public:
  // All outlive it.
  struct Surroundings {
    OrderedDelivery &delivery;
    Ledger &ledger; // whose floor() is told by this floor(), see Ledger::follow_floor()
    Counters &counters;
    const Clock &clock;
    Log &log;
    Notifier *notifier = nullptr;   // nobody is told
    UntoldBlocks *untold = nullptr; // of the notifier, which tells it what is confirmed
  };
  // after: the delivery gives what is behind that sequence. goes_on: a run before has captured up to it.
  OrderedCommitter(Surroundings surroundings, std::uint64_t after, bool goes_on);

  void follow_ledger(const std::vector<EarlierLine> &lines) override;
  void settle_earlier_runs(const IsInStore &is_in_store, std::uint64_t delivered) override;
  std::uint64_t next_block() const override { return earlier_lines_.size() + 1; }
  Journal::Earlier earlier() const override;
  void note_position(const Delivery::Progress &) override {}
  std::string why_not_dropped() override;
  std::string flush() override { return ""; }

  std::optional<Era> admit(const jetcapture_message &message) override;
  void filtered(std::uint64_t sequence, Era era) override;
  void already_stored(std::uint64_t sequence, Era era) override;
  void terminated(std::uint64_t sequence, Era era) override;
  void refused(std::uint64_t sequence) override;
  void in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) override;
  void begins(std::uint64_t block, std::uint64_t first_sequence) override;
  bool part_is_stored(const jetcapture_message &message, std::int64_t interval_start, std::string_view key) override;
  void before_store(const SealedBlock &block) override;
  void stored(const SealedBlock &block) override;

  void tick(bool storing, std::optional<std::uint64_t> in_hand) override;
  void hear(const Delivery::Progress &) override {}

  std::optional<std::uint64_t> ack_budget() const override { return std::nullopt; }
  std::uint64_t over_budget(std::uint64_t) const override { return 0; }
  bool budget_is_used_up() const override { return false; }

  std::uint64_t in_flight() const override;
  std::uint64_t in_flight_of_start() const override;
  bool is_settled() const override;
  bool has_reached_end() const override { return delivery_.has_reached_end(); }
  bool is_done_to_end() const override;
  std::uint64_t highest_sequence() const override { return highest_sequence_; }
  Rest give_up(const std::vector<SequenceList> &unstored) override;

private:
  void pass_to_end();
  void record_passed();
  void take_recorded();
  void done(UntoldBlocks::Block block);
  void tell_declared();
  std::uint64_t chain_floor() const; // as manifests carry it

  OrderedDelivery &delivery_;
  Ledger &ledger_;
  Counters &counters_;
  const Clock &clock_;
  Log &log_;
  Notifier *const notifier_;
  UntoldBlocks *const untold_;
  const std::uint64_t after_;
  const bool goes_on_;
  const std::uint64_t last_at_start_;
  const bool is_filtered_; // the consumer has filters: what it passes over is not known to be absent
  Floor floor_;
  EarlierBlocks earlier_;

  // The capture thread's:
  std::vector<UnfinishedBlock> earlier_lines_;
  std::uint64_t highest_sequence_;
  std::int64_t newest_ = INT64_MIN;
  std::uint64_t taken_ = 0;
  std::uint64_t taken_bytes_ = 0;
  std::uint64_t skipped_ = 0; // stored by earlier runs
  ReadingSpeed speed_;
  std::vector<SequenceRun> absent_;
  // Messages that the ledger records, by its ticket.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> unrecorded_;

  std::atomic<std::uint64_t> done_ = 0; // messages that are stored with all parts, or recorded
  mutable Mutex mutex_;                 // of what follows
  SequenceList filtered_ GUARDED_BY(mutex_);
  SequenceList terminated_ GUARDED_BY(mutex_);
  std::uint64_t refused_ GUARDED_BY(mutex_) = 0;
  std::unordered_map<std::uint64_t, std::size_t> parts_left_ GUARDED_BY(mutex_); // of messages in several blocks
};

} // namespace jetcapture::host
