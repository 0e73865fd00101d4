// The environment that the AWS tools read, and a store "s3" that has its credentials from there.
#pragma once

#include "services/s3_on.hpp"
#include "support/http_proxy.hpp"

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>

namespace jetcapture::test {

// The environment of the AWS tools, for one test. Other tests are other processes.
struct Environment {
  Environment(std::initializer_list<std::pair<const char *, std::string>> variables) {
    for (const char *const name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE",
          "AWS_REGION", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS",
          "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"})
      ::unsetenv(name);
    ::setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    ::setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    ::setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    for (const auto &[name, value] : variables)
      ::setenv(name, value.c_str(), 1);
  }
};

inline Given without_keys(const std::string &url, Given more = {}) {
  Given given{"bucket=blocks", "endpoint=" + url};
  given.insert(given.end(), more.begin(), more.end());
  return given;
}

inline std::string header(const HttpRequest &request, const std::string &name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? "" : found->second;
}

inline bool works(TestStore &store) {
  Block block("x", "x");
  return store.created == JETCAPTURE_OK && store.put(block) == JETCAPTURE_OK;
}

} // namespace jetcapture::test
