// The store "s3" on a server of the tests.
#pragma once

#include "services/store_objects.hpp"
#include "support/services.hpp"

#include <string>

namespace jetcapture::test {

// more comes last, and so holds against what is usual.
inline Given s3_on(const std::string &url, Given more = {}) {
  Given given{"bucket=blocks", "endpoint=" + url, std::string("access-key=") + S3Server::access_key,
              std::string("secret-key=") + S3Server::secret_key};
  given.insert(given.end(), more.begin(), more.end());
  return given;
}

} // namespace jetcapture::test
