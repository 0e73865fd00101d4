// Where a container is: "https://ACCOUNT.blob.core.windows.net/CONTAINER", or with the account in the path, as Azurite
// has it.
#pragma once

#include "http/encoding.hpp"

#include <string>
#include <string_view>

namespace jetcapture::plugins {

class AzurePlace {
public:
  // Each may be "" where another one says it: url with or without the container at its end. Throws Misconfigured with
  // what is missing or contradicts itself.
  AzurePlace(const std::string &account, const std::string &container, const std::string &url);

  const std::string &account() const { return account_; }
  const std::string &container() const { return container_; }
  std::string origin() const { return service_.scheme + "://" + service_.authority; }
  const std::string &scheme() const { return service_.scheme; }
  bool encrypted() const { return scheme() == "https"; }
  bool on_loopback() const;
  // Of a blob, or of the container where blob is "". Encoded, from the first slash.
  std::string path(std::string_view blob) const;
  // For people, not encoded.
  std::string url(std::string_view blob) const;

private:
  Url service_; // its path is empty, or the account
  std::string account_;
  std::string container_;
};

} // namespace jetcapture::plugins
