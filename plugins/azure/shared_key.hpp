// "Authorize with Shared Key" of the Azure Storage REST API, as the Blob service wants it since version 2015-02-21.
#pragma once

#include "http/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

struct SharedKeyParts {
  std::string_view account;
  std::string_view method;
  std::string_view path; // encoded, from the first slash
  const std::vector<std::pair<std::string, std::string>> &query;
  const std::vector<Header> &headers; // names in lower case; those of x-ms- and the standard ones are signed
  std::uint64_t content_length = 0;
};

// The text that is signed.
std::string shared_key_text(const SharedKeyParts &parts);

// The value of the header Authorization. key: the account's, as bytes.
std::string shared_key_authorization(std::string_view key, const SharedKeyParts &parts);

} // namespace jetcapture::plugins
