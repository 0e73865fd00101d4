// Work in a child process: plug-in code that is only looked at must not be able to end, hang or change this process.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace jetcapture::host {

// How a child ended, and what it left.
struct ChildEnd {
  enum class How { answered, exited, killed_by_signal, timed_out };
  How how = How::answered;
  int number = 0;      // the exit status, or the signal
  std::string answer;  // what the work returned
  std::string printed; // on standard output and error, at most 64 KiB
};

// Forks, runs the work there with standard output and error caught, and waits for its end, at most limit; then it is
// killed. An exception of the work counts as exit status 1, with its sentence as answer. This process must have one
// thread only.
ChildEnd run_in_child(const std::function<std::string()> &work, std::chrono::milliseconds limit);

// "was killed by SIGSEGV (Segmentation fault)", "ended the process with exit status 3", "took more than 10 s"; with
// what it printed last.
std::string describe_end(const ChildEnd &end, std::chrono::milliseconds limit);

} // namespace jetcapture::host
