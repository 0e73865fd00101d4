#include "azure/errors.hpp"

#include "http/verdict.hpp"
#include "http/xml.hpp"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string_view>

#include <curl/curl.h>

namespace jetcapture::plugins {

namespace {

// The service takes fifteen minutes; an answer that says another time than this is told.
constexpr std::time_t most_skew = 300;

template <std::size_t N>
bool is_one_of(const std::string &code, const std::string_view (&codes)[N]) {
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

bool is_skewed(const Answer &answer) {
  const std::string date(answer.header("date"));
  const std::time_t of_service = date.empty() ? -1 : ::curl_getdate(date.c_str(), nullptr);
  return of_service > 0 && std::abs(of_service - std::time(nullptr)) > most_skew;
}

// The first line: what follows are an id and a time.
std::string message_of(const Answer &answer) {
  const std::string message = xml_text(answer.body, "Message");
  const std::string detail = xml_text(answer.body, "AuthenticationErrorDetail");
  const std::string text = !detail.empty()    ? detail.substr(0, 200)
                           : !message.empty() ? message.substr(0, message.find_first_of("\r\n"))
                                              : words_of(answer);
  return text.empty() ? "" : " (" + text + ")";
}

std::string fix_of_credentials(const AzurePlace &place, const Authorization &authorization) {
  switch (authorization.kind()) {
  case Authorization::Kind::key:
    return "the account key is not that of the account " + place.account() + "; correct account-key or account";
  case Authorization::Kind::signature:
    return "the shared access signature is wrong, has expired, or is for another container; give a new one as sas";
  case Authorization::Kind::token:
    break;
  }
  return "the token of " + authorization.description() + " is refused; check that its tenant is that of the account";
}

} // namespace

std::string azure_code(const Answer &answer) {
  const std::string code(answer.header("x-ms-error-code"));
  const std::string message = answer.ok() ? "" : xml_text(answer.body, "Message");
  // Azurite has other codes for these.
  if (code == "AuthorizationFailure" && message.starts_with("Server failed to authenticate"))
    return "AuthenticationFailed";
  if (code == "InvalidOperation" && message.find("contentMD5 doesn't match") != std::string::npos)
    return "Md5Mismatch";
  return code.empty() && !answer.ok() ? xml_text(answer.body, "Code") : code;
}

bool is_passing_in_azure(const std::string &code) {
  constexpr std::string_view codes[] = {"ContainerBeingDeleted", "Crc64Mismatch",    "IncompleteBody",
                                        "InternalError",         "InvalidBlockList", "Md5Mismatch",
                                        "OperationTimedOut",     "ServerBusy",       "RequestTimeout"};
  return is_one_of(code, codes);
}

bool is_taken_in_azure(const Refusal &refusal) {
  return refusal.code() == "BlobAlreadyExists" || (refusal.status() == 412 && refusal.code() == "ConditionNotMet");
}

bool lacks_right(const std::string &code) {
  constexpr std::string_view codes[] = {"AuthorizationFailure", "AuthorizationPermissionMismatch",
                                        "AuthorizationResourceTypeMismatch", "AuthorizationServiceMismatch",
                                        "InsufficientAccountPermissions"};
  return is_one_of(code, codes);
}

std::string azure_advice(const Answer &answer, const std::string &code, const Ask &ask, const AzurePlace &place,
                         const Authorization &authorization) {
  const std::string begin = "can't " + ask.what + ": ";
  if (const std::string elsewhere = code.empty() ? misdirected(answer, place.scheme(), "url") : ""; !elsewhere.empty())
    return begin + elsewhere;
  const std::string where = place.container() + " at " + place.origin();
  if (code == "ContainerNotFound")
    return begin + "there is no container " + where +
           "; make it, correct --store-opt container=, or give create-container=true";
  const bool unknown = code == "AuthenticationFailed" || code == "InvalidAuthenticationInfo" ||
                       code == "NoAuthenticationInformation" || answer.status == 401;
  if ((unknown || answer.status == 403) && is_skewed(answer))
    return begin + "this machine's clock differs too much from the service's, which says " +
           std::string(answer.header("date")) + "; set the clock, by NTP for example";
  if (unknown)
    return begin + fix_of_credentials(place, authorization) + message_of(answer);
  if (code == "AuthorizationProtocolMismatch")
    return begin + "the shared access signature allows https only; write https into url";
  if (code == "AccountRequiresHttps")
    return begin + "the account takes https only; write https:// for http:// into --store-opt url=";
  if (code == "AuthorizationSourceIPMismatch")
    return begin +
           "the shared access signature or the account's firewall does not allow this machine's address; allow it";
  if (lacks_right(code) || answer.status == 403)
    return begin + authorization.description() + " lacks the right to do so in the container " + where + "; grant " +
           ask.right +
           (authorization.kind() == Authorization::Kind::signature
                ? ""
                : ", or allow this machine in the account's firewall") +
           message_of(answer);
  return begin + "the service refuses it with " + std::to_string(answer.status) + " " + code + message_of(answer) +
         (answer.status == 501 && ask.method == "PUT" ? "; leave out the option access-tier where it is given" : "");
}

} // namespace jetcapture::plugins
