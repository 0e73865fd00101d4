// Credentials of the machine or the container that this runs in.
#pragma once

#include "s3/credentials.hpp"

#include <optional>

namespace jetcapture::plugins {

// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with the token that goes with it. Nothing where neither is set.
std::optional<CredentialSource> container_source(Sessions &sessions);

// The instance metadata service, version 2 (a session token first), at AWS_EC2_METADATA_SERVICE_ENDPOINT or its usual
// address. Its fetch throws Misconfigured, with all that was looked for, when there is none.
CredentialSource instance_source(Sessions &sessions);

} // namespace jetcapture::plugins
