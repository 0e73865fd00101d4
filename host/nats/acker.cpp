#include "nats/acker.hpp"

#include "nats/jetstream.hpp"
#include "threads/fault_point.hpp"
#include "threads/thread.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// Acks that are sent before one barrier, and barriers that may be on their way: what a reconnect makes us send again.
constexpr std::uint64_t chunk = 20000;
constexpr std::uint64_t most_barriers = 4;
constexpr auto shortest_pause = 100ms;
constexpr auto longest_pause = 5s;

} // namespace

Acker::Acker(Wiring wiring, Log &log)
    : wiring_(std::move(wiring)), log_(log), all_acks_(wiring_.prefix + ".>"), subject_(wiring_.prefix, wiring_.tokens),
      barriers_(wiring_.connection, wiring_.inbox_prefix),
      thread_(start_thread([this](const std::stop_token &stop) { run(stop); })) {}

Acker::~Acker() {
  thread_.request_stop();
  thread_.join();
}

void Acker::learn(const AckSubject &like) {
  const MutexLock lock(mutex_);
  subject_ = AckSubjectWriter(like.prefix, like.tokens);
  all_acks_ = std::string(like.prefix) + ".>";
}

void Acker::order(AckOrder order) {
  outstanding_ += order.sequences.size();
  {
    const MutexLock lock(mutex_);
    queued_ += order.sequences.size();
    queue_.push_back(std::move(order));
  }
  wake_.notify_one();
}

std::vector<AckOutcome> Acker::take_confirmed(std::uint64_t taken) {
  std::vector<AckOutcome> outcomes;
  const MutexLock lock(mutex_);
  while (!confirmed_.empty() && confirmed_.front().fence <= taken) {
    outcomes.push_back(std::move(confirmed_.front().outcome));
    confirmed_.pop_front();
  }
  return outcomes;
}

void Acker::answer(std::uint64_t sequence, std::string_view body, std::uint64_t consumer_sequence) {
  const MutexLock lock(mutex_);
  const natsStatus status =
      natsConnection_Publish(wiring_.connection.get(), subject_.subject(sequence, consumer_sequence), body.data(),
                             static_cast<int>(body.size()));
  if (status != NATS_OK)
    log_.debug("an answer to the server could not be sent",
               {{"sequence", sequence}, {"reason", natsStatus_GetText(status)}});
}

void Acker::check() const {
  const MutexLock lock(mutex_);
  if (!failure_.empty())
    throw DeliveryError(failure_);
}

void Acker::run(const std::stop_token &stop) {
  pthread_setname_np(pthread_self(), "ack");
  std::chrono::milliseconds pause = shortest_pause;
  while (!stop.stop_requested()) {
    std::vector<AckOrder> orders = take(stop);
    if (orders.empty() && flights_.empty())
      continue;
    std::string reason;
    try {
      if (orders.empty() ? land_next() : send(std::move(orders))) {
        pause = shortest_pause;
        continue;
      }
    } catch (const NoAnswer &error) { // The server can't be asked now; it is tried again.
      reason = error.what();
    } catch (const std::exception &error) {
      const MutexLock lock(mutex_);
      failure_ = error.what();
      return;
    }
    take_back_flights();
    tell_trouble(reason);
    MutexLock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [] { return false; });
    pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
  }
}

// The next orders to send, about a chunk. Waits for one while nothing is on its way; else gives none unless a whole
// chunk is there, so that many small orders become few sends.
std::vector<AckOrder> Acker::take(const std::stop_token &stop) {
  std::vector<AckOrder> orders;
  MutexLock lock(mutex_);
  if (flights_.empty())
    wake_.wait(lock, stop, [&] {
      mutex_.assert_held();
      return !queue_.empty();
    });
  else if (queued_ < chunk)
    return orders;
  std::uint64_t sequences = 0;
  while (!queue_.empty() && (orders.empty() || sequences + queue_.front().sequences.size() <= chunk)) {
    sequences += queue_.front().sequences.size();
    orders.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_ -= sequences;
  return orders;
}

// After a reconnect the stream may have lost its end and given its sequences to other messages: an ack by sequence
// alone would ack those.
bool Acker::is_proven(const AckOrder &order) {
  const std::uint32_t connection = wiring_.era();
  if (order.era.connection >= connection)
    return true;
  if (proven_.era.connection == connection && proven_.era.generation == order.era.generation &&
      order.newest.sequence <= proven_.sequence)
    return true;
  if (order.newest.sequence == 0 || !wiring_.stream_has(order.newest.sequence, order.newest.timestamp))
    return false;
  proven_ = {{order.era.generation, connection}, order.newest.sequence};
  return true;
}

void Acker::set_aside_unproven(std::vector<AckOrder> &orders) {
  // The last one usually has the highest sequence, and speaks for the others.
  std::vector<bool> proven(orders.size());
  for (std::size_t i = orders.size(); i-- > 0;)
    proven[i] = is_proven(orders[i]);
  std::vector<AckOrder> to_send;
  for (std::size_t i = 0; i < orders.size(); i++) {
    if (proven[i]) {
      to_send.push_back(std::move(orders[i]));
      continue;
    }
    outstanding_ -= orders[i].sequences.size();
    const MutexLock lock(mutex_);
    confirmed_.push_back({{std::move(orders[i]), false}, 0});
  }
  orders = std::move(to_send);
}

bool Acker::send(std::vector<AckOrder> orders) {
  try {
    set_aside_unproven(orders);
  } catch (...) {
    flights_.push_back({std::move(orders), 0, wiring_.connection.reconnects(), UINT64_MAX});
    for (const AckOrder &order : flights_.back().orders)
      flights_.back().sequences += order.sequences.size();
    throw;
  }
  if (orders.empty())
    return true;
  if (!waiting_since_)
    waiting_since_ = std::chrono::steady_clock::now();
  std::uint64_t total = 0;
  for (const AckOrder &order : orders)
    total += order.sequences.size();
  Flight &flight = flights_.emplace_back(Flight{std::move(orders), total, wiring_.connection.reconnects(), UINT64_MAX});
  wiring_.verify_consumer();
  AckSubjectWriter subject = [this] {
    const MutexLock lock(mutex_);
    return subject_;
  }();
  std::uint64_t sent = 0;
  bool ok = true;
  for (const AckOrder &order : flight.orders)
    order.sequences.for_each([&](std::uint64_t sequence) {
      if (!ok)
        return;
      // The last one of a chunk is sent as the barrier itself.
      if (++sent % chunk == 0 || sent == total)
        ok = barriers_.send(subject.subject(sequence)) && make_room();
      else
        ok = natsConnection_Publish(wiring_.connection.get(), subject.subject(sequence), "", 0) == NATS_OK;
      fault_point("during-acks");
    });
  flight.barrier = barriers_.sent();
  return ok;
}

bool Acker::make_room() {
  while (barriers_.sent() - barriers_.confirmed() >= most_barriers)
    if (!land_next())
      return false;
  return true;
}

// Waits for the next barrier, unless the oldest flight needs none any more. False: some acks may be lost.
bool Acker::land_next() {
  if (flights_.front().barrier > barriers_.confirmed() && !barriers_.wait(wiring_.timeout, flights_.front().reconnects))
    return false;
  if (flights_.front().reconnects != wiring_.connection.reconnects())
    return false;
  if (flights_.front().barrier > barriers_.confirmed())
    return true;
  const std::uint64_t fence = wiring_.fence();
  trouble_is_over();
  const MutexLock lock(mutex_);
  while (!flights_.empty() && flights_.front().barrier <= barriers_.confirmed() &&
         flights_.front().reconnects == wiring_.connection.reconnects()) {
    for (AckOrder &order : flights_.front().orders)
      confirmed_.push_back({{std::move(order), true}, fence});
    outstanding_ -= flights_.front().sequences;
    flights_.pop_front();
  }
  waiting_since_ = flights_.empty() ? std::nullopt : std::optional(std::chrono::steady_clock::now());
  return true;
}

// What is on its way is to be sent again.
void Acker::take_back_flights() {
  barriers_.forget();
  std::uint64_t sequences = 0;
  {
    const MutexLock lock(mutex_);
    for (; !flights_.empty(); flights_.pop_back()) {
      std::vector<AckOrder> &orders = flights_.back().orders;
      queue_.insert(queue_.begin(), std::move_iterator(orders.begin()), std::move_iterator(orders.end()));
      sequences += flights_.back().sequences;
    }
    queued_ += sequences;
  }
  resent_ += sequences;
  log_.debug("acks are not confirmed yet; they are sent again", {{"messages", sequences}});
}

// While there is no connection that is trouble enough, and told.
void Acker::tell_trouble(const std::string &reason) {
  using std::chrono::steady_clock;
  const steady_clock::time_point since = waiting_since_.value_or(steady_clock::now());
  if (!wiring_.connection.connected() || steady_clock::now() - since < wiring_.timeout)
    return;
  std::string sentence;
  {
    const MutexLock lock(mutex_);
    const std::string beginning = all_acks_.substr(0, all_acks_.size() - 1);
    if (wiring_.connection.violations().publish_refused(beginning, since))
      sentence = "there is no permission to publish to " + all_acks_ + ": add it to the permissions of the NATS user";
    else if (!reason.empty())
      sentence = "acks are not sent, since the consumer can't be asked for: " + reason;
    else if (barriers_.nobody())
      sentence = "nobody takes acks at " + all_acks_ + ": import that subject from the account of the stream";
    else
      sentence = "the server does not confirm acks at " + all_acks_ + ": see whether the consumer has a leader";
    trouble_ = sentence;
  }
  if (const auto held_back = trouble_lines_.admit())
    log_.warn("acks were not confirmed within --ack-timeout; they are sent again",
              {{"messages", outstanding_.load()}, {"reason", sentence}, {"others_not_shown", *held_back}});
}

void Acker::trouble_is_over() {
  {
    const MutexLock lock(mutex_);
    if (std::exchange(trouble_, {}).empty())
      return;
  }
  log_.info("acks are confirmed again");
}

std::string Acker::trouble() const {
  const MutexLock lock(mutex_);
  return trouble_;
}

} // namespace jetcapture::host
