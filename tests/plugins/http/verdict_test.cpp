// What answers mean that are not the service's own.
#include "http/verdict.hpp"
#include "jetcapture/plugin.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace jetcapture::plugins;

namespace {

Answer answer_of(long status, const std::string &body, std::vector<Header> headers = {}) {
  Answer answer;
  answer.status = status;
  answer.body = body;
  answer.headers = std::move(headers);
  return answer;
}

std::string words(const std::string &body) {
  return words_of(answer_of(400, body));
}

} // namespace

TEST_CASE("the words of a page are its text on one line, without tags, style sheets and programs") {
  CHECK(words("<html>\n<style>a { color: red }</style><SCRIPT>1 < 2</SCRIPT><h1>Not</h1>\r\n\there</html>") ==
        "Not here");
  CHECK(words("{\"message\":\"Forbidden\"}") == "{\"message\":\"Forbidden\"}");
  CHECK(words("").empty());
  CHECK(words("<").empty());
  CHECK(words("<style").empty());
  CHECK(words(" <p").empty());
  CHECK(words("a < b") == "a");
}

TEST_CASE("the words of a long page end after 200 bytes, never within a character, and what is no text has none") {
  CHECK(words(std::string(1000, 'x')) == std::string(200, 'x'));
  CHECK(words("x" + std::string(100, '\xc3')) == "x");
  std::string umlauts = "x";
  for (int i = 0; i < 200; i++)
    umlauts += "\xc3\xa4";
  CHECK(words(umlauts) == umlauts.substr(0, 199));
  CHECK(words("\xff\xfe\xfd").empty());
}

TEST_CASE("what has not been implemented does not pass, as other trouble of a server does") {
  for (const long status : {408L, 425L, 429L, 500L, 502L, 503L, 504L, 507L}) {
    const auto verdict = judge_transport(answer_of(status, "<p>so it is</p>"), "put x", "");
    REQUIRE(verdict.has_value());
    CHECK(verdict->next == Verdict::Next::again);
    CHECK(verdict->sentence == "can't put x: the service answers " + std::to_string(status) + " so it is");
  }
  for (const long status : {200L, 400L, 403L, 501L})
    CHECK_FALSE(judge_transport(answer_of(status, ""), "put x", "").has_value());
  CHECK_THROWS_AS(judge_transport(answer_of(407, ""), "put x", ""), jetcapture::Misconfigured);
}

TEST_CASE("an answer is misdirected only by a redirect with a place, or by the words of a port that speaks https") {
  const Header location{"location", "https://other/x?signature=secret"};
  CHECK(misdirected(answer_of(302, "", {location}), "http", "url") ==
        "it answers 302 and points to https://other/x; write https:// for http:// into --store-opt url=, with the port "
        "that it names");
  CHECK(misdirected(answer_of(302, "", {location}), "https", "url") ==
        "it answers 302 and points to https://other/x, so this is not the service itself; correct --store-opt url=");
  CHECK(misdirected(answer_of(302, ""), "http", "url").empty());
  CHECK(misdirected(answer_of(201, "", {location}), "http", "url").empty());
  const std::string go = "Client sent an HTTP request to an HTTPS server.\n";
  CHECK(misdirected(answer_of(400, go), "http", "url") ==
        "the port speaks https; write https:// for http:// into --store-opt url=");
  CHECK(misdirected(answer_of(400, go), "https", "url").empty());
  CHECK(misdirected(answer_of(403, go), "http", "url").empty());
}
