#include "s3/credentials.hpp"

#include "http/variables.hpp"
#include "s3/metadata_service.hpp"
#include "s3/profile.hpp"
#include "s3/web_identity.hpp"

namespace jetcapture::plugins {

namespace {

using namespace std::chrono_literals;

// The metadata services hand out new ones at least so long before the old ones end.
constexpr auto renew_before = 5min;
// With less than this the old ones are not used where new ones can't be had.
constexpr auto still_holds = 10s;

CredentialSource fixed(std::string description, Credentials credentials) {
  return {std::move(description), [credentials](const Patience &) { return credentials; }, false};
}

} // namespace

CredentialSource find_credentials(const CredentialSettings &settings, Sessions &sessions) {
  if (settings.access_key.empty() != settings.secret_key.empty())
    throw Misconfigured(std::string(settings.access_key.empty() ? "secret-key" : "access-key") + " is given without " +
                        (settings.access_key.empty() ? "access-key" : "secret-key") + "; give both or neither");
  if (!settings.access_key.empty())
    return fixed("the options access-key and secret-key",
                 {settings.access_key, settings.secret_key, settings.session_token, {}});
  if (!settings.session_token.empty())
    throw Misconfigured("session-token is given without access-key and secret-key; give all three or none");
  if (!settings.profile.empty())
    return profile_source(settings.profile, true, settings.region, sessions).value();
  if (!variable("AWS_ACCESS_KEY_ID").empty() && !variable("AWS_SECRET_ACCESS_KEY").empty())
    return fixed("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                 {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN"), {}});
  if (!variable("AWS_WEB_IDENTITY_TOKEN_FILE").empty() && !variable("AWS_ROLE_ARN").empty())
    return web_identity_source({variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN"),
                                variable("AWS_ROLE_SESSION_NAME"), settings.region},
                               sessions);
  const std::string named = variable("AWS_PROFILE");
  if (auto source = profile_source(named.empty() ? "default" : named, !named.empty(), settings.region, sessions))
    return *source;
  if (auto source = container_source(sessions))
    return *source;
  return instance_source(sessions);
}

Credentials CredentialKeeper::get(const Patience &patience) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::system_clock::now();
  if (current_ && !refused_ && (!current_->expires || *current_->expires > now + renew_before))
    return *current_;
  try {
    Credentials fetched = source_.fetch(patience);
    fetched.generation = ++generations_;
    current_ = std::move(fetched);
    refused_ = false;
  } catch (const Failure &) {
    if (!current_ || refused_ || *current_->expires < now + still_holds)
      throw;
  }
  return *current_;
}

bool CredentialKeeper::renew(std::uint64_t generation) {
  const std::lock_guard lock(mutex_);
  if (generation == generations_)
    refused_ = source_.renewable;
  return source_.renewable;
}

} // namespace jetcapture::plugins
