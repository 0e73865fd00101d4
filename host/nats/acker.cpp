#include "nats/acker.hpp"

#include "capture/fault_point.hpp"
#include "nats/handles.hpp"
#include "nats/jetstream.hpp"

#include <algorithm>

#include <pthread.h>

namespace jetcapture::host {

namespace {

using namespace std::chrono_literals;

// Acks that are sent before one barrier: what a reconnect makes us send again.
constexpr std::uint64_t chunk = 20000;
constexpr auto shortest_pause = 100ms;
constexpr auto longest_pause = 5s;

} // namespace

Acker::Acker(Wiring wiring, Log &log)
    : wiring_(std::move(wiring)), log_(log), subject_(wiring_.prefix, wiring_.tokens),
      thread_([this](std::stop_token stop) { run(std::move(stop)); }) {}

Acker::~Acker() {
  thread_.request_stop();
  thread_.join();
}

void Acker::learn(const AckSubject &like) {
  const std::lock_guard lock(mutex_);
  subject_ = AckSubjectWriter(like.prefix, like.tokens);
}

void Acker::order(AckOrder order) {
  outstanding_ += order.sequences.size();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(order));
  }
  wake_.notify_one();
}

std::vector<AckOrder> Acker::take_confirmed(std::uint64_t taken) {
  std::vector<AckOrder> orders;
  const std::lock_guard lock(mutex_);
  while (!confirmed_.empty() && confirmed_.front().fence <= taken) {
    orders.push_back(std::move(confirmed_.front().order));
    confirmed_.pop_front();
  }
  return orders;
}

void Acker::answer(std::uint64_t sequence, std::string_view body, std::uint64_t consumer_sequence) {
  const std::lock_guard lock(mutex_);
  const natsStatus status =
      natsConnection_Publish(wiring_.connection.get(), subject_.subject(sequence, consumer_sequence), body.data(),
                             static_cast<int>(body.size()));
  if (status != NATS_OK)
    log_.debug("an answer could not be sent", {{"sequence", sequence}, {"reason", natsStatus_GetText(status)}});
}

void Acker::check() const {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty())
    throw DeliveryError(failure_);
}

void Acker::run(std::stop_token stop) {
  pthread_setname_np(pthread_self(), "ack");
  std::vector<AckOrder> orders;
  while (!stop.stop_requested()) {
    std::uint64_t sequences = 0;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, stop, [&] { return !queue_.empty(); });
      while (!queue_.empty() && (orders.empty() || sequences + queue_.front().sequences.size() <= chunk)) {
        sequences += queue_.front().sequences.size();
        orders.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
    }
    std::chrono::milliseconds pause = shortest_pause;
    while (!orders.empty() && !stop.stop_requested()) {
      try {
        if (send(orders)) {
          const std::uint64_t fence = wiring_.fence();
          const std::lock_guard lock(mutex_);
          for (AckOrder &order : orders)
            confirmed_.push_back({std::move(order), fence});
          orders.clear();
          outstanding_ -= sequences;
          continue;
        }
      } catch (const NoAnswer &) {
        // The server can't be asked now; it is tried again.
      } catch (const std::exception &error) {
        const std::lock_guard lock(mutex_);
        failure_ = error.what();
        return;
      }
      resent_ += sequences;
      log_.debug("acks are not confirmed yet, they are sent again", {{"messages", sequences}});
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [] { return false; });
      pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause);
    }
  }
}

bool Acker::send(const std::vector<AckOrder> &orders) {
  natsConnection *connection = wiring_.connection.get();
  const std::uint64_t reconnects = wiring_.connection.reconnects();
  wiring_.verify_consumer();
  AckSubjectWriter subject = [this] {
    const std::lock_guard lock(mutex_);
    return subject_;
  }();
  std::uint64_t sent = 0;
  bool ok = true;
  const auto barrier = [&](std::uint64_t sequence) {
    natsMsg *answer = nullptr;
    const natsStatus status =
        natsConnection_Request(&answer, connection, subject.subject(sequence), "", 0, wiring_.timeout.count());
    natsMsg_Destroy(answer);
    ok = status == NATS_OK && wiring_.connection.reconnects() == reconnects;
  };
  std::uint64_t total = 0;
  for (const AckOrder &order : orders)
    total += order.sequences.size();
  for (const AckOrder &order : orders)
    order.sequences.for_each([&](std::uint64_t sequence) {
      if (!ok)
        return;
      // The last one of a chunk is sent as the barrier itself.
      if (++sent % chunk == 0 || sent == total)
        barrier(sequence);
      else
        ok = natsConnection_Publish(connection, subject.subject(sequence), "", 0) == NATS_OK;
      fault_point("during-acks");
    });
  return ok;
}

} // namespace jetcapture::host
