#include "http/message.hpp"

#include <charconv>
#include <ctime>

#include <curl/curl.h>

namespace jetcapture::plugins {

std::string_view Answer::header(std::string_view name) const {
  for (const auto &[found, value] : headers)
    if (found == name)
      return value;
  return "";
}

std::optional<std::chrono::seconds> Answer::retry_after() const {
  const std::string text(header("retry-after"));
  long seconds = 0;
  const char *const end = text.data() + text.size();
  if (text.empty())
    return std::nullopt;
  if (const auto read = std::from_chars(text.data(), end, seconds); read.ec == std::errc() && read.ptr == end)
    return std::chrono::seconds(std::max(0L, seconds));
  const std::time_t date = ::curl_getdate(text.c_str(), nullptr);
  if (date < 0)
    return std::nullopt;
  return std::chrono::seconds(std::max<std::time_t>(0, date - std::time(nullptr)));
}

} // namespace jetcapture::plugins
