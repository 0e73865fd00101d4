#include "restore/message_digest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace jetcapture::host;

namespace {

Sha256 digest_of(const std::vector<WholeMessage> &messages) {
  MessageDigest digest;
  for (const WholeMessage &message : messages)
    digest.add(message);
  CHECK(digest.messages() == messages.size());
  return digest.end();
}

} // namespace

TEST_CASE("messages that differ in anything have another digest") {
  const std::string large(100'000, 'x');
  const WholeMessage first = {1, 10, "orders.a", "", "one"};
  const WholeMessage second = {2, 20, "orders.b", "NATS/1.0\r\n\r\n", large};
  const Sha256 digest = digest_of({first, second});
  CHECK((digest_of({first, second}) == digest));
  const std::string other_large = large.substr(1) + "y";
  for (const WholeMessage &other : {WholeMessage{3, 20, second.subject, second.headers, second.data},
                                    WholeMessage{2, 21, second.subject, second.headers, second.data},
                                    WholeMessage{2, 20, "orders.c", second.headers, second.data},
                                    WholeMessage{2, 20, second.subject, "NATS/1.0\r\n\n\r", second.data},
                                    WholeMessage{2, 20, second.subject, "", second.data},
                                    WholeMessage{2, 20, "orders.", "bNATS/1.0\r\n\r\n", second.data},
                                    WholeMessage{2, 20, second.subject, second.headers, other_large}})
    CHECK_FALSE((digest_of({first, other}) == digest));
  CHECK_FALSE((digest_of({first}) == digest));
  CHECK_FALSE((digest_of({second, first}) == digest));
  CHECK_FALSE((digest_of({first, second, {3, 30, "", "", ""}}) == digest));
}
