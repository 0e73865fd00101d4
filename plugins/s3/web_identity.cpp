#include "s3/web_identity.hpp"

#include "http/encoding.hpp"
#include "http/variables.hpp"
#include "http/xml.hpp"

#include <ctime>

namespace jetcapture::plugins {

namespace {

Credentials fetch(const WebIdentity &identity, Sessions &sessions, const TimeLimit &time_limit) {
  Credentials credentials;
  const auto request = [&] {
    const std::string token = token_of_file(identity.token_file, "the web identity token");
    const std::string session = identity.session_name.empty() ? "jetcapture" : identity.session_name;
    return Request{
        "POST",
        identity.token_service + "/",
        {{"Content-Type", "application/x-www-form-urlencoded"}},
        Body("Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=" + percent_encoded(identity.role_arn) +
             "&RoleSessionName=" + percent_encoded(session) + "&WebIdentityToken=" + percent_encoded(token))};
  };
  const auto judge = [&](const Answer &answer) {
    const std::string code = xml_text(answer.body, "Code");
    const std::string what = "get credentials for the role " + identity.role_arn + " from " + identity.token_service;
    if (const auto verdict = judge_transport(answer, what, code))
      return *verdict;
    if (code == "IDPCommunicationError")
      return Verdict{Verdict::Next::again, "can't " + what + ": " + xml_text(answer.body, "Message")};
    credentials = {xml_text(answer.body, "AccessKeyId"), xml_text(answer.body, "SecretAccessKey"),
                   xml_text(answer.body, "SessionToken"), time_of(xml_text(answer.body, "Expiration"))};
    if (!answer.ok() || credentials.access_key.empty() || credentials.secret_key.empty())
      throw Misconfigured("can't " + what + ": " + std::to_string(answer.status) + " " +
                          (code.empty() ? words_of(answer) : code + " " + xml_text(answer.body, "Message")) +
                          "; check the role's trust in the issuer of the token in " + identity.token_file);
    return Verdict{};
  };
  sessions.run({request, judge}, time_limit);
  return credentials;
}

} // namespace

CredentialSource web_identity_source(WebIdentity identity, Sessions &sessions) {
  return {"the web identity for " + identity.role_arn,
          [identity, &sessions](const TimeLimit &time_limit) { return fetch(identity, sessions, time_limit); }, true};
}

std::optional<std::chrono::system_clock::time_point> time_of(const std::string &text) {
  std::tm parts{};
  const char *const rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr)
    return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

} // namespace jetcapture::plugins
