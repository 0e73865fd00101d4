// The headers that say how an object is kept: type, encoding, encryption, class, tags, and metadata with the manifest's
// figures.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// The metadata that holds the SHA-256 of all bytes, which stat() gives.
constexpr std::string_view sha256_metadata = "jetcapture-sha256";

// With it a put, or the end of an upload in parts, is refused where there is an object of that key.
inline const Header only_where_there_is_none{"if-none-match", "*"};

// What the user chose; "" leaves it to the bucket.
class UploadHeaders {
public:
  // Throws Misconfigured where options contradict each other or a tag is no NAME=VALUE.
  explicit UploadHeaders(const Options &given);

  // Names in lower case. For a put, and for the beginning of a multipart upload; without only_where_there_is_none.
  std::vector<Header> of(const Object &object) const;

private:
  std::vector<Header> chosen_;
  bool says_encoding_;
};

} // namespace jetcapture::plugins
