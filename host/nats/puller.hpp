// Pull requests on a raw subscription, and the messages that they bring.
//
// natsSubscription_Fetch is not used: before nats.c 3.8.3 its batch arithmetic is wrong. Protocol: ADR-13, nats-server
// server/consumer.go.
#pragma once

#include "delivery/delivery.hpp"
#include "nats/connection.hpp"
#include "nats/consumer_checks.hpp"
#include "nats/handles.hpp"
#include "nats/pull_refusals.hpp"
#include "nats/subscription.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace jetcapture::host {

struct Settings;

// What the server has said of a pull request, or of the consumer, instead of a message.
enum class PullStatus { heartbeat, request_ended, too_large, doubtful, consumer_gone, refused };
PullStatus classify_pull_status(int code, std::string_view description);

// Nothing can be pulled from that consumer any more: it was deleted, say.
struct ConsumerGone : DeliveryError {
  using DeliveryError::DeliveryError;
};

// What is pulled from.
struct PulledConsumer {
  std::string api_prefix; // as JetStream::prefix()
  std::string stream;
  std::string consumer;
  std::function<ConsumerSettings()> limits; // what the consumer allows now
  // Two heartbeats and what a busy server may be late.
  std::chrono::steady_clock::duration silence_timeout = std::chrono::milliseconds(2500);
};

// A count of which nats.c reports the lower 32 bits alone (natsSubscription_GetStats, up to 3.4.1 at least), when it is
// known to be less than 2^31 away from another.
std::uint64_t whole_count(std::int64_t reported, std::uint64_t near);

// What the consumer has delivered, as a heartbeat tells it: all of it was sent before the heartbeat.
struct Delivered {
  std::uint64_t consumer_sequence = 0;
  std::uint64_t stream_sequence = 0;
};

// One thread uses it, but for what says otherwise.
class Puller {
public:
  // All that is referred to outlives it.
  Puller(Connection &connection, PulledConsumer consumer, PullRefusals &refusals, const Settings &settings, Log &log);
  ~Puller();
  Puller(const Puller &) = delete;
  Puller &operator=(const Puller &) = delete;

  // The next message of the stream, or nullptr after wait (0: at once). Keeps requests open; asks again after silence,
  // a reconnect or a change of leader. Throws ConsumerGone; DeliveryError: the connection is closed for good.
  MessagePtr next(std::chrono::milliseconds wait);

  // Asks for no more, and takes no more from the server: the requests that are open end there. next() gives what has
  // come until now.
  void stop();
  // After stop(): takes nothing more, the server drops the requests that are open.
  // What is returned to the stream after it goes to no request of ours.
  void end();
  // Messages that were asked for and have not come.
  std::uint64_t open_messages() const { return open_messages_; }

  // How many messages at most came before the last doubt, as taken() counts.
  std::uint64_t taken_at_doubt() const { return taken_at_doubt_; }

  // True once after something that puts the consumer in doubt (no responder, silence, a change of leader): ask the
  // server whether it is still the same one.
  bool take_doubt() { return std::exchange(doubt_, false); }
  // What began the last doubt: part of a sentence.
  const std::string &doubt_reason() const { return doubt_reason_; }
  // As after such a thing: what has come until now may be of another life of the server.
  void begin_doubt(std::string reason);

  // What the last heartbeat told; nullopt: none came yet.
  const std::optional<Delivered> &last_heartbeat() const { return last_heartbeat_; }

  // How many messages (with those that are only statuses) next() has taken from the subscription.
  std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  // [any-thread] How many the subscription has received, taken or not.
  std::uint64_t received() const;

  // [any-thread] Why nothing can be pulled now, one sentence; empty: nothing is known to be wrong.
  std::string trouble() const;
  // [any-thread] How many pull requests were sent.
  std::uint64_t requests() const { return sent_.load(std::memory_order_relaxed); }

private:
  // A request that may still be open.
  struct Request {
    std::uint64_t batch;
    bool whole_window; // of bytes: a message that has no room in it has none in any
    std::chrono::steady_clock::time_point sent;
  };

  natsStatus wait_for(natsMsg *&message, std::chrono::steady_clock::time_point deadline);
  void wait_until_quiet();
  void fit_window();
  void top_up();
  bool send_request(std::uint64_t batch, std::uint64_t bytes, const ConsumerSettings &limits);
  void forget_requests();
  void on_status(natsMsg *message);
  void on_nobody();
  void hold_off(int status, const std::string &description);

  Connection &connection_;
  const PulledConsumer consumer_;
  const std::string subject_;
  const Settings &settings_;
  Log &log_;
  std::uint64_t window_messages_; // to ask for at once, by all requests together
  // The same in bytes: the server cuts a client that has 64 MiB pending.
  std::uint64_t window_bytes_ = 0;
  const std::string inbox_; // with a dot at the end; the number of the request follows
  Subscription subscription_;
  std::uint64_t open_messages_ = 0;           // asked for and not yet come
  std::map<std::uint64_t, Request> requests_; // the latest, by number: the last token of its inbox
  std::uint64_t next_request_ = 1;
  std::uint64_t oldest_request_ = 1; // what came for an older one is forgotten
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> taken_{0};
  std::uint64_t reconnects_seen_ = 0;
  bool stopped_ = false;
  bool doubt_ = false;
  std::string doubt_reason_;
  std::optional<Delivered> last_heartbeat_;
  std::uint64_t taken_at_doubt_ = 0;
  bool next_is_large_ = false; // the next message has no room in the window
  bool alone_ = false;         // it is being asked for: no other request may be open
  bool large_told_ = false;
  PullRefusals &refusals_;
  std::chrono::steady_clock::duration silence_timeout_;
  // While the queue stays empty, over several calls of next(). A message makes it the shortest again, a heartbeat does
  // not.
  std::chrono::microseconds nap_;
  int naps_ = 0;
  bool sign_ = false; // something came since the queue was last empty
  // When something last came: a message, a heartbeat, another status.
  std::atomic<std::chrono::steady_clock::time_point> last_sign_;
  std::chrono::steady_clock::time_point not_before_; // of the next request, after a refusal
};

} // namespace jetcapture::host
