// Profiles in ~/.aws/credentials and ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE).
#pragma once

#include "s3/credentials.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

using ProfileValues = std::map<std::string, std::string>;

// By names in lower case; a setting that is indented below another one is "outer.inner".
std::string value_of(const ProfileValues &values, const std::string &name);

// The profile that is chosen: by the option, AWS_PROFILE or AWS_DEFAULT_PROFILE; "" where none is.
std::string chosen_profile(const std::string &option);

// Of both files together; the credentials file wins. Nothing where neither has it.
std::optional<ProfileValues> read_profile(const std::string &name);

// What the config file has in the section "[services NAME]", such as "s3.endpoint_url"; nothing where name is "".
ProfileValues read_services(const std::string &name);

// Nothing where the profile has no credentials; required: throws Misconfigured then. token_service: URL, for web
// identity. Read again when the service says that they expired.
std::optional<CredentialSource> profile_source(const std::string &name, bool required, const std::string &token_service,
                                               Sessions &sessions);

} // namespace jetcapture::plugins
