#include "log/time_text.hpp"

#include <cstdio>
#include <ctime>

namespace jetcapture::host {

std::string time_text(std::int64_t nanoseconds) {
  constexpr std::int64_t second = 1'000'000'000;
  std::int64_t fraction = nanoseconds % second;
  std::time_t seconds = nanoseconds / second;
  if (fraction < 0) {
    fraction += second;
    seconds--;
  }
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%09lldZ", static_cast<long long>(fraction));
  return text;
}

std::string short_time_text(std::int64_t nanoseconds) {
  std::string text = time_text(nanoseconds);
  text.pop_back();
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.'))
    text.pop_back();
  return text + 'Z';
}

} // namespace jetcapture::host
