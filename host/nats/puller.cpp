#include "nats/puller.hpp"

#include "nats/inbox.hpp"
#include "settings/settings.hpp"

#include <nlohmann/json.hpp>

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

constexpr std::chrono::nanoseconds longest_heartbeat = 1s;
constexpr std::chrono::nanoseconds longest_expires = 10s;
constexpr auto refusal_pause = 500ms;
constexpr auto shortest_request = 50ms;
// What a server has counted as delivered is here this long after it, unless it is slow.
constexpr auto quiet_before_stop = 20ms;
constexpr auto longest_wait_for_quiet = 300ms;
constexpr std::chrono::microseconds shortest_nap = 200us;
constexpr std::chrono::microseconds longest_nap = 20ms;
constexpr std::chrono::microseconds longest_quiet_nap = 250ms;
constexpr int short_naps = 10;
constexpr int naps_until_quiet = 60;                 // about a second
constexpr std::uint64_t message_overhead = 64 << 10; // subject, reply and headers beside the payload
constexpr std::uint64_t largest_window = 48 << 20;
// Where a consumer allows small requests only, several together are the window.
constexpr std::uint64_t most_at_once = 8;
constexpr std::size_t most_remembered = 64;

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
    if (contains(description, "message size exceeds"))
      return PullStatus::too_large;
    return contains(description, "batch completed") ? PullStatus::request_ended : PullStatus::refused;
  default:
    return PullStatus::refused;
  }
}

std::uint64_t whole_count(std::int64_t reported, std::uint64_t near) {
  const auto away = static_cast<std::int32_t>(static_cast<std::uint32_t>(reported) - static_cast<std::uint32_t>(near));
  return near + static_cast<std::uint64_t>(static_cast<std::int64_t>(away));
}

Puller::Puller(Connection &connection, PulledConsumer consumer, PullRefusals &refusals, const Settings &settings,
               Log &log)
    : connection_(connection), consumer_(std::move(consumer)),
      subject_(consumer_.api_prefix + ".CONSUMER.MSG.NEXT." + consumer_.stream + "." + consumer_.consumer),
      settings_(settings), log_(log), window_messages_(settings.window_messages),
      inbox_(new_inbox(settings.connection.inbox_prefix) + "."), subscription_(connection, inbox_ + "*"),
      refusals_(refusals), silence_timeout_(consumer_.silence_timeout), nap_(shortest_nap), last_sign_(Clock::now()),
      not_before_(Clock::now()) {
  fit_window();
  natsStatus status = subscription_.status();
  if (status == NATS_OK)
    status = natsSubscription_SetPendingLimits(subscription_.get(), -1, -1);
  if (status != NATS_OK)
    throw DeliveryError(std::string("subscribing to the pull inbox failed: ") + natsStatus_GetText(status));
  reconnects_seen_ = connection.reconnects();
}

Puller::~Puller() = default;

void Puller::stop() {
  if (std::exchange(stopped_, true))
    return;
  wait_until_quiet();
  // Draining leaves what has come in the subscription. Once the server has answered, nothing more can come.
  natsStatus status = natsSubscription_Drain(subscription_.get());
  if (status == NATS_OK)
    status = connection_.flush();
  if (status != NATS_OK)
    log_.debug("the request to stop pulling could not be sent", {{"reason", natsStatus_GetText(status)}});
}

// A message that the server is about to send when the subscription goes is delivered again by its next request; by
// nats-server 2.9 only after ack_wait, when a request of this subscription is still open there (loopAndGatherMsgs takes
// it from the queue of redeliveries, finds nobody who wants it, and does not put it back). So what is on its way comes
// first, where the stream leaves a moment for it.
void Puller::wait_until_quiet() {
  const Clock::time_point begin = Clock::now();
  Clock::time_point last = begin;
  std::uint64_t seen = received();
  while (open_messages_ > 0 && connection_.connected() && Clock::now() - last < quiet_before_stop &&
         Clock::now() - begin < longest_wait_for_quiet) {
    std::this_thread::sleep_for(longest_nap);
    if (const std::uint64_t now = received(); std::exchange(seen, now) != now)
      last = Clock::now();
  }
}

// A request has room for the largest message that may be published now, where that is possible at all.
void Puller::fit_window() {
  const auto largest =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, natsConnection_GetMaxPayload(connection_.get())));
  window_bytes_ = std::max(settings_.window_bytes, std::min(2 * (largest + message_overhead), largest_window));
}

void Puller::end() {
  natsSubscription_Unsubscribe(subscription_.get());
  // The acks go by another connection: until the server has seen this, it would send messages here again that are
  // returned to the stream.
  const natsStatus status = connection_.flush();
  if (status != NATS_OK)
    log_.debug("the request to stop pulling could not be sent", {{"reason", natsStatus_GetText(status)}});
}

std::uint64_t Puller::received() const {
  int pending = 0;
  std::int64_t delivered = 0;
  natsSubscription_GetStats(subscription_.get(), &pending, nullptr, nullptr, nullptr, &delivered, nullptr);
  return static_cast<std::uint64_t>(pending) + whole_count(delivered, taken());
}

MessagePtr Puller::next(std::chrono::milliseconds wait) {
  // The clock is read only where nothing is there: it costs as much as the rest of a message's way through here.
  std::optional<Clock::time_point> deadline;
  while (true) {
    if (connection_.reconnects() != reconnects_seen_) {
      reconnects_seen_ = connection_.reconnects();
      forget_requests();
      fit_window();
      begin_doubt("the connection was cut off");
    }
    if (open_messages_ <= window_messages_ / 2)
      top_up();
    natsMsg *raw = nullptr;
    natsStatus status = natsSubscription_NextMsg(&raw, subscription_.get(), 0);
    if (status == NATS_TIMEOUT && wait == 0ms)
      break;
    if (status == NATS_TIMEOUT) {
      const Clock::time_point now = Clock::now();
      if (std::exchange(sign_, false)) {
        last_sign_ = now;
        silence_timeout_ = consumer_.silence_timeout;
      }
      if (deadline && now >= *deadline)
        break;
      if (!deadline)
        deadline = now + wait;
      status = wait_for(raw, *deadline);
    }
    if (status == NATS_OK) {
      MessagePtr message(raw);
      taken_.fetch_add(1, std::memory_order_relaxed);
      sign_ = true;
      if (std::string_view(natsMsg_GetSubject(raw)).starts_with(inbox_)) {
        on_status(raw);
        continue;
      }
      open_messages_ -= open_messages_ > 0 ? 1 : 0;
      alone_ = false;
      nap_ = shortest_nap;
      naps_ = 0;
      refusals_.over();
      return message;
    }
    if (status == NATS_NO_RESPONDERS) { // nats.c gives this status in the place of the message.
      taken_.fetch_add(1, std::memory_order_relaxed);
      on_nobody();
      continue;
    }
    if (status == NATS_TIMEOUT) {
      if (!stopped_ && Clock::now() - last_sign_.load() > silence_timeout_) {
        // Neither messages nor heartbeats: no request of ours is open there, or the server does not get to it. Each
        // time it takes longer before we ask again, since requests that are still open add up.
        forget_requests();
        last_sign_ = Clock::now();
        silence_timeout_ = std::min<Clock::duration>(silence_timeout_ * 2, longest_expires);
        begin_doubt("no heartbeat came");
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

// A thread that waits in natsSubscription_NextMsg is woken for nearly each message while they come in a stream: two
// context switches cost more than all that is done with the message. And it waits by the wall clock: a step of that
// would hold it. So it naps while some gather, longer once none come any more.
natsStatus Puller::wait_for(natsMsg *&message, Clock::time_point deadline) {
  for (Clock::time_point now = Clock::now(); now < deadline; now = Clock::now()) {
    std::this_thread::sleep_for(std::min<Clock::duration>(nap_, deadline - now));
    const natsStatus status = natsSubscription_NextMsg(&message, subscription_.get(), 0);
    if (status != NATS_TIMEOUT)
      return status;
    if (++naps_ >= short_naps)
      nap_ = std::min(nap_ * 2, naps_ < naps_until_quiet ? longest_nap : longest_quiet_nap);
  }
  return NATS_TIMEOUT;
}

void Puller::top_up() {
  if (stopped_ || alone_ || Clock::now() < not_before_ || !connection_.connected())
    return;
  const ConsumerSettings limits = consumer_.limits();
  if (next_is_large_) {
    // Without max_bytes, and with nothing else on its way.
    if (open_messages_ == 0 && send_request(1, 0, limits)) {
      alone_ = true;
      next_is_large_ = false;
    }
    return;
  }
  std::uint64_t batch = settings_.window_messages;
  if (limits.max_batch > 0)
    batch = std::min(batch, static_cast<std::uint64_t>(limits.max_batch));
  const std::uint64_t at_once = std::clamp<std::uint64_t>(settings_.window_messages / batch, 1, most_at_once);
  window_messages_ = batch * at_once;
  if (at_once == 1) {
    send_request(batch - std::min(batch, open_messages_), open_messages_ == 0 ? window_bytes_ : window_bytes_ / 2,
                 limits);
    return;
  }
  while (open_messages_ + batch <= window_messages_)
    if (!send_request(batch, open_messages_ == 0 ? window_bytes_ : window_bytes_ / at_once, limits))
      return;
}

// bytes: 0: of any size.
bool Puller::send_request(std::uint64_t batch, std::uint64_t bytes, const ConsumerSettings &limits) {
  const std::uint64_t most =
      limits.max_bytes > 0 ? std::min(window_bytes_, static_cast<std::uint64_t>(limits.max_bytes)) : window_bytes_;
  bytes = std::min(bytes, most);
  std::chrono::nanoseconds expires = longest_expires;
  if (limits.max_expires > 0ns)
    expires = std::min(expires, limits.max_expires);
  nlohmann::json body = {{"batch", batch},
                         {"expires", expires.count()},
                         {"idle_heartbeat", std::min(longest_heartbeat, expires / 2).count()}};
  if (bytes > 0)
    body["max_bytes"] = bytes;
  if (!settings_.priority_group.empty())
    body["group"] = settings_.priority_group;
  const std::string text = body.dump();
  const std::uint64_t number = next_request_++;
  const natsStatus status =
      natsConnection_PublishRequest(connection_.get(), subject_.c_str(), (inbox_ + std::to_string(number)).c_str(),
                                    text.data(), static_cast<int>(text.size()));
  if (status != NATS_OK) {
    log_.debug("a pull request could not be sent", {{"reason", natsStatus_GetText(status)}});
    not_before_ = Clock::now() + refusal_pause;
    return false;
  }
  requests_[number] = {batch, bytes == most, Clock::now()};
  if (requests_.size() > most_remembered)
    requests_.erase(requests_.begin());
  open_messages_ += batch;
  sent_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void Puller::begin_doubt(std::string reason) {
  doubt_ = true;
  doubt_reason_ = std::move(reason);
  taken_at_doubt_ = received();
}

void Puller::forget_requests() {
  open_messages_ = 0;
  requests_.clear();
  alone_ = false;
  oldest_request_ = next_request_;
}

void Puller::on_status(natsMsg *message) {
  const std::string_view digits = std::string_view(natsMsg_GetSubject(message)).substr(inbox_.size());
  std::uint64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (number < oldest_request_)
    return;
  const char *text = nullptr;
  const auto code = static_cast<int>(number_header(message, "Status"));
  const std::string description =
      natsMsgHeader_Get(message, "Description", &text) == NATS_OK && text != nullptr ? text : "";
  const PullStatus status = classify_pull_status(code, description);
  if (status != PullStatus::refused)
    refusals_.over();
  if (status == PullStatus::heartbeat) {
    last_heartbeat_ = {number_header(message, "Nats-Last-Consumer"), number_header(message, "Nats-Last-Stream")};
    return;
  }
  log_.debug("pull request ended", {{"status", code}, {"description", description}});
  if (status == PullStatus::consumer_gone)
    throw ConsumerGone("the consumer " + consumer_.consumer + " of stream " + consumer_.stream +
                       " can be pulled no more: the server says \"" + description +
                       "\"; messages that are not stored stay in the stream");
  if (status == PullStatus::doubtful) {
    forget_requests();
    begin_doubt("the server says \"" + description + "\"");
    not_before_ = Clock::now() + refusal_pause;
    return;
  }
  const auto request = requests_.find(number);
  const bool known = request != requests_.end();
  // A refusal says nothing of what is left: all of it is.
  const std::uint64_t left =
      status == PullStatus::refused && known ? request->second.batch : number_header(message, "Nats-Pending-Messages");
  open_messages_ -= std::min(open_messages_, left);
  alone_ = false;
  if (status == PullStatus::refused) {
    hold_off(code, description);
  } else if (status == PullStatus::request_ended && known && left == request->second.batch &&
             Clock::now() - request->second.sent < shortest_request) {
    not_before_ = Clock::now() + refusal_pause; // It should have waited for messages.
  } else if (status == PullStatus::too_large && known && request->second.whole_window &&
             left == request->second.batch) {
    // Not one message came for it.
    next_is_large_ = true;
    if (!std::exchange(large_told_, true))
      log_.info("a message is larger than one pull request may ask for; such messages are pulled one at a time",
                {{"window_bytes", window_bytes_}, {"max_bytes", consumer_.limits().max_bytes}});
  }
  if (known)
    requests_.erase(request);
}

void Puller::on_nobody() {
  forget_requests();
  hold_off(503, "No Responders");
}

void Puller::hold_off(int status, const std::string &description) {
  not_before_ = Clock::now() + refusals_.note(status, description);
  // The consumer may have been edited.
  begin_doubt("the server says \"" + description + "\"");
}

std::string Puller::trouble() const {
  if (connection_.violations().publish_refused(subject_, last_sign_.load()))
    return "there is no permission to publish to " + subject_ + ": add it to the permissions of the NATS user";
  return refusals_.trouble();
}

} // namespace jetcapture::host
