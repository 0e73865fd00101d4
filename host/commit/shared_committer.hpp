// The committer of shared delivery: several hosts may pull from one consumer, and each message is acked once it is
// stored.
//
// It alone knows which messages are in flight, in which blocks those of several keys are, what is stored and what is
// confirmed; it alone sends acks, and tells the journal when a block is done.
#pragma once

#include "commit/capture_committer.hpp"
#include "commit/earlier_blocks.hpp"
#include "commit/in_flight.hpp"
#include "commit/journal.hpp"
#include "delivery/delivery.hpp"
#include "ledger/ledger.hpp"
#include "log/log.hpp"
#include "notify/notifier.hpp"
#include "progress/counters.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace jetcapture::host {

class SharedCommitter final : public CaptureCommitter {
public:
  // All outlive it.
  struct Surroundings {
    AckedDelivery &delivery;
    Journal &journal;
    InFlight &in_flight;
    Counters &counters;
    const Clock &clock;
    Log &log;
    Ledger *ledger = nullptr;     // there is none
    Notifier *notifier = nullptr; // nobody is told
  };
  explicit SharedCommitter(Surroundings surroundings);

  void follow_ledger(const std::vector<EarlierLine> &lines) override;
  void declare_lines(const std::vector<EarlierLine> &lines, const IsInStore &is_in_store) override;
  void settle_earlier_runs(const IsInStore &is_in_store, std::uint64_t delivered) override;
  std::uint64_t next_block() const override { return journal_.next_id(); }
  Journal::Earlier earlier() const override { return journal_.earlier(); }
  void note_position(const Delivery::Progress &position) override { journal_.note_position(position); }
  std::string why_not_dropped() override { return "other hosts would have to wait for it"; }
  std::string flush() override;

  std::optional<Era> admit(const jetcapture_message &message) override;
  void filtered(std::uint64_t sequence, Era era) override;
  void already_stored(std::uint64_t sequence, Era era) override;
  void terminated(std::uint64_t sequence, Era era) override;
  void refused(std::uint64_t sequence) override;
  void in_several(std::uint64_t sequence, std::vector<std::uint64_t> blocks) override;
  void begins(std::uint64_t, std::uint64_t) override {}
  bool part_is_stored(const jetcapture_message &message, std::int64_t interval_start, std::string_view key) override;
  void before_store(const SealedBlock &block) override;
  void stored(const SealedBlock &block) override;

  // Takes confirmations, sends what is to be answered, keeps messages alive.
  void tick(bool storing, std::optional<std::uint64_t> in_hand) override;
  void hear(const Delivery::Progress &progress) override;

  std::optional<std::uint64_t> ack_budget() const override { return delivery_.ack_budget(); }
  std::uint64_t over_budget(std::uint64_t open_messages) const override;
  bool budget_is_used_up() const override;

  // What is taken, and whose acks are not confirmed.
  std::uint64_t in_flight() const override { return in_flight_.size(); }
  std::uint64_t in_flight_of_start() const override { return in_flight_of_start_; }
  bool is_settled() const override;
  std::uint64_t highest_sequence() const override { return highest_sequence_; }

  // Returns to the stream what is in no store, with what was refused.
  Rest give_up(const std::vector<SequenceList> &unstored) override;

private:
  // What is to be answered without a block, of one generation.
  struct Answers {
    Era era;
    SequenceList acks = {};
    SequenceList terminations = {};
  };
  static Answers &answers_of(std::vector<Answers> &answers, Era era);
  void settle_notifications(const std::function<bool(const UnfinishedBlock &)> &is_in_store);
  void give_back_left_over(const std::vector<UnfinishedBlock> &stored);
  void ack_earlier(const UnfinishedBlock &block, std::uint64_t delivered);
  void take_in(Era era, std::uint64_t sequence);
  void note_skipped(const jetcapture_message &message, std::uint32_t connection);
  void begin_generation();
  void look_up(std::uint64_t sequence);
  void let_go(Era era, std::uint64_t sequence);
  void release(const AckOutcome &outcome);
  void send_answers();
  void record_answers(std::vector<Answers> answers);
  std::vector<Answers> take_recorded();
  void answer(Answers answers);
  void keep_alive(bool storing);
  void learn_from_server();
  std::optional<Delivery::Progress> heard() const;
  void done(const std::vector<std::uint64_t> &blocks);

  AckedDelivery &delivery_;
  Journal &journal_;
  Ledger *const ledger_;
  Notifier *const notifier_;
  InFlight &in_flight_;
  Counters &counters_;
  const Clock &clock_;
  Log &log_;
  const std::uint64_t last_at_start_;
  EarlierBlocks earlier_;

  // The capture thread's:
  std::int64_t newest_;                  // timestamp of a message that is known
  std::uint64_t in_flight_of_start_ = 0; // see in_flight_of_start()
  std::uint64_t highest_sequence_ = 0;   // that has come
  Landmark landmark_;                    // the message with the highest sequence that is known
  std::uint32_t connection_ = 0;         // Era::connection of the last message
  const bool sees_all_;                  // the consumer delivers each message from its first one on
  struct {
    std::uint64_t sequence = 0;          // of the stream
    std::uint64_t consumer_sequence = 0; // 0: it was no first delivery
    std::uint32_t connection = 0;
  } before_; // the message that came last
  std::uint64_t redeliveries_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t taken_bytes_ = 0;
  std::vector<Answers> known_; // came again although they are stored: to be acked again
  // Are acked and terminated once the ledger has recorded them, by its ticket.
  std::deque<std::pair<std::uint64_t, Answers>> unrecorded_;
  Clock::time_point storing_since_;
  Clock::time_point next_keep_alive_;
  std::vector<std::uint64_t> to_keep_alive_; // of the round that is under way
  struct Floor {
    std::uint64_t sequence = 0;
    Clock::time_point seen{};
  };
  std::vector<Floor> floors_; // ack floors that the server told, oldest first
  Clock::time_point next_floor_{};
  // Acks that are ordered, and whose outcome was not taken; also those of no message, which end a block.
  std::atomic<std::uint64_t> unanswered_orders_ = 0;

  mutable Mutex mutex_;
  std::optional<Delivery::Progress> heard_ GUARDED_BY(mutex_);
  Clock::time_point heard_at_ GUARDED_BY(mutex_){};
  std::vector<Answers> answers_ GUARDED_BY(mutex_);
  std::vector<Answers> stored_before_ GUARDED_BY(mutex_); // all parts of which are in blocks of earlier runs
  std::set<std::uint64_t> refused_ GUARDED_BY(mutex_);
  struct InSeveral {
    std::size_t left;
    std::vector<std::uint64_t> blocks;
  };
  // By sequence, which two generations of the stream may give to two messages.
  std::unordered_multimap<std::uint64_t, InSeveral> in_several_ GUARDED_BY(mutex_);
  // Stored blocks: how many parts of them are not acked.
  std::unordered_map<std::uint64_t, std::uint64_t> unconfirmed_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
