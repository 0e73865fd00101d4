// AWS Signature Version 4 ("Authenticating Requests: Using the Authorization Header" of the S3 API reference).
//
// Ours, and not libcurl's CURLOPT_AWS_SIGV4: that of Debian 12 (7.88) sends no x-amz-content-sha256, without which
// services refuse all requests, and signs queries as they stand, neither sorted nor encoded.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

struct SigningKey {
  std::string access_key;
  std::string secret_key;
  std::string region;
  std::string service;
};

struct SignedParts {
  std::string_view method;
  std::string_view path;              // encoded, from the first slash
  std::string_view query;             // canonical
  const std::vector<Header> &headers; // all are signed; names in lower case; host and x-amz-date among them
  std::string_view payload_sha256;    // hexadecimal
  std::string_view time;              // "20130524T000000Z", as in x-amz-date
};

// The value of the header Authorization.
std::string authorization(const SigningKey &key, const SignedParts &parts);

} // namespace jetcapture::plugins
