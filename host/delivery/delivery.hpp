// How messages come and how they are confirmed: the one seam between the capture and the messaging system.
//
//   AckedDelivery     shared delivery: a durable consumer with explicit acks (nats/jetstream_delivery.hpp)
//   OrderedDelivery   ordered delivery: each message once, in the order of the stream, without acks
#pragma once

#include "delivery/era.hpp"
#include "delivery/sequence_list.hpp"
#include "jetcapture/payload.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace jetcapture::host {

// Capturing can't go on (consumer deleted, connection closed for good): one sentence. Nothing is lost: what is in
// flight was not acked.
struct DeliveryError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Messages to ack, as one order: confirmed as a whole. An ack goes by sequence alone, and a stream that has lost its
// end gives sequences to other messages: what came before a reconnect is acked only where the stream still has the
// newest of them as it was.
struct AckOrder {
  SequenceList sequences;
  std::vector<std::uint64_t>
      blocks; // ids, one for each part of a block that is acked with it; none for messages without a block
  Era era;    // of the first that came
  struct {
    std::uint64_t sequence = 0; // 0: not known
    std::int64_t timestamp = 0; // nanoseconds since 1970
  } newest;                     // of the message with the highest sequence
};

// What became of an order.
struct AckOutcome {
  AckOrder order;
  // False: the acks were not sent, since the stream may have other messages there now.
  bool confirmed = true;
};

class Delivery {
public:
  virtual ~Delivery() = default;

  // [capture thread] The next message, waiting for it up to wait (0: not at all). False: none came. The message and all
  // it points to die at the next call. Throws DeliveryError.
  virtual bool next(jetcapture_message &message, std::chrono::milliseconds wait) = 0;

  // [capture thread] Of the message that next() gave last: Era::connection.
  virtual std::uint32_t connection() const = 0;

  // [capture thread] [may block] Whether the stream still has that message. False: it has another one there, or none,
  // or can't be asked.
  virtual bool has(std::uint64_t sequence, std::int64_t timestamp) = 0;

  // [capture thread] Asks for no more messages, and takes no more from the server; next() gives what has come until
  // now.
  virtual void stop_pulling() = 0;

  // [capture thread] Returns to the stream what has come and was not taken: how many; without acks there is nothing to
  // return. Nothing comes after it.
  virtual std::uint64_t give_back_rest() = 0;

  // What of the stream comes at all. Only of that can be said that it is stored.
  struct Coverage {
    std::vector<std::string> filters = {};       // subjects, sorted; empty: all
    std::optional<std::uint64_t> first_sequence; // nothing before it comes; nullopt: not known where the consumer began
  };
  // [any-thread] The same for as long as it lives.
  virtual Coverage coverage() const = 0;

  // [any-thread] [may block, up to timeout] What consumer and stream look like on the server, the stream a little
  // later; nullopt when they can't be asked now. Throws DeliveryError: the consumer is gone.
  struct Progress {
    std::uint64_t delivered_sequence = 0;          // of the stream
    std::uint64_t delivered_consumer_sequence = 0; // the consumer's own: redeliveries count
    std::uint64_t ack_floor_sequence = 0;          // all up to it is acked, or, without acks, stored and recorded
    std::uint64_t not_delivered = 0;
    std::uint64_t not_acked = 0; // by all hosts
    std::uint64_t stream_first_sequence = 0;
    std::uint64_t stream_last_sequence = 0;
    std::uint64_t stream_messages = 0;
    bool stream_keeps_acked = true;         // False: a work queue or interest stream, which removes what is acked.
    bool stream_replaces = false;           // A newer message may remove older ones of its subject.
    std::int64_t stream_last_timestamp = 0; // nanoseconds since 1970; 0: there was no message yet
    std::optional<std::int64_t> server_time = {}; // the same, of the answer; servers before 2.10 do not tell
    bool is_shared = true;                        // False: nothing is in flight but here

    // Of what is not acked, what is in flight at other hosts or of earlier runs. in_flight: here.
    std::uint64_t elsewhere(std::uint64_t in_flight) const {
      return is_shared && not_acked > in_flight ? not_acked - in_flight : 0;
    }
  };
  virtual std::optional<Progress> progress(std::chrono::milliseconds timeout) = 0;

  // [any-thread] What is known without asking.
  struct Vitals {
    bool connected = false;
    std::string problem = {}; // why attempts to reconnect fail; empty: none has failed
    std::uint64_t reconnects = 0;
    std::uint64_t pulls = 0;                    // requests sent
    std::optional<std::uint64_t> not_delivered; // as the last message said; nullopt: none came yet
    std::uint64_t acks_outstanding = 0;         // ordered, and not confirmed
    std::uint64_t acks_resent = 0;
    // Why no message can be pulled, or no ack is confirmed, now: one sentence that names the fix. Empty: nothing is
    // known to be wrong.
    std::string trouble = {};
    // How often the server refused a pull request, by its text: few, the rest is under "other".
    std::map<std::string, std::uint64_t> pull_refusals = {};
    // As the consumer is configured now, where it has acks.
    std::chrono::nanoseconds ack_wait{};
    std::optional<std::uint64_t> ack_budget;
  };
  virtual Vitals vitals() const = 0;

  // The last sequence of the stream when the delivery began.
  virtual std::uint64_t last_sequence_at_start() const = 0;
};

// One whose messages come again until they are acked.
class AckedDelivery : public Delivery {
public:
  // [any-thread] Acks these, again and again until the server has confirmed them.
  virtual void ack(AckOrder order) = 0;

  // [capture thread] Orders that the server has confirmed, and of which no redelivery can still arrive; and
  // those that it could not be sent.
  virtual std::vector<AckOutcome> take_confirmed() = 0;

  // [capture thread] Returns messages to the stream, so that they are delivered again at once. Without confirmation.
  virtual void give_back(const SequenceList &sequences) = 0;

  // [capture thread] Tells the server that these are still being worked on: their AckWait begins again.
  virtual void keep_alive(const SequenceList &sequences) = 0;

  // [capture thread] Tells the server never to deliver this one again.
  virtual void terminate(std::uint64_t sequence) = 0;

  // [any-thread] As the consumer is configured now, which can be edited while it is captured.
  // How many messages may be unacked at once, by all hosts together; nullopt: no limit.
  virtual std::optional<std::uint64_t> ack_budget() const = 0;
  virtual std::chrono::nanoseconds ack_wait() const = 0;
};

// One that brings each message once, in the order of the stream: sequences ascend. A position of its own stands for the
// consumer's: message.consumer_sequence counts what it has given, from 2 on, whatever consumers that came from; 1 is
// the position after which it began.
class OrderedDelivery : public Delivery {
public:
  // [any-thread] All up to that sequence is stored and recorded, and so many messages that came are not. Progress tells
  // it as ack floor and as not acked.
  virtual void stored_up_to(std::uint64_t sequence, std::uint64_t in_flight) = 0;

  // [capture thread] [may block, up to timeout] For how long from now on the stream keeps the first message behind that
  // sequence, by its limits and as far as can be told. nullopt: it can't be asked.
  struct Kept {
    std::chrono::nanoseconds time = std::chrono::nanoseconds::max(); // max: no limit removes it
    std::string limit = {};                                          // "max_age 1h"
  };
  virtual std::optional<Kept> keeps_behind(std::uint64_t sequence, std::chrono::milliseconds timeout) = 0;
  // It gives nothing behind that sequence; UINT64_MAX: it has no end.
  virtual std::uint64_t last_sequence() const { return UINT64_MAX; }
  // [capture thread] All that the stream has up to it was given.
  virtual bool has_reached_end() const { return false; }
};

} // namespace jetcapture::host
