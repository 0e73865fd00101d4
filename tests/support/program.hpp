// A child process of a test: its output in a file, its end waited for with a deadline; killed with its object.
#pragma once

#include <chrono>
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
  // The exit status, 128 + the signal that ended it, or nullopt after the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline);
  // What it has written so far, standard output and error together.
  std::string output() const;

private:
  pid_t pid_ = -1;
  std::string output_file_;
  std::optional<int> status_;
};

// True as soon as condition() is; false after the deadline.
bool eventually(std::chrono::milliseconds deadline, const std::function<bool()> &condition);

} // namespace jetcapture::test
