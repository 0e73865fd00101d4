// Pull requests on a raw subscription, and the messages that they bring.
//
// natsSubscription_Fetch is not used: before nats.c 3.8.3 its batch arithmetic is wrong. Protocol: ADR-13, nats-server server/consumer.go.
#pragma once

#include "nats/connection.hpp"
#include "nats/consumer.hpp"
#include "nats/handles.hpp"
#include "nats/jetstream.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace jetcapture::host {

struct PullWindow {
  std::uint32_t messages = 20000;
  std::uint64_t bytes = 16u << 20; // of outstanding requests together: the server cuts a client that has 64 MiB pending
};

// What the server has said of a pull request, or of the consumer, instead of a message.
enum class PullStatus { heartbeat, request_ended, doubtful, consumer_gone, refused };
PullStatus classify_pull_status(int code, std::string_view description);

// One thread uses it, but for what says otherwise.
class Puller {
public:
  Puller(Connection &connection, const std::string &inbox_prefix, const std::string &api_prefix,
         const ConsumerFacts &consumer, PullWindow window, Log &log);
  ~Puller();
  Puller(const Puller &) = delete;
  Puller &operator=(const Puller &) = delete;

  // The next message of the stream, or nullptr after wait (0: at once). Keeps requests open; asks anew after silence, a reconnect or a change
  // of leader. Throws DeliveryError: the consumer is gone, the connection is closed for good.
  MessagePtr next(std::chrono::milliseconds wait);

  // Asks for no more, and takes no more from the server: the requests that are open end there. next() gives what has come until now.
  void stop();
  // After stop(): takes nothing more, the server drops the requests that are open.
  // What is given back after it goes to no request of ours.
  void end();
  // Messages that were asked for and have not come.
  std::uint64_t open_messages() const { return open_messages_; }

  // How many messages at most came before the last doubt, as taken() counts.
  std::uint64_t taken_at_doubt() const { return taken_at_doubt_; }

  // True once after something that puts the consumer in doubt (no responder, silence, a change of leader): ask the server whether it
  // is still the same one.
  bool take_doubt() { return std::exchange(doubt_, false); }

  // How many messages (with those that are only statuses) next() has taken from the subscription.
  std::uint64_t taken() const { return taken_; }
  // [any-thread] How many the subscription has received, taken or not.
  std::uint64_t received() const;

  // [any-thread] How many pull requests were sent.
  std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }

private:
  natsStatus wait_for(natsMsg *&message, std::chrono::steady_clock::time_point deadline);
  void top_up();
  void forget_requests();
  void begin_doubt();
  void on_status(natsMsg *message);

  Connection &connection_;
  std::string subject_;
  std::string consumer_name_;
  PullWindow window_;
  Log &log_;
  SubscriptionPtr subscription_;
  std::string inbox_;
  std::uint64_t open_messages_ = 0; // asked for and not yet come
  std::uint64_t next_request_ = 1;  // the last token of a request's inbox
  std::atomic<std::uint64_t> requests_{0};
  std::uint64_t oldest_request_ = 1; // what came for an older one is forgotten
  std::uint64_t taken_ = 0;
  std::uint64_t reconnects_seen_ = 0;
  bool stopped_ = false;
  bool doubt_ = false;
  std::uint64_t taken_at_doubt_ = 0;
  std::chrono::steady_clock::duration patience_;
  bool sign_ = false;                                // something came since the queue was last empty
  std::chrono::steady_clock::time_point last_sign_;  // when something last came: a message, a heartbeat, another status
  std::chrono::steady_clock::time_point not_before_; // of the next request, after a refusal
};

} // namespace jetcapture::host
