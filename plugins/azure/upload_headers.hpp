// The headers that say how a blob is kept: type, encoding, tier, hash, and metadata with the manifest's figures.
#pragma once

#include "http/digest.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// The metadata that holds the SHA-256 of all bytes, which stat() gives. Names are C# identifiers there: no hyphens.
constexpr std::string_view sha256_metadata = "jetcapture_sha256";

// What the user chose for all blobs.
struct BlobChoices {
  std::string tier; // "": the account's
  bool says_encoding;
};

// For a put of a blob, and for the list that makes one of blocks. md5: of all bytes; the service keeps it, and gives it
// to those that read; it compares it with the bytes of a put alone.
std::vector<Header> blob_headers(const Object &object, const BlobChoices &choices, const Md5 &md5);

} // namespace jetcapture::plugins
