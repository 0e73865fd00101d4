#include "azure/connection_string.hpp"

#include "http/ascii.hpp"
#include "http/encoding.hpp"
#include "jetcapture/plugin.hpp"

#include <algorithm>
#include <map>

namespace jetcapture::plugins {

namespace {

// Azurite's, which everybody knows.
constexpr const char *development_account = "devstoreaccount1";
constexpr const char *development_key =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

std::map<std::string, std::string> values_of(std::string_view text) {
  std::map<std::string, std::string> values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    // A key ends with equals signs of its own.
    if (const std::size_t equals = part.find('='); equals != std::string_view::npos)
      values[lower(trimmed(part.substr(0, equals)))] = trimmed(part.substr(equals + 1));
  }
  return values;
}

std::string account_in(const std::string &url) {
  const auto parts = split_url(url);
  return parts ? parts->authority.substr(0, parts->authority.find('.')) : "";
}

} // namespace

ConnectionString ConnectionString::of(std::string_view text) {
  if (trimmed(text).empty())
    return {};
  auto values = values_of(text);
  if (lower(values["usedevelopmentstorage"]) == "true")
    return {development_account, development_key, "", std::string("http://127.0.0.1:10000/") + development_account};
  ConnectionString found{values["accountname"], values["accountkey"], values["sharedaccesssignature"],
                         values["blobendpoint"]};
  if (found.account.empty())
    found.account = account_in(found.url);
  if (found.account.empty())
    throw Misconfigured("AZURE_STORAGE_CONNECTION_STRING has no AccountName and no BlobEndpoint; copy it whole, as the "
                        "portal shows it");
  const auto or_else = [](const std::string &value, const char *usual) { return value.empty() ? usual : value; };
  if (found.url.empty())
    found.url = or_else(values["defaultendpointsprotocol"], "https") + "://" + found.account + ".blob." +
                or_else(values["endpointsuffix"], "core.windows.net");
  return found;
}

} // namespace jetcapture::plugins
