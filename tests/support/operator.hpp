// A NATS operator with one account and its users, for servers that know users by JWT (docs.nats.io, "JWT
// authentication").
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace jetcapture::test {

// To add to a server's configuration: its operator, and an account that may use JetStream.
std::string operator_mode();

// The text of a credentials file of a user of that account; it expires after so long, or never.
std::string user_credentials(std::optional<std::chrono::seconds> lifetime = std::nullopt);

} // namespace jetcapture::test
