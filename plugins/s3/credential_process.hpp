// Credentials that a command prints: credential_process of a profile ("Sourcing credentials with an external process"
// of the AWS CLI's user guide).
#pragma once

#include "s3/credentials.hpp"

#include <string>

namespace jetcapture::plugins {

// The command is run by /bin/sh, with the host's standard error as its own, and again before its credentials end or
// when the service says that they have. It is ended, with what it has started, when it takes longer than a minute, and
// when time_limit ends. profile: for sentences.
CredentialSource process_source(const std::string &profile, const std::string &command);

} // namespace jetcapture::plugins
