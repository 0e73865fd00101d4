// A bucket as a service: signed requests, their answers judged, credentials renewed and the right region found on the way. Any thread.
#pragma once

#include "http/session.hpp"
#include "s3/credentials.hpp"
#include "s3/errors.hpp"
#include "s3/place.hpp"
#include "s3/sigv4.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// One request to the bucket.
struct Ask {
  std::string what;  // "put x", for sentences
  std::string right; // "s3:PutObject"
  std::string method;
  std::string key; // "" is the bucket itself
  Query query = {};
  std::vector<Header> headers = {}; // names in lower case
  Body body = {};
  std::string payload_sha256 = {}; // hexadecimal; "" where there is no body
  std::function<void(std::string_view)> sink = nullptr;
};

class Bucket {
public:
  Bucket(Place place, std::string region, CredentialSettings credentials, Persistence persistence, Host host);
  Bucket(const Bucket &) = delete;
  Bucket &operator=(const Bucket &) = delete;

  // The answer of 2xx, or one whose code allowed() takes. Throws Retry and Misconfigured, with a sentence.
  using Allowed = std::function<bool(const Answer &, const ServiceError &)>;
  Answer ask(const Ask &ask, const Patience &patience, const Allowed &allowed = nullptr);
  // The same with the request made anew for each try.
  Answer ask_anew(const std::function<Ask()> &make, const Patience &patience, const Allowed &allowed = nullptr);
  // Up to most at once: next() gives requests and what takes their answers.
  struct Task {
    Ask ask;
    std::function<void(const Answer &)> done;
  };
  void ask_many(unsigned most, const std::function<std::optional<Task>()> &next, const Patience &patience);

  const Place &place() const { return place_; }
  Host host() const { return host_; }

private:
  struct Sent {
    std::string region;
    std::uint64_t generation = 0;
  };
  Request signed_request(const Ask &ask, const Patience &patience, Sent &sent);
  Verdict judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed);
  Call call(std::function<Ask()> make, const Patience &patience, Allowed allowed,
            std::function<void(const Answer &)> done);
  std::string region() const;

  const Place place_;
  const Host host_;
  Sessions sessions_;
  CredentialKeeper credentials_;
  mutable std::mutex mutex_;
  std::string region_;
};

} // namespace jetcapture::plugins
