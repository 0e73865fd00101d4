// --notify-subject: what others are told, whatever breaks.
#include "faults/killable.hpp"
#include "faults/ordered_capture.hpp"
#include "faults/scene.hpp"
#include "support/subscription.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> notify = {"--notify-subject", "told.S"};

std::vector<std::string> with(std::vector<std::string> flags, const std::vector<std::string> &more) {
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

// All that was published to the subject so far, also what the stream has dropped as a duplicate, by id.
std::multimap<std::string, Line> heard(Subscription &subscription, const std::string &type = "block") {
  std::multimap<std::string, Line> all;
  while (true) {
    const std::string text = subscription.next(300ms);
    if (text.empty())
      return all;
    const Line line = Line::parse(text);
    // A start publishes one that no stream takes, to learn which stream it is.
    if (line["type"] != "check" && (type.empty() || line["type"] == type))
      all.emplace(line["id"], line);
  }
}

// Sorted, each once.
std::vector<std::string> ids(const std::multimap<std::string, Line> &told) {
  std::vector<std::string> all;
  for (const auto &[id, line] : told)
    if (all.empty() || all.back() != id)
      all.push_back(id);
  return all;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

std::string listed(const std::vector<std::string> &names) {
  std::string list;
  for (const std::string &name : names)
    list += name + "\n";
  return list;
}

// What is not synced, and a power cut may take.
void forget_what_is_stored(const std::string &outbox) {
  std::istringstream lines(read_file(outbox));
  std::string kept;
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with(R"({"stored")"))
      kept += line + "\n";
  write_file(outbox, kept);
}

// Data is in the stream once for each id, and the same id always has the same body.
void check_ids(Client &client, const std::multimap<std::string, Line> &told) {
  for (auto at = told.begin(); at != told.end(); ++at)
    CHECK(at->second == told.find(at->first)->second);
  Line blocks = client.api("STREAM.INFO.N", {{"subjects_filter", "told.S"}});
  CHECK(blocks["state"]["messages"] >= ids(told).size());
}

struct Telling : Killable {
  explicit Telling(std::size_t messages) : Killable(messages) {
    client.make_stream("N", {"told.>"});
    host.state_dir = host.folder() / "state";
  }
};

} // namespace

TEST_CASE("each stored block is told with its object, its messages and its hash, and each interval that is complete") {
  Telling telling(0);
  Subscription subscription(telling.server.url(), "told.>");
  telling.host.start(with({"--max-age", "1s"}, notify));
  telling.client.publish(300, over_three_subjects);
  REQUIRE(eventually(30s, [&] { return telling.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 300; }));
  // Three blocks, or six where an interval ended meanwhile, and one interval, or two.
  const auto messages = [&] { return telling.client.api("STREAM.INFO.N")["state"]["messages"].get<std::size_t>(); };
  const std::size_t blocks = blocks_below(telling.host.root()).size();
  CHECK_MESSAGE(eventually(20s, [&] { return messages() == blocks + blocks / 3; }), messages(), " ", blocks);
  telling.host.program().signal(SIGTERM);
  CHECK(telling.host.program().wait(20s) == 0);
  CHECK(telling.host.lines_with("notification").empty());

  std::uint64_t told = 0;
  std::uint64_t in_intervals = 0;
  std::vector<std::string> objects;
  const auto all = heard(subscription, "");
  CHECK(all.size() == messages());
  for (const auto &[id, line] : all) {
    CAPTURE(line.dump());
    CHECK(line["stream"] == "S");
    CHECK(line["consumer"] == "C");
    if (line["type"] == "interval") {
      in_intervals += line["messages"].get<std::uint64_t>();
      CHECK(line["blocks"] == 3);
      continue;
    }
    told += line["messages"].get<std::uint64_t>();
    objects.push_back(line["name"]);
    CHECK(line["rows"] == line["messages"]);
    CHECK(line["bytes"] == std::filesystem::file_size(telling.host.root() + "/" + line["name"].get<std::string>()));
    CHECK(line["sha256"].get<std::string>().size() == 64);
    CHECK(line["key"].size() == 1);
    CHECK(line["store"] == "file");
  }
  CHECK(told == 300);
  CHECK(in_intervals == 300);
  CHECK(listed(objects) == listed(blocks_below(telling.host.root())));
}

TEST_CASE("killed at any point, each block in the store is told at least once, and always with the same id") {
  constexpr std::size_t count = 1000;
  for (const std::string point :
       {"before-intent:2", "after-intent:1", "during-store:4", "after-store:1", "after-store:6", "after-journal:1",
        "after-journal:3", "during-acks:150", "after-publish:1"}) {
    for (const bool ledger : {true, false}) {
      CAPTURE(point);
      CAPTURE(ledger);
      Telling telling(count);
      Subscription subscription(telling.server.url(), "told.>");
      const std::vector<std::string> more = with(telling.flags(), ledger ? notify : with(notify, {"--no-ledger"}));
      telling.host.binary = JETCAPTURE_FAULTS_BINARY;
      telling.host.environment["JETCAPTURE_FAULT_POINT"] = point;
      CHECK_MESSAGE(telling.host.run(more) == 128 + SIGKILL, telling.host.output());
      telling.host.environment["JETCAPTURE_FAULT_POINT"] = "";
      REQUIRE_MESSAGE(telling.host.run(more) == 0, telling.host.output());
      CHECK(each_once(telling.host.sequences(), count));
      const auto told = heard(subscription);
      CHECK_MESSAGE(listed(ids(told)) == listed(blocks_below(telling.host.root())), telling.host.output());
      check_ids(telling.client, told);
    }
  }
}

TEST_CASE("with ordered delivery a host that takes over tells what the one before it could not, and nothing else") {
  constexpr std::size_t count = 1000;
  for (const char *point :
       {"after-manifest:1", "after-store:1", "after-store:4", "before-publish:1", "after-publish:1"}) {
    for (const bool claims : {false, true}) {
      CAPTURE(point);
      CAPTURE(claims);
      OrderedCapture capture;
      capture.client->make_stream("N", {"told.>"});
      capture.client->publish(count, over_three_subjects);
      Subscription subscription(capture.server.url(), "told.>");
      std::vector<std::string> flags = with(capture.flags({"--once"}), notify);
      if (claims)
        flags = with(flags, {"--parallel-backlog", "1000"});
      capture.first.binary = JETCAPTURE_FAULTS_BINARY;
      capture.first.environment["JETCAPTURE_FAULT_POINT"] = point;
      CHECK_MESSAGE(capture.first.run(flags) == 128 + SIGKILL, capture.first.output());
      const std::unique_ptr<Host> second = capture.host();
      REQUIRE_MESSAGE(second->run(flags) == 0, second->output());
      CHECK(each_once(capture.done(), count));
      const auto told = heard(subscription);
      CHECK_MESSAGE(listed(ids(told)) == listed(sorted(BackupOf(capture.first).done_blocks())), second->output());
      check_ids(*capture.client, told);
      CHECK(capture.verify() == "");
    }
  }
}

TEST_CASE(
    "with ordered delivery what could not be told is told by the next host, and what was told is not told again") {
  OrderedCapture capture;
  capture.client->make_stream("N", {"told.>"});
  const std::vector<std::string> flags = with(capture.flags(), notify);
  const auto end = [](Host &host) {
    host.program().signal(SIGTERM);
    CHECK_MESSAGE(host.program().wait(30s) == 0, host.output());
  };
  Subscription first_told(capture.server.url(), "told.>");
  capture.first.start(flags);
  capture.client->publish(300, over_three_subjects);
  std::vector<std::string> told; // blocks, by their id
  std::uint64_t messages = 0;
  std::set<std::string> untold_intervals;
  REQUIRE_MESSAGE(eventually(30s,
                             [&] {
                               const std::string text = first_told.next(300ms);
                               const Line line = text.empty() ? Line{{"type", "none"}} : Line::parse(text);
                               if (line["type"] == "interval")
                                 untold_intervals.erase(line["interval_start"]);
                               if (line["type"] == "block") {
                                 told.push_back(line["id"]);
                                 messages += line["messages"].get<std::uint64_t>();
                                 untold_intervals.insert(line["interval_start"]);
                               }
                               return messages == 300 && untold_intervals.empty();
                             }),
                  capture.first.output());
  end(capture.first);

  Subscription second_told(capture.server.url(), "told.>");
  capture.first.start(flags);
  REQUIRE(eventually(30s, [&] { return !capture.first.lines_with("capturing").empty(); }));
  CHECK(heard(second_told, "").empty());
  capture.client->api("STREAM.DELETE.N");
  capture.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 600; }), capture.first.output());
  REQUIRE(eventually(20s, [&] { return !capture.first.lines_with("notifications can't be published").empty(); }));
  end(capture.first);
  CHECK_MESSAGE(capture.first.lines_with("the next run of the capture publishes them").size() == 1,
                capture.first.output());

  capture.client->make_stream("N", {"told.>"});
  Subscription third_told(capture.server.url(), "told.>");
  const std::unique_ptr<Host> second = capture.host();
  second->start(flags);
  std::vector<std::string> later = told;
  CHECK_MESSAGE(eventually(30s,
                           [&] {
                             for (const auto &[id, line] : heard(third_told))
                               later.push_back(id);
                             later = sorted(later);
                             later.erase(std::unique(later.begin(), later.end()), later.end());
                             return listed(later) == listed(sorted(BackupOf(capture.first).done_blocks()));
                           }),
                second->output());
  end(*second);
}

TEST_CASE("while the stream of the notifications is gone the capture goes on, and all is told once it is back") {
  Scene scene(30s);
  scene.client->make_stream("N", {"told.>"});
  scene.host.start_watched(with({"--max-age", "1s"}, notify));
  scene.client->publish(30, over_three_subjects);
  REQUIRE(eventually(30s, [&] { return scene.host.metric("jetcapture_notifications_total") >= 4; }));
  scene.client->api("STREAM.DELETE.N");
  scene.client->publish(30, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == 60; }),
                  scene.host.output());
  CHECK(eventually(20s, [&] { return scene.host.metric("jetcapture_notification_failures_total") >= 1; }));
  CHECK(scene.host.metric("jetcapture_notifications_waiting") >= 3);
  CHECK_MESSAGE(scene.host.lines_with("no stream takes the notifications at told.S").size() == 1, scene.host.output());
  scene.client->make_stream("N", {"told.>"});
  CHECK_MESSAGE(eventually(60s, [&] { return scene.host.metric("jetcapture_notifications_waiting") == 0; }),
                scene.host.output());
  CHECK(scene.host.lines_with("notifications are published again").size() == 1);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
}

TEST_CASE("notifications that could not be published before the end are published by the next run") {
  for (const bool power_cut : {false, true}) {
    CAPTURE(power_cut);
    Telling telling(300);
    telling.host.start(with({"--max-age", "1s"}, notify));
    REQUIRE(eventually(30s, [&] { return telling.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 300; }));
    telling.client.api("STREAM.DELETE.N");
    telling.client.publish(300, over_three_subjects);
    REQUIRE(eventually(30s, [&] { return telling.client.consumer("S", "C")["ack_floor"]["stream_seq"] == 600; }));
    REQUIRE(eventually(20s, [&] { return !telling.host.lines_with("notifications can't be published").empty(); }));
    telling.host.program().signal(SIGTERM);
    CHECK(telling.host.program().wait(30s) == 0);
    CHECK_MESSAGE(telling.host.lines_with("the next run with this state directory publishes them").size() == 1,
                  telling.host.output());
    if (power_cut)
      forget_what_is_stored(telling.host.state_dir + "/notifications");
    telling.client.make_stream("N", {"told.>"});
    Subscription subscription(telling.server.url(), "told.>");
    REQUIRE_MESSAGE(telling.host.run(with(telling.flags(), notify)) == 0, telling.host.output());
    CHECK(heard(subscription).size() >= 3);
  }
}

TEST_CASE("a block that the store does not take is not told before it is stored") {
  Scene scene(30s);
  scene.client->make_stream("N", {"told.>"});
  Subscription subscription(scene.server.url(), "told.>");
  {
    const InTheWay in_the_way(scene.host, "s.1");
    scene.host.start_watched(with({"--max-age", "1s", "--retry-max", "500ms"}, notify));
    scene.client->publish(30, over_three_subjects);
    REQUIRE(eventually(30s, [&] { return scene.host.metric("jetcapture_store_retries_total") >= 3; }));
    for (const auto &[id, line] : heard(subscription))
      CHECK(line["key"] != Line{"s.1"});
    CHECK(heard(subscription, "interval").empty());
  }
  CHECK(eventually(30s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == 30; }));
  std::size_t of_key = 0;
  for (const auto &[id, line] : heard(subscription))
    of_key += line["key"] == Line{"s.1"} ? 1 : 0;
  CHECK(of_key >= 1);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
}

TEST_CASE(
    "a subject that no stream takes, that the captured stream takes, or that may not be published to is refused") {
  Telling telling(10);
  for (const bool check : {true, false}) {
    const auto refused = [&](const std::string &subject, const std::string &sentence) {
      std::vector<std::string> flags = with(telling.flags(), {"--notify-subject", subject});
      if (check)
        flags.push_back("--check");
      CHECK(telling.host.run(flags) == 2);
      CHECK_MESSAGE(telling.host.lines_with(sentence).size() == 1, telling.host.output());
    };
    refused("nobody.listens", "no stream takes the notifications at nobody.listens: create one with that subject");
    refused("s.9", "the captured stream S itself takes the notifications at s.9");
    refused("told.>", "\"told.>\" is not a subject to publish to");
  }
  CHECK_MESSAGE(telling.host.run(with(telling.flags(), with(notify, {"--check"}))) == 0, telling.host.output());
  CHECK(telling.client.api("STREAM.INFO.N")["state"]["messages"] == 0);

  Server server("authorization { users: [ { user: admin, password: pw }, { user: backup, password: pw, permissions: { "
                "publish: [\"$JS.API.>\", \"$JS.ACK.>\"], subscribe: \"_INBOX.>\" } } ] }\n");
  const std::string address = server.url().substr(server.url().find("//") + 2);
  Client admin("nats://admin:pw@" + address);
  admin.make_stream("S", {"s.>"});
  admin.make_stream("N", {"told.>"});
  Host host("nats://backup:pw@" + address);
  for (const char *check : {"--check", "--once"}) {
    CHECK(host.run(with({"--create-consumer", check}, notify)) == 2);
    CHECK_MESSAGE(host.lines_with("there is no permission to publish to told.S: add it").size() == 1, host.output());
  }
}
