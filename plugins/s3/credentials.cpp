#include "s3/credentials.hpp"

#include "http/variables.hpp"
#include "s3/metadata_service.hpp"
#include "s3/profile.hpp"
#include "s3/web_identity.hpp"

namespace jetcapture::plugins {

namespace {

CredentialSource fixed(std::string description, Credentials credentials) {
  return {std::move(description), [credentials](const TimeLimit &) { return credentials; }, false};
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
    return profile_source(settings.profile, true, settings.token_service, sessions).value();
  if (!variable("AWS_ACCESS_KEY_ID").empty() && !variable("AWS_SECRET_ACCESS_KEY").empty())
    return fixed("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                 {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"), variable("AWS_SESSION_TOKEN"), {}});
  if (!variable("AWS_ACCESS_KEY_ID").empty())
    throw Misconfigured("AWS_ACCESS_KEY_ID is set without AWS_SECRET_ACCESS_KEY; set both or neither");
  if (!variable("AWS_WEB_IDENTITY_TOKEN_FILE").empty() && !variable("AWS_ROLE_ARN").empty())
    return web_identity_source({variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN"),
                                variable("AWS_ROLE_SESSION_NAME"), settings.token_service},
                               sessions);
  const std::string named = chosen_profile("");
  if (auto source = profile_source(named.empty() ? "default" : named, !named.empty(), settings.token_service, sessions))
    return *source;
  if (auto source = container_source(sessions))
    return *source;
  return instance_source(sessions);
}

} // namespace jetcapture::plugins
