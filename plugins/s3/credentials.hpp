// Credentials for AWS services, and where they come from.
#pragma once

#include "http/session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
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

struct CredentialSource {
  std::string description; // "the profile backup", for sentences
  // Throws Retry or Misconfigured.
  std::function<Credentials(const Patience &)> fetch;
  bool renewable = false; // another fetch may give others
};

// What the user said; what is empty comes from the environment, files and services in the order of the AWS tools.
struct CredentialSettings {
  std::string access_key, secret_key, session_token, profile;
  std::string region; // of the token service, for web identity
};

// The first source that is configured: options, profile option, environment, web identity, profile files, container, instance metadata.
// Throws Misconfigured where options contradict each other.
CredentialSource find_credentials(const CredentialSettings &settings, Sessions &sessions);

// Keeps them, and renews them before they expire. Any thread; one renews while the others wait.
class CredentialKeeper {
public:
  explicit CredentialKeeper(CredentialSource source) : source_(std::move(source)) {}

  // Fetches them where there are none yet or they expire soon. Throws as the source does, unless those that are there still hold.
  Credentials get(const Patience &patience);
  // After the service has called those of this generation expired: get() fetches others. False: there can be no others.
  bool renew(std::uint64_t generation);
  const std::string &description() const { return source_.description; }

private:
  const CredentialSource source_;
  std::mutex mutex_;
  std::optional<Credentials> current_;
  bool refused_ = false;
  std::uint64_t generations_ = 0;
};

} // namespace jetcapture::plugins
