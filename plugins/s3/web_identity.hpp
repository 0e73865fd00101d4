// Credentials of a role for a token in a file, by the token service (STS, AssumeRoleWithWebIdentity); so work
// Kubernetes' service accounts.
#pragma once

#include "s3/credentials.hpp"

#include <string>

namespace jetcapture::plugins {

struct WebIdentity {
  std::string token_file; // read again at each renewal
  std::string role_arn;
  std::string session_name;  // "": jetcapture
  std::string token_service; // URL
};

CredentialSource web_identity_source(WebIdentity identity, Sessions &sessions);

// "2026-11-24T13:00:00Z", fractions passed over; nothing where it is no such time.
std::optional<std::chrono::system_clock::time_point> time_of(const std::string &text);

} // namespace jetcapture::plugins
