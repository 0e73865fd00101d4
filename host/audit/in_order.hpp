// Makes one thing after the other on several threads, some ahead of who takes them in their order: for stores that take
// their time to answer.
#pragma once

#include "threads/thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace jetcapture::host {

template <class Result>
class InOrder {
public:
  // make(0) to make(count - 1), each on one of the threads; at most ahead of them are made and not taken. Throws
  // NoThread.
  InOrder(std::size_t count, std::size_t threads, std::size_t ahead, std::function<Result(std::size_t)> make)
      : count_(count), ahead_(ahead), make_(std::move(make)) {
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
    changed_.wait(lock, [&] { return failure_ != nullptr || made_.contains(taken_); });
    if (!made_.contains(taken_))
      std::rethrow_exception(failure_);
    auto made = made_.extract(taken_++);
    changed_.notify_all();
    return std::move(made.mapped());
  }

private:
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

  // The number of the next one to be made; nullopt: there is none.
  std::optional<std::size_t> begin_one() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return ended_ || begun_ == count_ || begun_ < taken_ + ahead_; });
    if (ended_ || begun_ == count_)
      return std::nullopt;
    return begun_++;
  }

  void work() {
    while (const std::optional<std::size_t> number = begin_one())
      try {
        Result made = make_(*number);
        const std::lock_guard lock(mutex_);
        made_.emplace(*number, std::move(made));
        changed_.notify_all();
      } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        ended_ = true;
        changed_.notify_all();
      }
  }

  const std::size_t count_;
  const std::size_t ahead_;
  const std::function<Result(std::size_t)> make_;

  std::mutex mutex_; // of what follows
  std::condition_variable changed_;
  std::map<std::size_t, Result> made_;
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  bool ended_ = false;
  std::exception_ptr failure_;

  std::vector<std::jthread> threads_; // last: they use all else
};

} // namespace jetcapture::host
