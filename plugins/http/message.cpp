#include "http/message.hpp"

#include "http/encoding.hpp"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <system_error>

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

std::uint64_t size_in(std::string_view text) {
  std::uint64_t number = 0;
  const char *const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end)
    throw Retry("the service gave \"" + std::string(text.substr(0, 40)) + "\" where a size should be");
  return number;
}

std::string header_text(std::string_view value) {
  std::string text;
  for (const char c : value)
    text += c > 0x20 && c < 0x7f && c != '%' ? std::string(1, c) : percent_encoded(std::string_view(&c, 1));
  return text;
}

} // namespace jetcapture::plugins
