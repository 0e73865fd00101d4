#include "nats/puller.hpp"

#include "delivery/delivery.hpp"
#include "nats/inbox.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto heartbeat = 1s;
constexpr auto expires = 10s;
// Two heartbeats and what a busy server may be late.
constexpr auto first_patience = 2500ms;
constexpr auto refusal_pause = 500ms;
constexpr std::chrono::milliseconds flush_timeout = 2s;
constexpr std::chrono::microseconds shortest_nap = 200us;
constexpr std::chrono::microseconds longest_nap = 20ms;
constexpr int short_naps = 10;
constexpr std::uint64_t message_overhead = 64 << 10; // subject, reply and headers beside the payload

std::uint64_t number_header(natsMsg *message, const char *name) {
  const char *text = nullptr;
  std::uint64_t number = 0;
  if (natsMsgHeader_Get(message, name, &text) == NATS_OK && text != nullptr)
    std::from_chars(text, text + std::strlen(text), number);
  return number;
}

bool contains(std::string_view text, std::string_view part) {
  return std::search(text.begin(), text.end(), part.begin(), part.end(), [](char a, char b) {
           const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
           return lower(a) == lower(b);
         }) != text.end();
}

} // namespace

PullStatus classify_pull_status(int code, std::string_view description) {
  switch (code) {
  case 100:
    return PullStatus::heartbeat;
  case 404:
  case 408:
    return PullStatus::request_ended;
  case 503:
    return PullStatus::doubtful;
  case 409:
    if (contains(description, "consumer deleted") || contains(description, "stream deleted"))
      return PullStatus::consumer_gone;
    if (contains(description, "push based"))
      return PullStatus::consumer_gone;
    if (contains(description, "leadership") || contains(description, "shutdown"))
      return PullStatus::doubtful;
    if (contains(description, "maxwaiting") || contains(description, "max waiting"))
      return PullStatus::refused;
    return PullStatus::request_ended;
  default:
    return PullStatus::refused;
  }
}

Puller::Puller(Connection &connection, const std::string &inbox_prefix, const std::string &api_prefix,
               const ConsumerFacts &consumer, PullWindow window, Log &log)
    : connection_(connection), subject_(api_prefix + ".CONSUMER.MSG.NEXT." + consumer.stream + "." + consumer.consumer),
      consumer_name_("consumer " + consumer.consumer + " of stream " + consumer.stream), window_(window), log_(log),
      inbox_(new_inbox(inbox_prefix) + "."), patience_(first_patience), last_sign_(Clock::now()),
      not_before_(Clock::now()) {
  // A request has to have room for the largest message, or it ends without one, again and again.
  const auto largest =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, natsConnection_GetMaxPayload(connection.get())));
  window_.bytes = std::max(window_.bytes, 2 * (largest + message_overhead));
  natsSubscription *subscription = nullptr;
  natsStatus status = natsConnection_SubscribeSync(&subscription, connection.get(), (inbox_ + "*").c_str());
  subscription_.reset(subscription);
  if (status == NATS_OK)
    status = natsSubscription_SetPendingLimits(subscription, -1, -1);
  if (status != NATS_OK)
    throw DeliveryError(std::string("subscribing to the pull inbox failed: ") + natsStatus_GetText(status));
  reconnects_seen_ = connection.reconnects();
}

Puller::~Puller() = default;

void Puller::stop() {
  if (std::exchange(stopped_, true))
    return;
  // Draining leaves what has come in the subscription. Once the server has answered, nothing more can come.
  natsStatus status = natsSubscription_Drain(subscription_.get());
  if (status == NATS_OK)
    status = natsConnection_FlushTimeout(connection_.get(), flush_timeout.count());
  if (status != NATS_OK)
    log_.debug("the end of pulling could not be sent", {{"reason", natsStatus_GetText(status)}});
}

void Puller::end() {
  natsSubscription_Unsubscribe(subscription_.get());
  // The acks go by another connection: until the server has seen this, it would send what is given back here again.
  const natsStatus status = natsConnection_FlushTimeout(connection_.get(), flush_timeout.count());
  if (status != NATS_OK)
    log_.debug("the end of pulling could not be sent", {{"reason", natsStatus_GetText(status)}});
}

std::uint64_t Puller::received() const {
  int pending = 0;
  std::int64_t delivered = 0;
  natsSubscription_GetStats(subscription_.get(), &pending, nullptr, nullptr, nullptr, &delivered, nullptr);
  return static_cast<std::uint64_t>(pending) + static_cast<std::uint64_t>(delivered);
}

MessagePtr Puller::next(std::chrono::milliseconds wait) {
  // The clock is read only where nothing is there: it costs as much as the rest of a message's way through here.
  std::optional<Clock::time_point> deadline;
  while (true) {
    if (connection_.reconnects() != reconnects_seen_) {
      reconnects_seen_ = connection_.reconnects();
      forget_requests();
      begin_doubt();
    }
    if (open_messages_ <= window_.messages / 2)
      top_up();
    natsMsg *raw = nullptr;
    natsStatus status = natsSubscription_NextMsg(&raw, subscription_.get(), 0);
    if (status == NATS_TIMEOUT && wait == 0ms)
      break;
    if (status == NATS_TIMEOUT) {
      const Clock::time_point now = Clock::now();
      if (std::exchange(sign_, false)) {
        last_sign_ = now;
        patience_ = first_patience;
      }
      if (deadline && now >= *deadline)
        break;
      if (!deadline)
        deadline = now + wait;
      status = wait_for(raw, *deadline);
    }
    if (status == NATS_OK) {
      MessagePtr message(raw);
      taken_++;
      sign_ = true;
      if (std::string_view(natsMsg_GetSubject(raw)).starts_with(inbox_)) {
        on_status(raw);
        continue;
      }
      open_messages_ -= open_messages_ > 0 ? 1 : 0;
      return message;
    }
    if (status == NATS_TIMEOUT) {
      if (!stopped_ && Clock::now() - last_sign_ > patience_) {
        // Neither messages nor heartbeats: no request of ours is open there, or the server does not get to it. Each time it takes
        // longer before we ask again, since requests that are still open add up.
        forget_requests();
        last_sign_ = Clock::now();
        patience_ = std::min<Clock::duration>(patience_ * 2, expires);
        begin_doubt();
      }
      break;
    }
    if (stopped_)
      return nullptr; // all that had come is taken
    if (connection_.closed())
      throw DeliveryError("the connection to NATS was closed for good: " + connection_.last_error());
    throw DeliveryError(std::string("the pull subscription failed: ") + natsStatus_GetText(status));
  }
  if (connection_.closed())
    throw DeliveryError("the connection to NATS was closed for good: " + connection_.last_error());
  return nullptr;
}

// A thread that waits in natsSubscription_NextMsg is woken for nearly each message while they come in a stream: two context switches
// cost more than all that is done with the message. And it waits by the wall clock: a step of that would hold it. So it naps while some
// gather, longer once none come any more.
natsStatus Puller::wait_for(natsMsg *&message, Clock::time_point deadline) {
  std::chrono::microseconds nap = shortest_nap;
  for (int naps = 1; Clock::now() < deadline; naps++) {
    std::this_thread::sleep_for(nap);
    const natsStatus status = natsSubscription_NextMsg(&message, subscription_.get(), 0);
    if (status != NATS_TIMEOUT)
      return status;
    if (naps >= short_naps)
      nap = std::min<std::chrono::microseconds>(nap * 2, longest_nap);
  }
  return NATS_TIMEOUT;
}

void Puller::top_up() {
  const auto now = Clock::now();
  if (stopped_ || now < not_before_ || !connection_.connected())
    return;
  const std::uint64_t batch = window_.messages - open_messages_;
  const std::uint64_t bytes = open_messages_ == 0 ? window_.bytes : window_.bytes / 2;
  const std::string body = "{\"batch\":" + std::to_string(batch) + ",\"max_bytes\":" + std::to_string(bytes) +
                           ",\"expires\":" + std::to_string(std::chrono::nanoseconds(expires).count()) +
                           ",\"idle_heartbeat\":" + std::to_string(std::chrono::nanoseconds(heartbeat).count()) + "}";
  const std::string reply = inbox_ + std::to_string(next_request_++);
  const natsStatus status = natsConnection_PublishRequest(connection_.get(), subject_.c_str(), reply.c_str(),
                                                          body.data(), static_cast<int>(body.size()));
  if (status == NATS_OK) {
    open_messages_ += batch;
    requests_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  log_.debug("a pull request could not be sent", {{"reason", natsStatus_GetText(status)}});
  not_before_ = now + refusal_pause;
}

void Puller::begin_doubt() {
  doubt_ = true;
  taken_at_doubt_ = received();
}

void Puller::forget_requests() {
  open_messages_ = 0;
  oldest_request_ = next_request_;
}

void Puller::on_status(natsMsg *message) {
  const std::string_view number = std::string_view(natsMsg_GetSubject(message)).substr(inbox_.size());
  std::uint64_t request = 0;
  std::from_chars(number.data(), number.data() + number.size(), request);
  if (request < oldest_request_)
    return;
  const char *text = nullptr;
  const auto code = static_cast<int>(number_header(message, "Status"));
  const std::string description =
      natsMsgHeader_Get(message, "Description", &text) == NATS_OK && text != nullptr ? text : "";
  const PullStatus status = classify_pull_status(code, description);
  if (status == PullStatus::heartbeat)
    return;
  log_.debug("pull request ended", {{"status", code}, {"description", description}});
  if (status == PullStatus::consumer_gone)
    throw DeliveryError("the " + consumer_name_ + " can be pulled no more: the server says \"" + description +
                        "\"; messages that are not stored stay in the stream");
  const std::uint64_t left = number_header(message, "Nats-Pending-Messages");
  open_messages_ -= std::min(open_messages_, left);
  if (status == PullStatus::doubtful) {
    forget_requests();
    begin_doubt();
    not_before_ = Clock::now() + refusal_pause;
  }
  if (status == PullStatus::refused) {
    if (left == 0)
      forget_requests();
    not_before_ = Clock::now() + refusal_pause;
    log_.warn("the server refused a pull request", {{"status", code}, {"description", description}});
  }
}

} // namespace jetcapture::host
