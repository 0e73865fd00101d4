#include "nats/server_time.hpp"

#include <ctime>

namespace jetcapture::host {

std::int64_t nanoseconds_of(const std::string &text) {
  std::tm parts{};
  const char *rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr)
    return 0;
  std::int64_t fraction = 0;
  if (*rest == '.') {
    std::int64_t unit = 100'000'000;
    for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
      fraction += (*rest - '0') * unit;
  }
  std::int64_t time = 0;
  if (__builtin_mul_overflow(::timegm(&parts), std::int64_t{1'000'000'000}, &time) ||
      __builtin_add_overflow(time, fraction, &time))
    return 0;
  return time;
}

} // namespace jetcapture::host
