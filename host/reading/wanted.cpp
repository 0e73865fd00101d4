#include "reading/wanted.hpp"

#include <algorithm>

namespace jetcapture::host {

namespace {

bool is_before_end(std::int64_t timestamp, std::int64_t to) {
  return timestamp < to || to == std::numeric_limits<std::int64_t>::max();
}

std::string_view take_token(std::string_view &rest, bool &is_last) {
  const std::size_t end = std::min(rest.find('.'), rest.size());
  const std::string_view token = rest.substr(0, end);
  is_last = end == rest.size();
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return token;
}

} // namespace

bool WantedMessages::may_be_in(const BlockLine &line) const {
  return line.first_sequence <= last_sequence && line.last_sequence >= first_sequence && line.last_timestamp >= from &&
         is_before_end(line.first_timestamp, to) && (!key || key(line.place.key));
}

bool WantedMessages::has(const WholeMessage &message) const {
  return message.sequence >= first_sequence && message.sequence <= last_sequence && message.timestamp >= from &&
         is_before_end(message.timestamp, to) && (subject.empty() || subject_fits(message.subject, subject));
}

bool subject_fits(std::string_view subject, std::string_view pattern) {
  while (true) {
    bool is_last = false, is_last_of_pattern = false;
    const std::string_view wanted = take_token(pattern, is_last_of_pattern);
    if (wanted == ">" && is_last_of_pattern)
      return true;
    const std::string_view token = take_token(subject, is_last);
    if (wanted != "*" && wanted != token)
      return false;
    if (is_last || is_last_of_pattern)
      return is_last && is_last_of_pattern;
  }
}

} // namespace jetcapture::host
