// Where a bucket is reached: the URL of a key, by host ("bucket.s3.eu-west-1.amazonaws.com") or by path
// ("host:9000/bucket").
#pragma once

#include "http/encoding.hpp"
#include "s3/partition.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace jetcapture::plugins {

class Place {
public:
  // endpoint: "" for AWS's of the region. path_style: without it by path at an endpoint that is given, since few other
  // services have a host for each bucket, and by host at AWS. kind: of AWS's hosts. Throws Misconfigured: an endpoint
  // that is no URL, a bucket that can't be one.
  Place(std::string bucket, const std::string &endpoint, std::optional<bool> path_style, HostKind kind = {});

  const std::string &bucket() const { return bucket_; }
  // "bucket.host" or "host", without a scheme: also the header Host.
  std::string authority(const std::string &region) const;
  std::string scheme() const { return endpoint_.scheme; }
  // Encoded, from the first slash; key "" is the bucket itself.
  std::string path(std::string_view key) const;
  // What to correct where the host has a wrong name.
  std::string fix_of_host() const;
  // For sentences.
  std::string shown(const std::string &region) const { return bucket_ + " at " + host(region); }

private:
  std::string host(const std::string &region) const;

  std::string bucket_;
  Url endpoint_;
  bool of_aws_;
  HostKind kind_;
  bool path_style_;
};

} // namespace jetcapture::plugins
