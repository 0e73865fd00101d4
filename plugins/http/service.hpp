// A storage service: signed requests and judged answers. What a service has of its own is in the classes that are
// derived.
#pragma once

#include "http/encoding.hpp"
#include "http/session.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jetcapture::plugins {

// One request to the service.
struct Ask {
  std::string what;  // "put x", for sentences
  std::string right; // "s3:PutObject", for sentences
  std::string method;
  std::string key; // "" is the bucket or the container itself
  Query query = {};
  std::vector<Header> headers = {}; // names in lower case
  Body body = {};
  std::string payload_sha256 = {}; // hexadecimal, where the service wants it; "" where there is no body
  std::function<void(std::string_view)> sink = nullptr;
  // Whether an answer of 2xx shows that the service has done it, since a web server says 200 to anything; nullptr: it
  // need not.
  bool (*proof)(const Answer &) = nullptr;
};

// What an answer is for: what a request was signed with.
struct Sent {
  std::string region;
  std::uint64_t generation = 0; // of the credentials
};

// Any thread.
class Service {
public:
  Service(const Service &) = delete;
  Service &operator=(const Service &) = delete;

  // The answer of 2xx, or one with an error that allowed() takes by its code. Throws Retry and Misconfigured, with a
  // sentence.
  using Allowed = std::function<bool(const Answer &, const std::string &code)>;
  Answer ask(const Ask &ask, const TimeLimit &time_limit, const Allowed &allowed = nullptr);
  // The same with the request made anew for each try.
  Answer ask_anew(const std::function<Ask()> &make, const TimeLimit &time_limit, const Allowed &allowed = nullptr);
  // Up to most at once: next() gives requests and what takes their answers.
  struct Task {
    Ask ask;
    std::function<void(const Answer &)> done;
    Allowed allowed = nullptr;
  };
  void ask_many(unsigned most, const std::function<std::optional<Task>()> &next, const TimeLimit &time_limit);

  // An object's bytes from begin to before end, which it has, to the sink; after a broken connection it goes on where
  // it was. ask: without sink and range.
  void get(const Ask &ask, std::uint64_t begin, std::uint64_t end, const std::function<void(std::string_view)> &sink,
           const TimeLimit &time_limit);

  Host host() const { return host_; }

protected:
  Service(Persistence persistence, Host host) : host_(host), sessions_(persistence) {}
  ~Service() = default;

  virtual Request request(const Ask &ask, const TimeLimit &time_limit, Sent &sent) = 0;
  virtual Verdict judge(const Answer &answer, const Ask &ask, const Sent &sent, const Allowed &allowed) = 0;

  const Host host_;
  Sessions sessions_;

private:
  Call call(std::function<Ask()> make, const TimeLimit &time_limit, Allowed allowed,
            std::function<void(const Answer &)> done);
};

} // namespace jetcapture::plugins
