// Places in a block's life where a test can kill the host: JETCAPTURE_FAULT_POINT="after-intent:3" ends the process, as
// by SIGKILL, when it comes there for the third time. Nothing of it is in a normal build.
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
inline void fault_point(std::string_view name) {
  static const std::string wanted = [] {
    const char *variable = std::getenv("JETCAPTURE_FAULT_POINT");
    return std::string(variable == nullptr ? "" : variable);
  }();
  static const std::size_t colon = wanted.find(':');
  static std::atomic<long> left{colon == std::string::npos ? 1 : std::atol(wanted.c_str() + colon + 1)};
  if (std::string_view(wanted).substr(0, colon) == name && --left == 0)
    std::raise(SIGKILL);
}
#else
constexpr void fault_point(const char *) {}
#endif

} // namespace jetcapture::host
