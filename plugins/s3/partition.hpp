// The partitions of AWS, which have names of hosts of their own (partitions.json of the AWS tools).
#pragma once

#include <string>

namespace jetcapture::plugins {

// "s3.eu-west-1.amazonaws.com". A region of no known partition is taken for one of the usual.
std::string aws_host(const std::string &service, const std::string &region);

} // namespace jetcapture::plugins
