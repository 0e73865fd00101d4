// Tokens of Microsoft Entra for Azure Storage: by a client's secret, by a federated token in a file (workload
// identity), or from the machine (managed identity).
#pragma once

#include "http/renewed.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace jetcapture::plugins {

struct Token {
  std::string text;
  std::optional<std::chrono::system_clock::time_point> expires;
  std::uint64_t generation = 0;
};

struct EntraClient {
  std::string authority; // "https://login.microsoftonline.com"
  std::string tenant;
  std::string client;
  std::string secret;     // or
  std::string token_file; // read again at each renewal
};

Source<Token> entra_source(EntraClient client, Sessions &sessions);

// IDENTITY_ENDPOINT with IDENTITY_HEADER (App Service, Functions, Container Apps), or the instance metadata service at
// AZURE_POD_IDENTITY_AUTHORITY_HOST or its usual address. client: of a user-assigned identity, or "".
Source<Token> managed_identity_source(std::string client, Sessions &sessions);

} // namespace jetcapture::plugins
