#include "s3/bucket.hpp"

#include "http/digest.hpp"

#include <ctime>

namespace jetcapture::plugins {

namespace {

std::string time_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

} // namespace

Bucket::Bucket(Place place, std::string region, CredentialSettings credentials, Persistence persistence, Host host)
    : Service(persistence, host), place_(std::move(place)), credentials_(find_credentials(credentials, sessions_)),
      region_(std::move(region)) {}

std::string Bucket::region() const {
  const std::lock_guard lock(mutex_);
  return region_;
}

Request Bucket::request(const Ask &ask, const TimeLimit &time_limit, Sent &sent) {
  static const std::string of_nothing = hex(bytes_of(sha256_of("")));
  const Credentials credentials = credentials_.get(time_limit);
  sent = {region(), credentials.generation};
  const std::string path = place_.path(ask.key);
  const std::string query = canonical_query(ask.query);
  const std::string time = time_now();
  const std::string &payload = ask.payload_sha256.empty() ? of_nothing : ask.payload_sha256;

  std::vector<Header> headers = ask.headers;
  headers.emplace_back("host", place_.authority(sent.region));
  headers.emplace_back("x-amz-date", time);
  headers.emplace_back("x-amz-content-sha256", payload);
  if (!credentials.session_token.empty())
    headers.emplace_back("x-amz-security-token", credentials.session_token);
  headers.emplace_back("authorization",
                       authorization({credentials.access_key, credentials.secret_key, sent.region, "s3"},
                                     {ask.method, path, query, headers, payload, time}));
  const std::string url =
      place_.scheme() + "://" + place_.authority(sent.region) + path + (query.empty() ? "" : "?" + query);
  return {ask.method, url, std::move(headers), ask.body, ask.sink};
}

Verdict Bucket::judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed) {
  const ServiceError error(answer);
  const std::string place = place_.shown(sent.region);
  const std::string what = ask.what + " in the bucket " + place;
  if (answer.ok() && error.code.empty())
    return ask.proof == nullptr || ask.proof(answer) ? Verdict{} : unproved(answer, what, "S3");
  if (answer.broken.empty() && allowed && allowed(answer, error.code))
    return {};
  if (answer.broken.empty() && is_not_implemented(answer, error))
    throw Refusal(advice(answer, error, ask.what, ask.right, place, credentials_.description()), answer.status,
                  error.code);
  if (const auto verdict = judge_transport(answer, what, error.code.empty() ? "" : error.code + ": " + error.message,
                                           place_.fix_of_host()))
    return *verdict;
  if (is_passing(error))
    return {Verdict::Next::again, "can't " + what + ": " + error.code + ": " + error.message, answer.retry_after()};
  const auto found = other_region(answer, error);
  if (found && *found != sent.region) {
    const std::lock_guard lock(mutex_);
    if (region_ != *found)
      host_.warn("the bucket " + place_.bucket() + " is in the region " + *found + ", not " + sent.region +
                 ", and is asked there now; give --store-opt region=" + *found);
    region_ = *found;
    return {Verdict::Next::at_once, "can't " + what + ": it is in the region " + *found};
  }
  // To the same region: names of a new bucket are not known everywhere yet.
  if (answer.status == 307 && (found || !error.code.empty()))
    return {Verdict::Next::again,
            "can't " + what + ": the service asks to try again elsewhere (307 " + error.code + ")"};
  if (const std::string elsewhere = misdirected(answer, place_.scheme(), "endpoint");
      error.code.empty() && !elsewhere.empty())
    throw Refusal("can't " + what + ": " + elsewhere, answer.status, error.code);
  const std::string sentence = advice(answer, error, ask.what, ask.right, place, credentials_.description());
  if (is_expired(error) && credentials_.renew(sent.generation))
    return {Verdict::Next::at_once, sentence};
  throw Refusal(sentence, answer.status, error.code);
}

} // namespace jetcapture::plugins
