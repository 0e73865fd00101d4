// Makes one thing after the other on several threads, some ahead of who takes them in their order: for stores that take
// their time to answer.
#pragma once

#include "threads/thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace jetcapture::host {

template <class Result>
class InOrder {
public:
  // What may be made and not taken: so many, which together weigh no more than that, but for one alone.
  struct Ahead {
    std::size_t count = 0;
    std::uint64_t weight = UINT64_MAX;
  };
  using Weigh = std::function<std::uint64_t(std::size_t)>;

  // make(0) to make(count - 1), each on one of the threads. weigh: called on any of them. Throws NoThread.
  InOrder(std::size_t count, std::size_t threads, Ahead ahead, Weigh weigh, std::function<Result(std::size_t)> make)
      : count_(count), ahead_(ahead), weigh_(std::move(weigh)), make_(std::move(make)), made_(ahead.count) {
    start_threads(
        threads_, std::min(threads, count), [this](const std::stop_token &, std::size_t) { work(); },
        [this] { end(); });
  }
  ~InOrder() {
    end();
    threads_.clear(); // joins
  }
  InOrder(const InOrder &) = delete;
  InOrder &operator=(const InOrder &) = delete;

  // The next one; nullopt: there is none left. Throws what making it threw.
  std::optional<Result> next() {
    std::unique_lock lock(mutex_);
    if (taken_ == count_)
      return std::nullopt;
    std::optional<Result> &made = made_[taken_ % made_.size()];
    is_made_.wait(lock, [&] { return failure_ != nullptr || made; });
    if (!made)
      std::rethrow_exception(failure_);
    std::optional<Result> result = std::exchange(made, std::nullopt);
    weight_ -= weigh_(taken_++);
    // Threads are woken for several at a time.
    if (waiting_ > 0 && begun_ - taken_ <= ahead_.count / 2)
      has_room_.notify_all();
    return result;
  }

private:
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    has_room_.notify_all();
  }

  bool has_room() const {
    return begun_ == taken_ || (begun_ < taken_ + ahead_.count && weight_ + weigh_(begun_) <= ahead_.weight);
  }

  // The number of the next one to be made; nullopt: there is none.
  std::optional<std::size_t> begin_one() {
    std::unique_lock lock(mutex_);
    waiting_++;
    has_room_.wait(lock, [&] { return ended_ || begun_ == count_ || has_room(); });
    waiting_--;
    if (ended_ || begun_ == count_)
      return std::nullopt;
    weight_ += weigh_(begun_);
    return begun_++;
  }

  void work() {
    while (const std::optional<std::size_t> number = begin_one())
      try {
        Result made = make_(*number);
        const std::lock_guard lock(mutex_);
        made_[*number % made_.size()] = std::move(made);
        if (*number == taken_)
          is_made_.notify_one();
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        ended_ = true;
        is_made_.notify_one();
        has_room_.notify_all();
      }
  }

  const std::size_t count_;
  const Ahead ahead_;
  const Weigh weigh_;
  const std::function<Result(std::size_t)> make_;

  std::mutex mutex_; // of what follows
  std::condition_variable is_made_;
  std::condition_variable has_room_;
  std::vector<std::optional<Result>> made_; // the one of a number at its remainder
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  std::size_t waiting_ = 0;  // threads
  std::uint64_t weight_ = 0; // of those that are begun and not taken
  bool ended_ = false;
  std::exception_ptr failure_;

  std::vector<std::jthread> threads_; // last: they use all else
};

} // namespace jetcapture::host
