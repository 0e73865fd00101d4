// What an answer means for the call: it is done, or is to be made again. An answer that no other try would change is
// thrown.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace jetcapture::plugins {

struct Verdict {
  enum class Next { done, again, at_once } next = Next::done; // at_once: something was renewed, such as a token
  std::string sentence = {};                                  // why again
  std::optional<std::chrono::seconds> pause = std::nullopt;   // as the service wishes
};

// For what every service has in common: connections that break, time-outs, throttling, trouble of the server (408, 425,
// 429, 5xx). Nothing where the answer is the service's own matter. what: "put x into the bucket y". detail: the
// service's words, or "". Throws Misconfigured where the server's certificate is not trusted.
std::optional<Verdict> judge_transport(const Answer &answer, const std::string &what, const std::string &detail);

// For an answer of 2xx that does not prove that the service has done it: made again.
Verdict unproved(const Answer &answer, const std::string &what, const std::string &service);

// "200 with text/html", for sentences.
std::string shown(const Answer &answer);

} // namespace jetcapture::plugins
