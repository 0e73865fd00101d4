#include "http/page.hpp"

#include "http/object_key.hpp"

#include <algorithm>

namespace jetcapture::plugins {

Page::Page(std::string_view prefix, std::string_view after, std::uint64_t limit, const jetcapture_visitor &visitor)
    : own_(prefix.empty() ? 0 : prefix.size() + 1), after_(after.empty() ? "" : key_prefix(prefix, after)),
      visitor_(visitor), rest_(limit == 0 ? UINT64_MAX : limit) {}

void Page::take(const std::string &key, std::uint64_t bytes) {
  if (!last_.empty() && key <= last_)
    throw Misconfigured("the service does not list objects in the order of their names (" + key + " comes after " +
                        last_ + "), which is needed here; use a bucket or an account of another kind");
  last_ = key;
  if (is_full() || key <= after_)
    return;
  rest_--;
  hand_on(visitor_.name(&visitor_, text(std::string_view(key).substr(own_)), bytes));
}

std::uint64_t Page::at_once(std::uint64_t most) const {
  return std::min(most, rest_);
}

} // namespace jetcapture::plugins
