#include "log/line_limit.hpp"

#include <utility>

namespace jetcapture::host {

std::optional<std::uint64_t> LineLimit::admit(Clock::time_point now) {
  const MutexLock lock(mutex_);
  if (!begin_ || now - *begin_ >= interval_) {
    begin_ = now;
    admitted_ = 0;
  }
  if (admitted_ == lines_) {
    held_back_++;
    return std::nullopt;
  }
  admitted_++;
  return std::exchange(held_back_, 0);
}

} // namespace jetcapture::host
