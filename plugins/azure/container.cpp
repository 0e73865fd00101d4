#include "azure/container.hpp"

#include <ctime>

namespace jetcapture::plugins {

namespace {

// The oldest with all that is used here; Azure Stack and older Azurites know it too.
constexpr const char *protocol_version = "2020-10-02";

// RFC 1123, in English whatever the locale is.
std::string time_now() {
  constexpr const char *days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char *months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char numbers[32];
  const std::size_t size = std::strftime(numbers, sizeof numbers, "%Y %H:%M:%S GMT", &parts);
  const std::string day = (parts.tm_mday < 10 ? "0" : "") + std::to_string(parts.tm_mday);
  return std::string(days[parts.tm_wday]) + ", " + day + " " + months[parts.tm_mon] + " " + std::string(numbers, size);
}

} // namespace

Request Container::request(const Ask &ask, const TimeLimit &time_limit, Sent &sent) {
  std::vector<Header> headers = ask.headers;
  headers.emplace_back("x-ms-date", time_now());
  headers.emplace_back("x-ms-version", protocol_version);
  const std::string signature = authorization_.authorize(ask, place_, headers, time_limit, sent);
  std::string query = canonical_query(ask.query);
  if (!signature.empty())
    query += (query.empty() ? "" : "&") + signature;
  return {ask.method, place_.origin() + place_.path(ask.key) + (query.empty() ? "" : "?" + query), std::move(headers),
          ask.body, ask.sink};
}

Verdict Container::judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed) {
  const bool of_service = !answer.header("x-ms-request-id").empty();
  if (of_service)
    known_ = true;
  if (answer.ok()) {
    if (of_service && (ask.method != "PUT" || answer.status == 201))
      return {};
    if (!known_)
      throw Misconfigured("can't " + ask.what + ": " + place_.origin() + " is not an Azure Blob service: it answers " +
                          shown(answer) + "; correct --store-opt url= or account=");
    return unproved(answer, ask.what + " in the container " + place_.container() + " at " + place_.origin(),
                    "Azure Blob Storage");
  }
  const std::string code = azure_code(answer);
  if (answer.broken.empty() && allowed && allowed(answer, code))
    return {};
  const std::string what = ask.what + " in the container " + place_.container() + " at " + place_.origin();
  if (const auto verdict = judge_transport(answer, what, code, "correct --store-opt account= or url="))
    return *verdict;
  if (is_passing_in_azure(code))
    return {Verdict::Next::again, "can't " + what + ": " + code, answer.retry_after()};
  const std::string sentence = azure_advice(answer, code, ask, place_, authorization_);
  if ((answer.status == 401 || code == "AuthenticationFailed") && authorization_.renew(sent))
    return {Verdict::Next::at_once, sentence};
  throw Refusal(sentence, answer.status, code);
}

} // namespace jetcapture::plugins
