// What fault points do in a program that a test kills: it stands before the one of the host's library.
#include "threads/fault_point.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>

namespace jetcapture::host {

namespace {

// "name:times", as a variable of the environment has it.
class WantedPoint {
public:
  explicit WantedPoint(const char *variable) {
    const char *value = std::getenv(variable);
    name_ = value == nullptr ? "" : value;
    if (const std::size_t colon = name_.find(':'); colon != std::string::npos) {
      left_ = std::atol(name_.c_str() + colon + 1);
      name_.resize(colon);
    }
  }
  bool is_here(std::string_view name) { return name_ == name && --left_ == 0; }

private:
  std::string name_;
  std::atomic<long> left_{1};
};

} // namespace

void fault_point(const char *name) {
  static WantedPoint end("JETCAPTURE_FAULT_POINT");
  static WantedPoint pause("JETCAPTURE_STOP_POINT");
  if (end.is_here(name))
    std::raise(SIGKILL);
  if (pause.is_here(name))
    std::raise(SIGSTOP);
}

} // namespace jetcapture::host
