#include "s3/place.hpp"

#include "jetcapture/plugin.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

bool is_name(std::string_view bucket) {
  return bucket.size() >= 3 && bucket.size() <= 255 && std::all_of(bucket.begin(), bucket.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                  c == '_';
         });
}

// An address takes no bucket in front of it.
bool is_address(std::string_view authority) {
  const std::string_view host = authority.substr(0, authority.rfind(':'));
  return authority.starts_with('[') || host == "localhost" ||
         (!host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

} // namespace

Place::Place(std::string bucket, const std::string &endpoint, std::optional<bool> path_style, HostKind kind)
    : bucket_(std::move(bucket)), of_aws_(endpoint.empty()), kind_(kind) {
  if (!is_name(bucket_))
    throw Misconfigured(
        "the value of bucket, \"" + bucket_ +
        "\", is no name of a bucket; write the name alone, without s3:// or a path, which goes into prefix");
  const auto url = of_aws_ ? Url{"https", "", ""} : split_url(endpoint);
  if (!url)
    throw Misconfigured("the value of endpoint, \"" + endpoint +
                        "\", is no http or https URL; write one such as https://s3.example.com");
  endpoint_ = *url;
  // A certificate for *.host covers no bucket with dots.
  const bool dotted = bucket_.find('.') != std::string::npos && endpoint_.scheme == "https";
  path_style_ = path_style.value_or(!of_aws_) || dotted || is_address(endpoint_.authority);
}

std::string Place::host(const std::string &region) const {
  return of_aws_ ? aws_host("s3", region, kind_) : endpoint_.authority;
}

std::string Place::authority(const std::string &region) const {
  return path_style_ ? host(region) : bucket_ + "." + host(region);
}

std::string Place::path(std::string_view key) const {
  return endpoint_.path + (path_style_ ? "/" + bucket_ : "") + "/" + percent_encoded(key, true);
}

std::string Place::fix_of_host() const {
  if (of_aws_)
    return "correct --store-opt region=";
  return std::string(path_style_ ? "" : "give --store-opt path-style=true, or ") + "correct --store-opt endpoint=";
}

} // namespace jetcapture::plugins
