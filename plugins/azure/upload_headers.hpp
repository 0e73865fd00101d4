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

// tier: "" leaves it to the account. md5: of all bytes; the service keeps it, and gives it to those that read.
std::vector<Header> blob_headers(const Object &object, const std::string &tier, const Md5 &md5);

} // namespace jetcapture::plugins
