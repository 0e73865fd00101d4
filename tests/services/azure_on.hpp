// The store "azure" on a server of the tests.
#pragma once

#include "services/store_objects.hpp"
#include "support/services.hpp"

#include <string>

namespace jetcapture::test {

// more comes last, and so holds against what is usual.
inline Given azure_on(const std::string &url, Given more = {}) {
  Given given{"container=blocks", "create-container=true", "url=" + url,
              std::string("account-key=") + AzureServer::key};
  given.insert(given.end(), more.begin(), more.end());
  return given;
}

} // namespace jetcapture::test
