// Credentials for AWS services, and where they come from.
#pragma once

#include "http/renewed.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace jetcapture::plugins {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;                                    // "" for keys that stay
  std::optional<std::chrono::system_clock::time_point> expires; // none: never, as far as one knows
  std::uint64_t generation = 0;                                 // of the keeper
};

using CredentialSource = Source<Credentials>;
using CredentialKeeper = Renewed<Credentials>;

// What the user said; what is empty comes from the environment, files and services in the order of the AWS tools.
struct CredentialSettings {
  std::string access_key, secret_key, session_token, profile;
  std::string token_service; // its URL (STS), for web identity
};

// The first source that is configured: options, profile option, environment, web identity, profile files, container,
// instance metadata. Throws Misconfigured where options contradict each other.
CredentialSource find_credentials(const CredentialSettings &settings, Sessions &sessions);

} // namespace jetcapture::plugins
