// What a NATS server says of itself before anything else: the INFO line with which it greets each connection.
//
// nats.c reads it and keeps name and version to itself, so it is asked for once more, on a connection of its own that
// ends there.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace jetcapture::host {

struct ServerGreeting {
  std::string name = "not known";
  std::string version = "not known";
};

// url: nats://HOST:PORT, tls://HOST:PORT. [may block, up to timeout] A server that does not greet in time, or only
// behind TLS, is not known.
ServerGreeting greeting_of(const std::string &url, std::chrono::milliseconds timeout);

// The same of the line itself, as in `INFO {"server_name":"a","version":"2.9.10",…}`.
ServerGreeting parse_greeting(std::string_view line);

} // namespace jetcapture::host
