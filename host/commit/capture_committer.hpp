// What a capture asks of its committer, beside what the stages tell it (committer.hpp): to settle what earlier runs
// have left, to go on, and to end. Kinds of delivery differ in it, and in nothing else:
//
//   SharedCommitter    acks each message, and keeps a journal of what is stored and not yet acked
//   OrderedCommitter   moves a floor, which stands in the ledger
//
// The capture thread's, but for what says otherwise.
#pragma once

#include "commit/committer.hpp"
#include "commit/journal.hpp"
#include "delivery/delivery.hpp"
#include "delivery/sequence_list.hpp"
#include "ledger/earlier_lines.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace jetcapture::host {

class Ledger;

class CaptureCommitter : public Committer {
public:
  // Whether the store has that block, byte by byte. May throw, then the capture ends.
  using IsInStore = std::function<bool(const UnfinishedBlock &)>;
  // Before the first message, once: what the ledger tells of earlier runs.
  virtual void follow_ledger(const std::vector<EarlierLine> &lines) = 0;
  // In its place, where the ledger does not decide what was stored: the ledger is told of its own lines.
  virtual void declare_lines(const std::vector<EarlierLine> &, const IsInStore &) {}
  // Then: settles what earlier runs left. delivered: the consumer has delivered all up to that sequence of the stream.
  // What is behind it is not acked before it comes: nats-server 2.9 would never deliver what is between, and a later
  // one does not answer.
  virtual void settle_earlier_runs(const IsInStore &is_in_store, std::uint64_t delivered) = 0;
  // Greater than the id of any block of an earlier run.
  virtual std::uint64_t next_block() const = 0;

  // What earlier runs knew of losses, and what the next one is to know.
  virtual Journal::Earlier earlier() const = 0;
  virtual void note_position(const Delivery::Progress &position) = 0;

  // [may block, some seconds] Why what is taken and not stored can't be left to the next run: one sentence. Empty: it
  // can, the stream keeps it for long enough.
  virtual std::string why_not_dropped() = 0;

  // [any-thread] Makes durable what it keeps itself. Why it can't now; empty: it has.
  virtual std::string flush() = 0;

  // Some fifty times a second. storing: there are blocks that are sealed and not stored. in_hand: the lowest sequence
  // of a message that was admitted and has not gone its way yet; nullopt: there is none.
  virtual void tick(bool storing, std::optional<std::uint64_t> in_hand) = 0;
  // [any-thread] What the server says of the consumer.
  virtual void hear(const Delivery::Progress &progress) = 0;

  // How many messages may be in flight at once, by all hosts together; nullopt: no limit.
  virtual std::optional<std::uint64_t> ack_budget() const = 0;
  // How many messages of open blocks have to be sealed, so that the ack budget lasts; 0: none.
  virtual std::uint64_t over_budget(std::uint64_t open_messages) const = 0;
  // [any-thread] The server said not long ago that all hosts together use up the budget, while messages wait.
  virtual bool budget_is_used_up() const = 0;

  // Messages that are taken, and not done; of them, those up to the last sequence at the start.
  virtual std::uint64_t in_flight() const = 0;
  virtual std::uint64_t in_flight_of_start() const = 0;
  // Nothing is in flight but what was refused, and nothing waits to be confirmed.
  virtual bool is_settled() const = 0;
  // Where the delivery has an end: all up to it has come; and it is stored and recorded, too.
  virtual bool has_reached_end() const { return false; }
  virtual bool is_done_to_end() const { return false; }
  // The highest sequence that has come.
  virtual std::uint64_t highest_sequence() const = 0;

  // The capture ends: what is in no store, as unstored tells, and what was refused comes again.
  struct Rest {
    std::uint64_t returned = 0;
    std::uint64_t unconfirmed = 0; // stored, and not known to be done
  };
  virtual Rest give_up(const std::vector<SequenceList> &unstored) = 0;
};

} // namespace jetcapture::host
