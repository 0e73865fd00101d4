// Profiles in ~/.aws/credentials and ~/.aws/config (AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE).
#pragma once

#include "s3/credentials.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

using ProfileValues = std::map<std::string, std::string>;

// The values of one section of an INI text, "[name]" or, in the config file, "[profile name]"; later ones win.
ProfileValues profile_values(std::string_view text, std::string_view section);

// Of both files together; the credentials file wins. Nothing where neither has it.
std::optional<ProfileValues> read_profile(const std::string &name);

// Nothing where the profile has no credentials; required: throws Misconfigured then. Read again when the service says
// that they expired.
std::optional<CredentialSource> profile_source(const std::string &name, bool required, const std::string &region,
                                               Sessions &sessions);

} // namespace jetcapture::plugins
