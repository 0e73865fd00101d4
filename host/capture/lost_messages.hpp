// Which messages left the stream before anybody captured them: its limits discarded them, or it was purged.
//
// A message tells both its sequence in the stream and the consumer's own, which counts deliveries; so does the server
// when it is asked. Between two such positions the consumer has passed over every sequence that it has not delivered:
// (stream sequences) - (deliveries - redeliveries). What it passed over and the stream no longer has at its beginning
// is lost. A purge leaves that trace too, also where nothing is published after it, and between two runs: the journal
// has the position of the run before. And where nothing is delivered while the stream begins behind the position, what
// is between them is lost.
//
// What is told is never more than is so, and where it can't be told, it says how many it may be at most:
//  - Redeliveries to other hosts are not known here and count as deliveries: they can hide as many lost messages.
//  - Single messages that were deleted, replaced (max_msgs_per_subject) or purged by their subject leave gaps in the
//    middle of the stream: these are no loss. As many of those that are gone from its beginning may have been such: all
//    of them, where the stream replaces messages.
//  - A consumer with filters passes over what they leave out. Lost for certain is by how much the number of messages
//    that wait for it fell without deliveries; what else is gone from the stream's beginning may be lost, but for no
//    more messages than waited or were published. Of a stream that removes what is acked, where that is the usual way
//    of a message, the certain ones alone are told.
//  - Of a consumer that was recreated, what is gone behind what was safe may be lost.
//  - Before the first run on a consumer nothing is known.
//
// Messages that the stream still has and the server has passed over, as nats-server 2.9 does after a purge by subject,
// are lost to this consumer.
#pragma once

#include "commit/journal.hpp"
#include "delivery/delivery.hpp"
#include "jetcapture/payload.h"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "threads/mutex.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::host {

class LostMessages {
public:
  LostMessages(Delivery::Coverage coverage, Log &log) : coverage_(std::move(coverage)), log_(log) {}

  // [capture thread] Before the first message: what earlier runs knew.
  void begin(const Journal::Earlier &earlier);
  // [capture thread] A message has come.
  void see(const jetcapture_message &message);
  // [any-thread] What the server says of consumer and stream.
  void hear(const Delivery::Progress &progress);
  // [capture thread] Some fifty times a second: judges by what was heard. at_end: no message comes any more. True:
  // judged() is another one now.
  bool judge(bool at_end = false);
  // [capture thread] Up to where all is judged and told: for the next run. nullopt: nothing was heard.
  std::optional<Delivery::Progress> judged() const;

  // [capture thread] So far.
  struct Figures {
    std::uint64_t lost = 0;     // for certain
    std::uint64_t possibly = 0; // so many more at most
    // The sequences among which those possibly lost are.
    std::uint64_t possibly_first = 0;
    std::uint64_t possibly_last = 0;
  };
  const Figures &figures() const { return figures_; }

private:
  // After the delivery with the consumer's own sequence, the stream was delivered up to the other.
  struct Position {
    std::uint64_t consumer_sequence;
    std::uint64_t stream_sequence;
  };
  // Of the sequences from first to last at least so many were passed over.
  struct Gap {
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t messages;
    std::uint64_t size() const { return last - first + 1; }
  };

  void look(const Delivery::Progress &progress);
  Position start_of(const Delivery::Progress &progress) const;
  void advance(Position to, std::uint64_t gap_end);
  void advance_to_look(const Delivery::Progress &progress);
  void judge_gaps(const Delivery::Progress &progress);
  void judge_gap(const Gap &gap, const Delivery::Progress &progress);
  void judge_standstill(const Delivery::Progress &progress);
  void judge_filtered(const Delivery::Progress &progress);
  void judge_recreated(std::uint64_t safe_up_to, const Delivery::Progress &progress);
  void tell_gone(Gap gap, const Delivery::Progress &progress);
  void tell_lost(Gap gap, std::string_view sentence);
  void tell_possibly_lost(Gap gap, std::string_view sentence);

  const Delivery::Coverage coverage_; // of the consumer
  Log &log_;
  LineLimit lines_{10, std::chrono::minutes(1)};
  Figures figures_;

  std::optional<Position> known_;     // the newest
  std::uint64_t redelivered_ = 0;     // messages that came here again, since then
  std::uint64_t newest_delivery_ = 0; // the consumer's own sequence of the last message that came here
  std::int64_t newest_timestamp_ = INT64_MIN;
  std::vector<Gap> gaps_;                    // that are not judged yet
  std::optional<Delivery::Progress> before_; // the last look
  std::uint64_t last_before_ = 0;            // the stream's last sequence at the look before that
  std::uint64_t judged_up_to_ = 0;           // behind filters
  Gap gone_before_{};                        // the same: at the last look; so many of it were not told
  std::uint64_t safe_up_to_ = 0;             // in the run before; 0: not known, or no matter any more
  std::uint64_t looks_ = 0;
  // A look at what is ahead of the messages that have come: those may be on their way.
  std::optional<Delivery::Progress> ahead_;

  Mutex mutex_;
  std::deque<Delivery::Progress> heard_ GUARDED_BY(mutex_);
};

} // namespace jetcapture::host
