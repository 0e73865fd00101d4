// How requests to a container are authorised: by the account's key, by a shared access signature, or by a token of
// Entra.
#pragma once

#include "azure/entra.hpp"
#include "azure/place.hpp"
#include "http/message.hpp"
#include "http/service.hpp"

#include <optional>
#include <string>
#include <vector>

namespace jetcapture::plugins {

// What the user said; what is empty comes from the environment.
struct AzureCredentials {
  std::string account_key, sas;
  std::string tenant, client, client_secret;

  // No key, no signature, no secret.
  bool are_none() const { return account_key.empty() && sas.empty() && client_secret.empty(); }
};

// Any thread.
class Authorization {
public:
  enum class Kind { key, signature, token };

  // The first that is there: key, signature, client secret, federated token, managed identity. Throws Misconfigured.
  Authorization(const AzureCredentials &given, const AzurePlace &place, Sessions &sessions);

  // Adds what the kind needs to the headers; what it adds to the URL's query is the answer, "" for nothing. Throws as
  // the token's source.
  std::string authorize(const Ask &ask, const AzurePlace &place, std::vector<Header> &headers,
                        const TimeLimit &time_limit, Sent &sent);
  // After the service has refused a token: whether another one may help.
  bool renew(const Sent &sent) { return token_ && token_->renew(sent.generation); }
  Kind kind() const { return kind_; }
  const std::string &description() const { return description_; }

private:
  Kind kind_ = Kind::token;
  std::string description_;
  std::string key_; // bytes
  std::string sas_; // without a question mark
  std::optional<Renewed<Token>> token_;
};

} // namespace jetcapture::plugins
