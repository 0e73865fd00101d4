// A child process of a test: its output in a file, its end waited for with a deadline; killed with its object.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace jetcapture::test {

class Program {
public:
  // environment: added to, or over, that of the test.
  Program(const std::vector<std::string> &command, const std::string &output_file,
          const std::map<std::string, std::string> &environment = {});
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  // Whether it is stopped, by SIGSTOP, before the deadline.
  bool stopped(std::chrono::milliseconds deadline) const;
  // The exit status, 128 + the signal that ended it, or nullopt after the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);
  // The most memory that it had, in bytes, once it has ended.
  std::uint64_t peak_memory() const { return peak_memory_; }
  // What it has written so far, standard output and error together.
  std::string output() const;

private:
  pid_t pid_ = -1;
  std::string output_file_;
  std::optional<int> status_;
  std::uint64_t peak_memory_ = 0;
};

// True as soon as condition() is; false after the deadline.
bool eventually(std::chrono::milliseconds deadline, const std::function<bool()> &condition);

// Lets so much time go by, for what waits for a time by itself (an ack_wait). Never for order.
void pass(std::chrono::milliseconds time);

} // namespace jetcapture::test
