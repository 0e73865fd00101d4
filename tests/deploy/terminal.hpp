// A program under a pseudo-terminal of a test, and what its screen shows.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace jetcapture::test {

class Terminal {
public:
  // Standard input, output and error are a terminal of that many columns.
  Terminal(const std::vector<std::string> &command, const std::map<std::string, std::string> &environment,
           unsigned short columns);
  ~Terminal(); // kills what still runs
  Terminal(const Terminal &) = delete;
  Terminal &operator=(const Terminal &) = delete;

  void signal(int number) const;
  // Takes the terminal away, as when its window is closed.
  void hang_up();
  // The exit status, or 128 + the signal that ended it; nullopt after the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);

  // All bytes that came.
  std::string bytes() const;
  // The lines that the screen shows, as a terminal makes them of the bytes: "\r" and "erase to the end of the line"
  // obeyed, colours left out. The last one is the line of the cursor.
  std::vector<std::string> screen() const;
  std::string last_line() const;

private:
  void read_on();

  pid_t pid_ = -1;
  int master_ = -1;
  std::optional<int> status_;
  mutable std::mutex mutex_;
  std::string bytes_;
  std::atomic<bool> ending_{false};
  std::thread reader_;
};

} // namespace jetcapture::test
