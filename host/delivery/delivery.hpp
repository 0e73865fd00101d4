// How messages come and how they are confirmed: the one seam between the capture and the messaging system.
//
// Today: a shared durable consumer with explicit acks (nats/jetstream_delivery.hpp).
#pragma once

#include "delivery/sequence_list.hpp"
#include "jetcapture/payload.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace jetcapture::host {

// Capturing can't go on (consumer deleted, connection closed for good): one sentence. Nothing is lost: what is held was not acked.
struct DeliveryError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Messages to ack, as one order: confirmed as a whole.
struct AckOrder {
  SequenceList sequences;
  std::vector<std::uint64_t>
      blocks; // ids, one for each part of a block that is acked with it; none for messages without a block
};

class Delivery {
public:
  virtual ~Delivery() = default;

  // [capture thread] The next message, waiting for it up to wait (0: not at all). False: none came. The message and all it points to die at the
  // next call. Throws DeliveryError.
  virtual bool next(jetcapture_message &message, std::chrono::milliseconds wait) = 0;

  // [any-thread] Acks these, again and again until the server has confirmed them.
  virtual void ack(AckOrder order) = 0;

  // [capture thread] Orders that the server has confirmed, and of which no copy is on its way here any more.
  virtual std::vector<AckOrder> take_confirmed() = 0;

  // [capture thread] Asks for no more messages; next() goes on with what comes for earlier requests.
  virtual void stop_pulling() = 0;

  // [capture thread] Gives back what has come and was not taken: how many. Nothing comes after it.
  virtual std::uint64_t give_back_rest() = 0;

  // [capture thread] Gives messages back, so that they are delivered again at once. Without confirmation.
  virtual void give_back(const SequenceList &sequences) = 0;

  // [capture thread] Tells the server that these are still being worked on: their AckWait begins anew.
  virtual void keep_alive(const SequenceList &sequences) = 0;

  // [capture thread] Tells the server never to deliver this one again.
  virtual void terminate(std::uint64_t sequence) = 0;

  // How many messages may be held and unacked at once, by all hosts together; nullopt: no limit.
  virtual std::optional<std::uint64_t> ack_budget() const = 0;
  virtual std::chrono::nanoseconds ack_wait() const = 0;

  // [any-thread] [may block, up to patience] What the consumer looks like on the server; nullopt when it can't be asked now. Throws
  // DeliveryError: it is gone.
  struct Progress {
    std::uint64_t delivered_sequence = 0; // of the stream
    std::uint64_t ack_floor_sequence = 0;
    std::uint64_t not_delivered = 0;
    std::uint64_t not_acked = 0; // by all hosts
  };
  virtual std::optional<Progress> progress(std::chrono::milliseconds patience) = 0;

  // [any-thread] What is known without asking.
  struct Vitals {
    bool connected = false;
    std::string problem = {}; // why attempts to reconnect fail; empty: none has failed
    std::uint64_t reconnects = 0;
    std::uint64_t pulls = 0;                    // requests sent
    std::optional<std::uint64_t> not_delivered; // as the last message said; nullopt: none came yet
    std::uint64_t acks_outstanding = 0;         // ordered, and not confirmed
    std::uint64_t acks_resent = 0;
  };
  virtual Vitals vitals() const = 0;

  // The last sequence of the stream when the delivery began.
  virtual std::uint64_t last_sequence_at_start() const = 0;
};

} // namespace jetcapture::host
