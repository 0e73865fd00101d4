#include "nats/permission_violations.hpp"
#include "nats/pull_refusals.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;

TEST_CASE("refused pull requests wait longer each time, up to ten seconds, until one is taken") {
  Log log(Level::error);
  PullRefusals refusals("nats consumer info S C", log);
  CHECK(refusals.trouble().empty());
  CHECK(refusals.note(409, "Exceeded MaxWaiting") == 500ms);
  CHECK(refusals.note(409, "Exceeded MaxWaiting") == 1s);
  for (int i = 0; i < 5; i++)
    refusals.note(400, "Bad Request");
  CHECK(refusals.note(400, "Bad Request") == 10s);
  CHECK(refusals.trouble().find("400 Bad Request") != std::string::npos);
  refusals.over();
  CHECK(refusals.trouble().empty());
  CHECK(refusals.note(400, "Bad Request") == 500ms);
  CHECK(refusals.counts() ==
        std::map<std::string, std::uint64_t>{{"400 Bad Request", 7}, {"409 Exceeded MaxWaiting", 2}});
}

TEST_CASE("a refusal is told once for each text, and the texts are bounded") {
  Log log(Level::info, LogFormat::json, -1);
  PullRefusals refusals("nats consumer info S C", log);
  for (int i = 0; i < 1000; i++)
    refusals.note(400, "text " + std::to_string(i % 100));
  CHECK(refusals.counts().size() == 17);
  CHECK(refusals.counts().at("other") == 840);
  CHECK(log.recent().size() == 17);
}

TEST_CASE("what may not be published to is known by the beginning of its subject and since when") {
  PermissionViolations violations;
  const auto now = PermissionViolations::Clock::now();
  CHECK(violations.note("Permissions Violation for Publish to \"$JS.ACK.S.C.0.7.0.0.0\"", now));
  CHECK(violations.note("Permissions Violation for Subscription to \"_INBOX.a.*\" using queue \"q\"", now));
  CHECK_FALSE(violations.note("Authorization Violation", now));
  CHECK(violations.publish_refused("$JS.ACK.S.C.", now));
  CHECK_FALSE(violations.publish_refused("$JS.ACK.S.C.", now + 1ns));
  CHECK_FALSE(violations.publish_refused("$JS.ACK.S.D.", now));
  CHECK_FALSE(violations.publish_refused("_INBOX", now));
  CHECK(violations.subscribe_refused("_INBOX.a", now));
  for (int i = 1; i <= 64; i++)
    violations.note("Permissions Violation for Publish to \"a." + std::to_string(i) + "\"", now + 1s);
  CHECK_FALSE(violations.publish_refused("$JS.ACK.S.C.", now));
  CHECK(violations.publish_refused("a.1", now));
}
