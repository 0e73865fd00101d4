// What a listing of a service has for list(): the names that are wanted, checked for their order.
#pragma once

#include "jetcapture/plugin.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

// prefix: of the store. after: a name, without that prefix; limit: 0 is none.
class Page {
public:
  Page(std::string_view prefix, std::string_view after, std::uint64_t limit, const jetcapture_visitor &visitor);

  // Hands a key of the listing on to the visitor, unless it is not greater than after. Throws Misconfigured where the
  // service does not list in the order of bytes, and what the visitor refuses with.
  void take(const std::string &key, std::uint64_t bytes);
  // All that were asked for are there.
  bool is_full() const { return rest_ == 0; }
  // The key that names are to be greater than; "" where that is any.
  const std::string &after() const { return after_; }
  // How many the service may give at once, where it gives most of them at most.
  std::uint64_t at_once(std::uint64_t most) const;

private:
  const std::size_t own_; // bytes of a key that are not the name's
  const std::string after_;
  const jetcapture_visitor &visitor_;
  std::uint64_t rest_;
  std::string last_;
};

} // namespace jetcapture::plugins
