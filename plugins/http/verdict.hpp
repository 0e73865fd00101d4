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
// 429, 5xx but 501). Nothing where the answer is the service's own matter. what: "put x into the bucket y". detail: the
// service's words, or "". fix_of_host: what to correct where the host has a wrong name, or "". Throws Misconfigured
// where the server's certificate is not trusted, or a proxy lets nothing through.
std::optional<Verdict> judge_transport(const Answer &answer, const std::string &what, const std::string &detail,
                                       const std::string &fix_of_host = "");

// For an answer of 2xx that does not prove that the service has done it: made again.
Verdict unproved(const Answer &answer, const std::string &what, const std::string &service);

// For an answer that shows that the URL is not the service's: a redirect that is not the service's own, or the words of
// a port that speaks https. What follows "can't …: ", with the fix. setting: "endpoint", whose value has that scheme.
// "" for every other answer.
std::string misdirected(const Answer &answer, const std::string &scheme, const std::string &setting);

// What the body of an error says, where it is not of the service's own form, such as a page of a proxy: without tags,
// on one line, and not more than a few lines of a log. "" where it says nothing.
std::string words_of(const Answer &answer);

// "200 with text/html", for sentences.
std::string shown(const Answer &answer);

} // namespace jetcapture::plugins
