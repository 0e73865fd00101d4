#include "azure/authorization.hpp"

#include "azure/shared_key.hpp"
#include "http/variables.hpp"

namespace jetcapture::plugins {

namespace {

std::string or_variable(const std::string &given, const char *name) {
  return given.empty() ? variable(name) : given;
}

// The Azure tools take these before the identities of a workload and of a machine, which would be others.
void refuse_unknown_kinds(const std::string &tenant) {
  const auto refuse = [](const std::string &name, const std::string &what) {
    throw Misconfigured(name + " is set, but " + what +
                        " is not known here as credentials; unset it, or give client-secret, account-key or sas");
  };
  if (!tenant.empty() && !variable("AZURE_CLIENT_CERTIFICATE_PATH").empty())
    refuse("AZURE_CLIENT_CERTIFICATE_PATH", "a certificate");
  if (!variable("AZURE_USERNAME").empty() && !variable("AZURE_PASSWORD").empty())
    refuse("AZURE_USERNAME", "a user's password");
}

} // namespace

Authorization::Authorization(const AzureCredentials &given, const AzurePlace &place, Sessions &sessions) {
  const std::string key = given.are_none() ? variable("AZURE_STORAGE_KEY") : given.account_key;
  const std::string sas = given.are_none() ? variable("AZURE_STORAGE_SAS_TOKEN") : given.sas;
  if (!given.account_key.empty() && !given.sas.empty())
    throw Misconfigured("account-key and sas are both given; give one of them");
  if (!key.empty()) {
    const auto bytes = from_base64(key);
    if (!bytes)
      throw Misconfigured("the account key is no base64; copy it whole, as the portal shows it");
    kind_ = Kind::key;
    key_ = *bytes;
    description_ = "the key of the account " + place.account();
    return;
  }
  if (!sas.empty()) {
    kind_ = Kind::signature;
    sas_ = sas.starts_with('?') ? sas.substr(1) : sas;
    if (sas_.find("sig=") == std::string::npos || sas_.find_first_of(" \r\n#") != std::string::npos)
      throw Misconfigured(
          "the value of sas is no shared access signature; copy all that follows the question mark, sig= included");
    description_ = "the shared access signature";
    return;
  }
  if (!place.encrypted() && !place.on_loopback())
    throw Misconfigured("a token would go unencrypted to " + place.origin() + "; write https into url");
  const std::string tenant = or_variable(given.tenant, "AZURE_TENANT_ID");
  const std::string client = or_variable(given.client, "AZURE_CLIENT_ID");
  const std::string secret = or_variable(given.client_secret, "AZURE_CLIENT_SECRET");
  const std::string token_file = variable("AZURE_FEDERATED_TOKEN_FILE");
  if (!given.client_secret.empty() && (tenant.empty() || client.empty()))
    throw Misconfigured("client-secret is given without tenant-id and client-id; give all three");
  if (!client.empty() && (tenant.empty() || secret.empty()))
    refuse_unknown_kinds(tenant);
  std::string authority = or_variable("", "AZURE_AUTHORITY_HOST");
  if (authority.empty())
    authority = "https://login.microsoftonline.com";
  while (authority.ends_with('/'))
    authority.pop_back();
  if (!tenant.empty() && !client.empty() && (!secret.empty() || !token_file.empty()))
    token_.emplace(entra_source({authority, tenant, client, secret, token_file}, sessions));
  else
    token_.emplace(managed_identity_source(client, sessions));
  description_ = token_->description();
}

std::string Authorization::authorize(const Ask &ask, const AzurePlace &place, std::vector<Header> &headers,
                                     const TimeLimit &time_limit, Sent &sent) {
  if (kind_ == Kind::signature)
    return sas_;
  if (kind_ == Kind::token) {
    const Token token = token_->get(time_limit);
    sent.generation = token.generation;
    headers.emplace_back("authorization", "Bearer " + token.text);
    return "";
  }
  const std::string path = place.path(ask.key);
  headers.emplace_back("authorization", shared_key_authorization(key_, {place.account(), ask.method, path, ask.query,
                                                                        headers, ask.body.size()}));
  return "";
}

} // namespace jetcapture::plugins
