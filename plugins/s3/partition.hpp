// The partitions of AWS, which have names of hosts of their own (partitions.json of the AWS tools).
#pragma once

#include <string>

namespace jetcapture::plugins {

// Which of a service's hosts is asked.
struct HostKind {
  bool fips = false;
  bool dual_stack = false;
};

// service: "s3" or "sts". "s3.eu-west-1.amazonaws.com", "s3-fips.dualstack.eu-west-1.amazonaws.com". A region of no
// known partition is taken for one of the usual. Throws Misconfigured where AWS has no such host.
std::string aws_host(const std::string &service, const std::string &region, HostKind kind = {});

} // namespace jetcapture::plugins
