// Whether the NATS user may restore a stream, proven by doing all that it takes in a way that changes nothing.
#pragma once

#include "nats/connection.hpp"

#include <string>
#include <vector>

namespace jetcapture::host {

// The subjects that the user may not publish to. api_prefix: of the JetStream API. Throws NoAnswer: the user may not
// subscribe to the answers, or the connection was lost.
std::vector<std::string> refused_to_restore(Connection &connection, const std::string &inbox_prefix,
                                            const std::string &api_prefix, const std::string &stream);

} // namespace jetcapture::host
