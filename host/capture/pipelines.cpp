#include "capture/pipelines.hpp"

#include "threads/thread.hpp"

#include <algorithm>
#include <utility>

namespace jetcapture::host {

Pipelines::Pipelines(std::deque<MessagePath> &paths, OpenBlocks &blocks, RetryDelay retry)
    : most_flights_(2 * paths.size()), blocks_(blocks), retry_(retry) {
  start_threads(
      threads_, paths.size(), [this, &paths](const std::stop_token &, std::size_t i) { work(paths[i]); },
      [this] {
        {
          const std::lock_guard lock(mutex_);
          ending_ = true;
        }
        work_came_.notify_all();
      });
}

Pipelines::~Pipelines() {
  end();
}

bool Pipelines::wait_for_room(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  room_came_.wait_for(lock, wait, [this] { return flights_.size() < most_flights_ || failure_ != nullptr; });
  if (failure_ != nullptr)
    std::rethrow_exception(std::exchange(failure_, nullptr));
  return flights_.size() < most_flights_;
}

void Pipelines::give(std::unique_ptr<MessageBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    flights_.push_back(std::make_shared<Flight>(std::move(batch)));
  }
  work_came_.notify_all();
}

void Pipelines::wait_no_more() {
  {
    const std::lock_guard lock(mutex_);
    may_wait_ = false;
  }
  work_came_.notify_all();
}

bool Pipelines::idle() const {
  const std::lock_guard lock(mutex_);
  return flights_.empty();
}

std::optional<std::uint64_t> Pipelines::oldest() const {
  const std::lock_guard lock(mutex_);
  if (flights_.empty())
    return left_from_;
  return flights_.front()->batch->messages().front().message.stream_sequence;
}

SequenceList Pipelines::end() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_came_.notify_all();
  threads_.clear(); // joins
  if (!flights_.empty())
    left_from_ = oldest();
  SequenceList left;
  for (const auto &flight : flights_)
    for (std::size_t i = flight->next; i < flight->batch->messages().size(); i++)
      left.append(flight->batch->messages()[i].message.stream_sequence);
  flights_.clear();
  return left;
}

std::shared_ptr<Pipelines::Flight> Pipelines::take() {
  const auto not_all_taken = [](const std::shared_ptr<Flight> &flight) {
    return flight->next < flight->batch->messages().size();
  };
  std::unique_lock lock(mutex_);
  auto found = flights_.end();
  work_came_.wait(lock, [&] {
    found = std::find_if(flights_.begin(), flights_.end(), not_all_taken);
    return found != flights_.end() || ending_;
  });
  return ending_ ? nullptr : *found;
}

void Pipelines::work(MessagePath &path) {
  try {
    while (const std::shared_ptr<Flight> flight = take()) {
      const std::vector<MessageBatch::Admitted> &messages = flight->batch->messages();
      while (!ending_) {
        // Not past the end, where end() begins to count.
        std::size_t at = flight->next;
        while (at < messages.size() && !flight->next.compare_exchange_weak(at, at + 1)) {
        }
        if (at >= messages.size())
          break;
        take(path, messages[at]);
        if (flight->routed.fetch_add(1) + 1 == messages.size())
          landed();
      }
    }
  } catch (...) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      if (failure_ == nullptr)
        failure_ = std::current_exception();
    }
    work_came_.notify_all();
    room_came_.notify_all();
  }
}

void Pipelines::take(MessagePath &path, const MessageBatch::Admitted &admitted) {
  RetryDelay delay = retry_;
  while (!path.take(admitted.message, admitted.era)) {
    std::unique_lock lock(mutex_);
    if (work_came_.wait_for(lock, delay.next(), [this] { return !may_wait_ || ending_; })) {
      lock.unlock();
      path.wait_no_more(admitted.message);
      return;
    }
  }
}

void Pipelines::landed() {
  std::int64_t reached = INT64_MIN;
  {
    const std::lock_guard lock(mutex_);
    while (!flights_.empty() && flights_.front()->routed == flights_.front()->batch->messages().size()) {
      for (const MessageBatch::Admitted &admitted : flights_.front()->batch->messages())
        reached = std::max(reached, admitted.message.timestamp);
      flights_.pop_front();
    }
  }
  room_came_.notify_all();
  // Only now: what is on its way may still go into the intervals before it.
  if (reached != INT64_MIN)
    blocks_.reach(reached);
}

} // namespace jetcapture::host
