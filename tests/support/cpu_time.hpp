// What a piece of work costs the calling thread, to compare work of one size with work of another: what grows with the
// square of its size is found on any machine, however slow or busy it is.
#pragma once

#include <chrono>
#include <ctime>
#include <functional>

namespace jetcapture::test {

inline std::chrono::nanoseconds cpu_time(const std::function<void()> &work) {
  const auto now = [] {
    std::timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  const std::chrono::nanoseconds begin = now();
  work();
  return now() - begin;
}

// Whether work of four times the size costs clearly less than sixteen times as much. work: makes that size.
inline bool grows_with_its_size(std::size_t size, const std::function<void(std::size_t)> &work) {
  const auto one = cpu_time([&] { work(size); });
  const auto four = cpu_time([&] { work(4 * size); });
  return four < 9 * one;
}

} // namespace jetcapture::test
