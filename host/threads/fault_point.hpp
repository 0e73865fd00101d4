// Places in a block's life where a test can kill the host: JETCAPTURE_FAULT_POINT="after-intent:3" ends the process, as
// by SIGKILL, when it comes there for the third time. JETCAPTURE_STOP_POINT stops it there, as by SIGSTOP, until the
// test lets it go on with SIGCONT. Nothing of it is in a normal build.
#pragma once

#ifdef JETCAPTURE_FAULT_POINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#endif

namespace jetcapture::host {

#ifdef JETCAPTURE_FAULT_POINTS
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

inline void fault_point(std::string_view name) {
  static WantedPoint end("JETCAPTURE_FAULT_POINT");
  static WantedPoint pause("JETCAPTURE_STOP_POINT");
  if (end.is_here(name))
    std::raise(SIGKILL);
  if (pause.is_here(name))
    std::raise(SIGSTOP);
}
#else
constexpr void fault_point(const char *) {}
#endif

} // namespace jetcapture::host
