// Sends acks by stream sequence on a connection of its own, and makes sure that the server has taken them.
//
// Many go out without an answer, and now and then one as a barrier. While barriers are on their way the next acks are
// sent. What is not confirmed in time, or falls together with a reconnect, is sent again as a whole; acking twice is
// harmless.
#pragma once

#include "delivery/delivery.hpp"
#include "log/line_limit.hpp"
#include "nats/ack_barriers.hpp"
#include "nats/ack_subject.hpp"
#include "nats/connection.hpp"
#include "threads/mutex.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace jetcapture::host {

// What became of an order. Copies that the server sent before are among the first `fence` messages of the pull
// subscription.
struct FencedOutcome {
  AckOutcome outcome;
  std::uint64_t fence = 0;
};

class Acker {
public:
  struct Wiring {
    Connection &connection;
    std::string prefix; // of the ack subjects, until learn() tells another
    std::size_t tokens;
    std::string inbox_prefix; // of the subjects for answers; empty: the library's
    std::chrono::milliseconds timeout;
    // [ack thread] Throws DeliveryError when the consumer is another one than at the start, NoAnswer when it can't be
    // asked now.
    std::function<void()> verify_consumer;
    // [ack thread] Waits until all that the server has sent is in the pull subscription, and returns how many it has
    // received.
    std::function<std::uint64_t()> fence;
    // [ack thread] Era::connection of what comes now: orders that began before it need a proof.
    std::function<std::uint32_t()> era;
    // [ack thread] Whether the stream has that message, by sequence and timestamp. Throws NoAnswer when it can't be
    // asked now.
    std::function<bool(std::uint64_t sequence, std::int64_t timestamp)> stream_has;
  };
  Acker(Wiring wiring, Log &log);
  ~Acker(); // gives up on what is not confirmed
  Acker(const Acker &) = delete;
  Acker &operator=(const Acker &) = delete;

  // [any-thread] From now on, write ack subjects like this one of the server's.
  void learn(const AckSubject &like);

  // [any-thread]
  void order(AckOrder order);
  // [any-thread] What is confirmed, or can't be sent, and whose fence is not above taken; the rest stays.
  std::vector<AckOutcome> take_confirmed(std::uint64_t taken);
  // [any-thread] Publishes another answer than an ack ("-NAK", "+WPI", "+TERM"), unconfirmed.
  void answer(std::uint64_t sequence, std::string_view body, std::uint64_t consumer_sequence = 0);
  // [any-thread] Throws the DeliveryError that ended the thread, if one did.
  void check() const;

  // [any-thread] Acks that were sent more than once; acks that are ordered and not confirmed.
  std::uint64_t resent() const { return resent_.load(); }
  std::uint64_t outstanding() const { return outstanding_.load(); }
  // [any-thread] Why acks have not been confirmed for longer than the timeout, one sentence; else empty.
  std::string trouble() const;

private:
  // Orders that are sent, and not confirmed yet.
  struct Flight {
    std::vector<AckOrder> orders;
    std::uint64_t sequences;
    std::uint64_t reconnects; // of the connection, before the first of them was sent
    std::uint64_t barrier;    // the last one; UINT64_MAX until it is sent
  };

  void run(const std::stop_token &stop);
  std::vector<AckOrder> take(const std::stop_token &stop);
  void set_aside_unproven(std::vector<AckOrder> &orders);
  bool is_proven(const AckOrder &order);
  bool send(std::vector<AckOrder> orders);
  bool make_room();
  bool land_next();
  void take_back_flights();
  void tell_trouble(const std::string &reason);
  void trouble_is_over();

  Wiring wiring_;
  Log &log_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<AckOrder> queue_ GUARDED_BY(mutex_);
  std::uint64_t queued_ GUARDED_BY(mutex_) = 0; // sequences in the queue
  std::deque<FencedOutcome> confirmed_ GUARDED_BY(mutex_);
  std::string failure_ GUARDED_BY(mutex_);
  std::string all_acks_ GUARDED_BY(mutex_); // the subject with a wildcard: what a user needs the permission for
  std::string trouble_ GUARDED_BY(mutex_);
  AckSubjectWriter subject_ GUARDED_BY(mutex_); // copied by whoever writes subjects
  AckBarriers barriers_;                        // the ack thread's, as is what follows
  std::deque<Flight> flights_;
  // All up to that sequence is as it was taken, in that generation; asked in that connection.
  struct {
    Era era;
    std::uint64_t sequence = 0;
  } proven_;
  std::optional<std::chrono::steady_clock::time_point> waiting_since_; // for a confirmation
  LineLimit trouble_lines_{1, std::chrono::minutes(1)};
  std::atomic<std::uint64_t> resent_{0};
  std::atomic<std::uint64_t> outstanding_{0};
  std::jthread thread_;
};

} // namespace jetcapture::host
