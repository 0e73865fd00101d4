#include "http/verdict.hpp"

namespace jetcapture::plugins {

std::optional<Verdict> judge_transport(const Answer &answer, const std::string &what, const std::string &detail) {
  if (answer.untrusted)
    throw Misconfigured("can't " + what + ": the server's certificate is not trusted (" + answer.broken +
                        "); install its authority's certificate on this machine, or name it in SSL_CERT_FILE");
  if (!answer.broken.empty())
    return Verdict{Verdict::Next::again, "can't " + what + ": " + answer.broken};
  if (answer.status == 408 || answer.status == 425 || answer.status == 429 || answer.status >= 500)
    return Verdict{Verdict::Next::again,
                   "can't " + what + ": the service answers " + std::to_string(answer.status) +
                       (detail.empty() ? "" : " " + detail),
                   answer.retry_after()};
  return std::nullopt;
}

Verdict unproved(const Answer &answer, const std::string &what, const std::string &service) {
  return {Verdict::Next::again, "can't " + what + ": the answer, " + shown(answer) + ", is not what " + service +
                                    " says when it has done so; look at what stands between here and the service"};
}

std::string shown(const Answer &answer) {
  const std::string type(answer.header("content-type"));
  return std::to_string(answer.status) + " with " +
         (answer.body.empty() ? "an empty body"
          : type.empty()      ? "a body without a type"
                              : type);
}

} // namespace jetcapture::plugins
