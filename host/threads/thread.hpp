// Threads that begin, or say in one sentence why they can't.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace jetcapture::host {

// A limit of the system was met; one sentence that names the fix.
struct NoThread : std::runtime_error {
  explicit NoThread(const std::string &reason)
      : std::runtime_error("a thread can't be started (" + reason +
                           "): raise the limit of processes (ulimit -u, TasksMax= of the service, the container's "
                           "pids limit) or of memory (ulimit -v)") {}
};

// Throws NoThread where the system has no thread left.
template <class Work>
std::jthread start_thread(Work work) {
  try {
    return std::jthread(std::move(work));
  } catch (const std::system_error &error) {
    throw NoThread(error.code().message());
  }
}

// Starts count threads; each calls work(stop, number). Where one can't be started, the others are ended before this
// throws: their stop tokens ask them to return, and end() has to wake those that look at something else.
template <class Work, class End>
void start_threads(std::vector<std::jthread> &threads, std::size_t count, const Work &work, const End &end) {
  try {
    for (std::size_t i = 0; i < count; i++)
      threads.push_back(start_thread([work, i](std::stop_token stop) { work(std::move(stop), i); }));
  } catch (...) {
    end();
    threads.clear(); // joins
    throw;
  }
}

} // namespace jetcapture::host
