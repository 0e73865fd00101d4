// What a check found. A check that returns has passed; otherwise it throws one of these.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace jetcapture::host {

enum class Outcome { passed, warned, skipped, failed };

constexpr std::string_view to_string(Outcome outcome) {
  switch (outcome) {
  case Outcome::passed:
    return "passed";
  case Outcome::warned:
    return "warned";
  case Outcome::skipped:
    return "skipped";
  case Outcome::failed:
    return "failed";
  }
  return "";
}

struct Finding {
  Outcome outcome;
  std::string sentence;
};

[[noreturn]] inline void fail(std::string sentence) {
  throw Finding{Outcome::failed, std::move(sentence)};
}
[[noreturn]] inline void warn(std::string sentence) {
  throw Finding{Outcome::warned, std::move(sentence)};
}
[[noreturn]] inline void skip(std::string reason) {
  throw Finding{Outcome::skipped, std::move(reason)};
}
inline void require(bool holds, const std::string &sentence) {
  if (!holds)
    fail(sentence);
}

} // namespace jetcapture::host
