// Where a service of AWS is, as the environment and the files of the AWS tools say ("Service-specific endpoints" of the
// AWS SDKs reference).
#pragma once

#include "s3/partition.hpp"

#include <optional>
#include <string>

namespace jetcapture::plugins {

// service: "s3" or "sts". The first of AWS_ENDPOINT_URL_S3 (or _STS), AWS_ENDPOINT_URL, and of that profile the
// endpoint_url of the service in its services section and its own; "" where none is set, and with
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS. Throws Misconfigured where it is no URL.
std::string configured_endpoint(const std::string &service, const std::string &profile);

// As AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT say, else the profile's use_fips_endpoint and
// use_dualstack_endpoint.
HostKind configured_host_kind(const std::string &profile);

// As the addressing_style of the profile's S3 settings says; nothing where it leaves that open.
std::optional<bool> configured_path_style(const std::string &profile);

} // namespace jetcapture::plugins
