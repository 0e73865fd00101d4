// A request to a service, and its answer.
#pragma once

#include "http/body.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace jetcapture::plugins {

using Header = std::pair<std::string, std::string>;

struct Request {
  std::string method;
  std::string url; // encoded already: it is sent as it stands
  std::vector<Header> headers;
  Body body = {};
  // Takes the bytes of an answer of 2xx instead of Answer::body. With the header "range" those of a 206 alone: a
  // service that answers 200 has passed the range over, and gives all bytes.
  std::function<void(std::string_view)> sink = nullptr;
  // For services of this machine itself: past any proxy of the environment.
  bool direct = false;
};

struct Answer {
  long status = 0;             // 0: none came
  std::string broken;          // why none came, or not to its end
  bool untrusted = false;      // broken, because the server's certificate is not trusted
  bool unknown_host = false;   // broken, because no address is known for the URL's host
  long of_proxy = 0;           // broken: what a proxy answered that was to connect to the service; 0: nothing
  std::vector<Header> headers; // names in lower case
  std::string body;

  bool ok() const { return broken.empty() && status >= 200 && status < 300; }
  // The value of that name, written in lower case; "" where there is none.
  std::string_view header(std::string_view name) const;
  // Of Retry-After, in seconds or as a date.
  std::optional<std::chrono::seconds> retry_after() const;
};

// A size that a service gave. Throws Retry where it is no number.
std::uint64_t size_in(std::string_view text);

// Metadata takes printable ASCII: all else as %XX.
std::string header_text(std::string_view value);

} // namespace jetcapture::plugins
