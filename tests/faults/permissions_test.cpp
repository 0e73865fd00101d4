#include "capture/watched_host.hpp"
#include "support/subscription.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

// The smallest set, as the README lists it.
const std::vector<std::string> needed = {
    "$JS.API.STREAM.INFO.S",    "$JS.API.CONSUMER.INFO.S.C",           "$JS.API.CONSUMER.MSG.NEXT.S.C",
    "$JS.API.STREAM.MSG.GET.S", "$JS.API.CONSUMER.DURABLE.CREATE.S.C", "$JS.ACK.S.C.>",
};
const std::string inbox = "_INBOX.>";

std::string quoted(const std::vector<std::string> &subjects) {
  std::string list;
  for (const std::string &subject : subjects)
    list += (list.empty() ? "\"" : ", \"") + subject + "\"";
  return "[" + list + "]";
}

std::string users(const std::vector<std::string> &publish, const std::string &subscribe = inbox) {
  return "authorization { users: [ { user: admin, password: pw }, { user: backup, password: pw, permissions: { "
         "publish: " +
         quoted(publish) + ", subscribe: \"" + subscribe + "\" } } ] }\n";
}

std::vector<std::string> without(const std::string &subject) {
  std::vector<std::string> rest = needed;
  std::erase(rest, subject);
  return rest;
}

std::string as(const std::string &user, const Server &server) {
  return "nats://" + user + ":pw@" + server.url().substr(server.url().find("//") + 2);
}

struct Limited {
  Server server;
  Client client;
  WatchedHost host;
  explicit Limited(const std::string &configuration)
      : server(configuration), client(as("admin", server)), host(as("backup", server)) {
    client.make_stream("S", {"s.>"});
  }
  void make_consumer() { client.make_consumer("S", "C", {{"ack_wait", 3600'000'000'000}}); }
};

} // namespace

TEST_CASE("with exactly the permissions that the README lists, a consumer is made, and all is captured and acked") {
  std::vector<std::string> all = needed;
  all.push_back("$JS.API.CONSUMER.LIST.S");
  Limited limited(users(all));
  limited.client.publish(500, over_three_subjects);
  CHECK_MESSAGE(limited.host.run({"--create-consumer", "--check"}) == 0, limited.host.output());
  CHECK_MESSAGE(limited.host.run({"--create-consumer", "--once"}) == 0, limited.host.output());
  CHECK(limited.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 500);
  CHECK(each_once(limited.host.sequences(), 500));
  CHECK(limited.host.lines_with("ermission").empty());
}

TEST_CASE(
    "without the permission to list consumers all is captured, and it is said that their configuration is not known") {
  Limited limited(users(needed));
  limited.client.publish(500, over_three_subjects);
  CHECK_MESSAGE(limited.host.run({"--create-consumer", "--once"}) == 0, limited.host.output());
  CHECK(each_once(limited.host.sequences(), 500));
  CHECK(limited.host.lines_with("not that of its other consumers").size() == 1);
}

TEST_CASE("each permission that is missing is named by --check and at the start, before anything is pulled") {
  for (const std::string &subject : needed) {
    CAPTURE(subject);
    Limited limited(users(without(subject)));
    const bool to_create = subject.find("CREATE") != std::string::npos;
    if (!to_create)
      limited.make_consumer();
    limited.client.publish(5, over_three_subjects);
    for (const char *mode : {"--check", "--once"}) {
      const bool only_warned = subject.find("MSG.GET") != std::string::npos;
      limited.host.start({mode, "--create-consumer"});
      CHECK_MESSAGE(limited.host.program().wait(20s) == (only_warned ? 0 : 2), limited.host.output());
      std::vector<std::string> named = limited.host.lines_with("no permission to publish to " + subject);
      CHECK_MESSAGE(named.size() == 1, limited.host.output());
      if (!to_create && !only_warned)
        CHECK(limited.client.consumer("S", "C")["delivered"]["consumer_seq"] == 0);
    }
  }
}

TEST_CASE("without the permission to subscribe to its inbox, the host says so") {
  Limited limited(users(needed, "elsewhere.>"));
  limited.make_consumer();
  limited.host.start({"--check"});
  CHECK(limited.host.program().wait(20s) == 2);
  CHECK_MESSAGE(limited.host.lines_with("no permission to subscribe to _INBOX.").size() == 1, limited.host.output());
}

TEST_CASE("a permission for inboxes of one token is too narrow for pulling, and --check says so") {
  Limited limited(users(needed, "_INBOX.*"));
  limited.make_consumer();
  limited.host.start({"--check"});
  CHECK(limited.host.program().wait(20s) == 2);
  CHECK_MESSAGE(limited.host.lines_with("no permission to subscribe to _INBOX.>").size() == 1, limited.host.output());
}

TEST_CASE("what does not answer although it is there is told with the permissions that may keep the answer back") {
  Server server;
  Client client(server.url());
  const Subscription mute(server.url(), "mute.>");
  Host host(server);
  host.start({"--check", "--js-api-prefix", "mute.API"});
  CHECK(host.program().wait(30s) == 2);
  CHECK_MESSAGE(host.lines_with("no answer came from mute.API.STREAM.INFO.S in 5s: ").size() == 1, host.output());
  CHECK_MESSAGE(
      host.lines_with("whether a permission on the way keeps mute.API.STREAM.INFO.S or the answer back").size() == 1,
      host.output());
  CHECK(host.lines_with("Timeout").empty());
}

TEST_CASE("acks that are not imported from the account of the stream are found before anything is pulled") {
  Limited limited("accounts { HOLDER: { jetstream: enabled, users: [ { user: admin, password: pw } ],"
                  "  exports: [ { service: \"$JS.API.>\" }, { service: \"$JS.ACK.>\" } ] },"
                  " BACKUP: { users: [ { user: backup, password: pw } ],"
                  "  imports: [ { service: { account: HOLDER, subject: \"$JS.API.>\" } } ] } }\n");
  limited.make_consumer();
  limited.client.publish(5, over_three_subjects);
  limited.host.start({"--check"});
  CHECK_MESSAGE(limited.host.program().wait(20s) == 2, limited.host.output());
  CHECK(limited.host.lines_with("$JS.ACK.S.C.>").size() == 1);
}

TEST_CASE("proving permissions takes no message and acks none") {
  Limited limited(users(needed));
  limited.make_consumer();
  limited.client.publish(5, over_three_subjects);
  CHECK(limited.host.run({"--check"}) == 0);
  const nlohmann::json consumer = limited.client.consumer("S", "C");
  CHECK(consumer["delivered"]["consumer_seq"] == 0);
  CHECK(consumer["num_ack_pending"] == 0);
  CHECK(consumer["ack_floor"]["stream_seq"] == 0);
  CHECK(consumer["num_waiting"] == 0);
}

TEST_CASE("the permission to ack, lost while capturing, is told with its subject and turns readiness") {
  Limited limited(users(needed));
  limited.make_consumer();
  limited.host.start_watched({"--max-age", "1s", "--ack-timeout", "1s"});
  REQUIRE(eventually(20s, [&] { return limited.host.ready_status() == 200; }));
  limited.server.configure(users(without("$JS.ACK.S.C.>")));
  limited.server.reload();
  limited.client.publish(20, over_three_subjects);
  CHECK_MESSAGE(eventually(30s, [&] { return limited.host.ready()["checks"]["consumer_usable"] == false; }),
                limited.host.output());
  CHECK_MESSAGE(limited.host.ready()["reasons"].dump().find("$JS.ACK.S.C.>") != std::string::npos,
                limited.host.ready().dump());
  CHECK(eventually(10s, [&] { return !limited.host.lines_with("acks were not confirmed").empty(); }));
  CHECK(limited.host.lines_with("acks were not confirmed").size() < 3);
  limited.server.configure(users(needed));
  limited.server.reload();
  CHECK(eventually(30s, [&] { return limited.host.ready_status() == 200; }));
  CHECK(eventually(30s, [&] { return limited.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 20; }));
}

TEST_CASE("the permission to pull, lost while capturing, is told with its subject and turns readiness") {
  Limited limited(users(needed));
  limited.make_consumer();
  limited.host.start_watched({"--max-age", "1s"});
  REQUIRE(eventually(20s, [&] { return limited.host.ready_status() == 200; }));
  limited.server.configure(users(without("$JS.API.CONSUMER.MSG.NEXT.S.C")));
  limited.server.reload();
  CHECK_MESSAGE(eventually(40s, [&] { return limited.host.ready()["checks"]["consumer_usable"] == false; }),
                limited.host.output());
  CHECK(limited.host.ready()["reasons"].dump().find("$JS.API.CONSUMER.MSG.NEXT.S.C") != std::string::npos);
  limited.server.configure(users(needed));
  limited.server.reload();
  CHECK(eventually(40s, [&] { return limited.host.ready_status() == 200; }));
}
