// How many threads a queue has.
#include "threads/worker_threads.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>

using namespace jetcapture::host;

namespace {

// Threads that only wait for their end.
struct Workers {
  std::vector<std::string> refusals;
  WorkerThreads threads{4,
                        [](const std::stop_token &stop) {
                          std::mutex mutex;
                          std::condition_variable_any ended;
                          std::unique_lock lock(mutex);
                          ended.wait(lock, stop, [] { return false; });
                        },
                        [this](const std::string &reason) { refusals.push_back(reason); }};
};

// While it lives, the system has no thread left.
struct NoThreadLeft {
  NoThreadLeft() { setenv("JETCAPTURE_THREAD_FAILS", "1", 1); }
  ~NoThreadLeft() { unsetenv("JETCAPTURE_THREAD_FAILS"); }
};

} // namespace

TEST_CASE("a queue has one thread until more pieces of work are there than threads and then one more for each") {
  Workers workers;
  CHECK(workers.threads.size() == 1);
  workers.threads.start_for(1);
  CHECK(workers.threads.size() == 1);
  workers.threads.start_for(2);
  CHECK(workers.threads.size() == 2);
  workers.threads.start_for(1);
  CHECK(workers.threads.size() == 2);
  for (std::size_t pieces = 3; pieces < 10; pieces++)
    workers.threads.start_for(pieces);
  CHECK(workers.threads.size() == 4);
  CHECK(workers.refusals.empty());
}

TEST_CASE("a further thread that can't be started is told once and is tried again with the next work") {
  Workers workers;
  {
    const NoThreadLeft none;
    workers.threads.start_for(2);
    workers.threads.start_for(3);
    CHECK(workers.threads.size() == 1);
    REQUIRE(workers.refusals.size() == 1);
    CHECK(workers.refusals[0].find("raise the limit of processes") != std::string::npos);
  }
  workers.threads.start_for(3);
  CHECK(workers.threads.size() == 2);
  const NoThreadLeft none;
  workers.threads.start_for(3);
  CHECK(workers.refusals.size() == 2);
}

TEST_CASE("a first thread that can't be started is an error of whoever wants it") {
  const NoThreadLeft none;
  CHECK_THROWS_AS(Workers(), NoThread);
}
