// AZURE_STORAGE_CONNECTION_STRING, as the portal shows it ("Configure Azure Storage connection strings").
#pragma once

#include <string>
#include <string_view>

namespace jetcapture::plugins {

struct ConnectionString {
  std::string account;
  std::string account_key; // or
  std::string sas;
  std::string url; // of the account's blobs

  // "Name=Value;Name=Value": names in any case; UseDevelopmentStorage=true is Azurite at its usual place. text "": all
  // is "". Throws Misconfigured where it names no account. What it says is not told, since it has a secret in it.
  static ConnectionString of(std::string_view text);
};

} // namespace jetcapture::plugins
