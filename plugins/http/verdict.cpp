#include "http/verdict.hpp"

#include "http/ascii.hpp"
#include "jetcapture/plugin.hpp"

#include <algorithm>

namespace jetcapture::plugins {

namespace {

constexpr std::size_t most_words = 200; // bytes

// The end of what begins with a tag at the front of the text: of the tag, or of a style sheet or a program.
std::size_t end_of_tag(std::string_view text) {
  const std::string name = lower(text.substr(1, 6));
  std::size_t from = 0;
  if (name.starts_with("style") || name == "script")
    from = std::min(text.find("</"), text.size());
  return std::min(text.find('>', from), text.size() - 1) + 1;
}

[[noreturn]] void refuse_proxy(const std::string &what, long status) {
  const std::string begin = "can't " + what + ": the proxy ";
  if (status == 407)
    throw Misconfigured(begin + "wants a user and a password (407); write them into the variable that names it, as in "
                                "https_proxy=http://USER:PASSWORD@HOST:PORT");
  throw Misconfigured(begin + "refuses to connect, with " + std::to_string(status) +
                      "; allow the host there, or name it in NO_PROXY");
}

// A port that wants TLS and got plain HTTP: so say Go, nginx and Apache, with 400.
bool wants_https(const Answer &answer) {
  constexpr std::string_view phrases[] = {"HTTP request to an HTTPS server",
                                          "plain HTTP request was sent to HTTPS port",
                                          "plain HTTP to an SSL-enabled server port"};
  const std::string words = answer.status == 400 ? words_of(answer) : "";
  return std::any_of(std::begin(phrases), std::end(phrases),
                     [&](std::string_view phrase) { return words.find(phrase) != std::string::npos; });
}

} // namespace

std::optional<Verdict> judge_transport(const Answer &answer, const std::string &what, const std::string &detail,
                                       const std::string &fix_of_host) {
  if (answer.untrusted)
    throw Misconfigured("can't " + what + ": the server's certificate is not trusted (" + answer.broken +
                        "); install its authority's certificate on this machine, or name it in SSL_CERT_FILE");
  const long of_proxy = answer.status == 407 ? answer.status : answer.of_proxy;
  if (of_proxy == 401 || of_proxy == 403 || of_proxy == 405 || of_proxy == 407)
    refuse_proxy(what, of_proxy);
  if (!answer.broken.empty())
    return Verdict{
        Verdict::Next::again,
        "can't " + what + ": " + answer.broken +
            (answer.unknown_host && !fix_of_host.empty() ? "; where its name is wrong, " + fix_of_host : "")};
  const bool passes = answer.status == 408 || answer.status == 425 || answer.status == 429 ||
                      (answer.status >= 500 && answer.status != 501);
  if (!passes)
    return std::nullopt;
  const std::string words = detail.empty() ? words_of(answer) : detail;
  return Verdict{Verdict::Next::again,
                 "can't " + what + ": the service answers " + std::to_string(answer.status) +
                     (words.empty() ? "" : " " + words),
                 answer.retry_after()};
}

Verdict unproved(const Answer &answer, const std::string &what, const std::string &service) {
  return {Verdict::Next::again, "can't " + what + ": the answer, " + shown(answer) + ", is not what " + service +
                                    " says when it has done so; look at what stands between here and the service"};
}

std::string misdirected(const Answer &answer, const std::string &scheme, const std::string &setting) {
  const std::string option = "--store-opt " + setting + "=";
  if (scheme == "http" && wants_https(answer))
    return "the port speaks https; write https:// for http:// into " + option;
  const std::string_view location = answer.header("location");
  if (answer.status < 300 || answer.status >= 400 || location.empty())
    return "";
  const std::string points = "it answers " + std::to_string(answer.status) + " and points to " +
                             std::string(location.substr(0, std::min(location.find('?'), most_words)));
  if (scheme == "http" && lower(location.substr(0, 8)) == "https://")
    return points + "; write https:// for http:// into " + option + ", with the port that it names";
  return points + ", so this is not the service itself; correct " + option;
}

std::string words_of(const Answer &answer) {
  std::string words;
  std::string_view rest = answer.body;
  while (!rest.empty() && words.size() <= most_words) {
    const char c = rest.front();
    const bool blank = c == '<' || static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!blank)
      words += c;
    else if (!words.empty() && words.back() != ' ')
      words += ' ';
    rest.remove_prefix(c == '<' ? end_of_tag(rest) : 1);
  }
  words = trimmed(words.substr(0, most_words));
  while (!jetcapture_is_utf8(text(words))) // cut in the middle of a character, or no text
    words.pop_back();
  return words;
}

std::string shown(const Answer &answer) {
  const std::string type(answer.header("content-type"));
  return std::to_string(answer.status) + " with " +
         (answer.body.empty() ? "an empty body"
          : type.empty()      ? "a body without a type"
                              : type);
}

} // namespace jetcapture::plugins
