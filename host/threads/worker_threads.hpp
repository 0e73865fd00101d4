// The threads of one queue: one from the start, so that a system that has no thread left says so then, and the others
// once there is work for them. Where one of those can't be started, the ones that are there do the work.
#pragma once

#include "threads/thread.hpp"

#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace jetcapture::host {

class WorkerThreads {
public:
  // [each thread] Until it is told to stop, or by other means to end.
  using Work = std::function<void(const std::stop_token &stop)>;
  // Why one more can't be started, one sentence; once, until one can.
  using Refused = std::function<void(const std::string &reason)>;

  // Throws NoThread.
  WorkerThreads(std::size_t most, Work work, Refused refused)
      : most_(most), work_(std::move(work)), refused_(std::move(refused)) {
    threads_.push_back(start_thread(work_));
  }
  ~WorkerThreads() {
    for (std::jthread &thread : threads_)
      thread.request_stop();
  }
  WorkerThreads(const WorkerThreads &) = delete;
  WorkerThreads &operator=(const WorkerThreads &) = delete;

  // [by one thread at a time] So many pieces of work are waiting or in hand: starts one more thread, unless there are
  // as many, or all.
  void start_for(std::size_t pieces) {
    if (threads_.size() >= pieces || threads_.size() >= most_)
      return;
    try {
      threads_.push_back(start_thread(work_));
      refused_told_ = false;
    } catch (const NoThread &error) {
      if (!std::exchange(refused_told_, true))
        refused_(error.what());
    }
  }
  std::size_t size() const { return threads_.size(); }

private:
  const std::size_t most_;
  const Work work_;
  const Refused refused_;
  bool refused_told_ = false;
  std::vector<std::jthread> threads_; // last: they use all else
};

} // namespace jetcapture::host
