// Ordered delivery with real servers: exactly once, whatever becomes of hosts, stream and server.
#include "capture/deliveries.hpp"
#include "capture/watched_host.hpp"
#include "faults/ordered_capture.hpp"
#include "support/http.hpp"
#include "support/loopback.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("ordered delivery stores each message once, leaves no consumer, and goes on where it was") {
  OrderedCapture capture;
  capture.client->publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  CHECK(each_once(capture.first.sequences(), 1000));
  CHECK(capture.client->api("CONSUMER.NAMES.S")["total"] == 0);

  capture.client->publish(500, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  CHECK(each_once(capture.first.sequences(), 1500));
  CHECK(capture.verify() == "");
}

TEST_CASE("with ordered delivery, killed at any point and without its state directory, a host has each message once") {
  for (const char *point : {"before-manifest:1", "after-manifest:1", "after-manifest:3", "during-store:4",
                            "after-store:1", "after-store:6"}) {
    SUBCASE(point) {
      OrderedCapture capture;
      capture.client->publish(1000, over_three_subjects);
      capture.first.binary = JETCAPTURE_FAULTS_BINARY;
      capture.first.environment["JETCAPTURE_FAULT_POINT"] = point;
      CHECK_MESSAGE(capture.first.run(capture.flags({"--once"})) == 128 + SIGKILL, capture.first.output());
      std::filesystem::remove_all(capture.first.state_dir);
      capture.first.binary = JETCAPTURE_BINARY;
      capture.first.environment["JETCAPTURE_FAULT_POINT"] = "";
      REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
      CHECK(each_once(capture.first.sequences(), 1000));
      CHECK(each_once(capture.done(), 1000));
      CHECK(capture.verify() == "");
    }
  }
}

TEST_CASE("with ordered delivery a standby takes over when the owner is killed, and each message is stored once") {
  OrderedCapture capture;
  const std::unique_ptr<Host> second = capture.host();
  capture.begin_with_standby(*second, 1000, 300, capture.flags());
  pass(4s); // longer than the time after which it would take over
  CHECK(second->lines_with("taking over").empty());
  capture.first.program().signal(SIGKILL);
  capture.client->publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 2000; }), second->output());
  CHECK(each_once(capture.done(), 2000));
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  CHECK(capture.verify() == "");
}

TEST_CASE("with ordered delivery an owner that was only slow ends with exit status 4 once it was overtaken") {
  OrderedCapture capture;
  const std::unique_ptr<Host> second = capture.host();
  capture.begin_with_standby(*second, 1000, 300, capture.flags());
  capture.first.program().signal(SIGSTOP);
  REQUIRE_MESSAGE(eventually(30s, [&] { return !second->lines_with("taking over").empty(); }), second->output());
  capture.client->publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 2000; }), second->output());
  capture.first.program().signal(SIGCONT);
  CHECK(eventually(30s, [&] {
    capture.client->publish(10, over_three_subjects);
    return !capture.first.program().running();
  }));
  CHECK_MESSAGE(capture.first.program().wait(1s) == 4, capture.first.output());
  CHECK(!capture.first.lines_with("another host has taken over this capture").empty());
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  for (const auto &[sequence, times] : capture.done())
    CHECK_MESSAGE(times == 1, sequence);
  CHECK(capture.done().size() >= 2000);
}

TEST_CASE("with ordered delivery a standby goes on at once where the owner ends in order") {
  OrderedCapture capture;
  const std::unique_ptr<Host> second = capture.host();
  capture.begin_with_standby(*second, 500, 200, capture.flags({}, "10m"));
  capture.first.program().signal(SIGTERM);
  CHECK_MESSAGE(capture.first.program().wait(30s) == 0, capture.first.output());
  capture.client->publish(500, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 1000; }), second->output());
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  CHECK(each_once(capture.first.sequences(), 1000));
}

TEST_CASE("a standby lives through an outage of the server, and leaves the capture to its owner") {
  OrderedCapture capture;
  const std::unique_ptr<Host> second = capture.host();
  capture.begin_with_standby(*second, 1000, 300, capture.flags());
  capture.client.reset();
  capture.server.kill();
  pass(4s); // longer than the time after which it takes over
  CHECK_MESSAGE(second->program().running(), second->output());
  capture.server.start();
  capture.client = std::make_unique<Client>(capture.server.url());
  capture.client->publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 2000; }), capture.first.output());
  CHECK(second->lines_with("taking over").empty());
  capture.first.program().signal(SIGKILL);
  capture.client->publish(1000, over_three_subjects);
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 3000; }), second->output());
  second->program().signal(SIGTERM);
  CHECK_MESSAGE(second->program().wait(30s) == 0, second->output());
  CHECK(each_once(capture.done(), 3000));
}

TEST_CASE("with ordered delivery a server that goes away while a host starts is waited for") {
  for (const char *point : {"before-permissions", "before-capture"}) {
    SUBCASE(point) {
      OrderedCapture capture;
      capture.client->publish(300, over_three_subjects);
      capture.client.reset();
      capture.first.binary = JETCAPTURE_FAULTS_BINARY;
      capture.first.environment["JETCAPTURE_STOP_POINT"] = point;
      capture.first.start(capture.flags({"--once"}));
      REQUIRE_MESSAGE(capture.first.program().stopped(30s), capture.first.output());
      capture.server.kill();
      capture.first.program().signal(SIGCONT);
      CHECK(eventually(30s, [&] { return !capture.first.lines_with("disconnected from NATS").empty(); }));
      CHECK_FALSE(capture.first.program().wait(2s));
      capture.server.start();
      CHECK_MESSAGE(capture.first.program().wait(60s) == 0, capture.first.output());
      const auto done = capture.done();
      CHECK_MESSAGE(each_once(done, 300), done.size(), "\n", capture.first.output());
    }
  }
}

TEST_CASE("a standby is alive and not ready, names its owner and its owner's silence, and is ready once it owns the "
          "capture") {
  OrderedCapture capture;
  capture.client->publish(500, over_three_subjects);
  const std::string of_owner = "127.0.0.1:" + std::to_string(free_port());
  capture.first.start(capture.flags({"--listen", of_owner}));
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.first.sequences().size() > 200; }), capture.first.output());
  Host second(capture.server);
  second.state_dir = second.folder() / "state";
  const std::string address = "127.0.0.1:" + std::to_string(free_port());
  // Long enough to see the owner silent.
  second.start(capture.flags({"--listen", address}, "20s"));
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.stands_by(second); }), second.output());
  REQUIRE(eventually(30s, [&] { return http_get(address, "/readyz").status == 503; }));
  const std::string metrics = http_get(of_owner, "/metrics").body;
  const std::string info = metrics.substr(metrics.find("\njetcapture_owner_info{"));
  const std::string owner = info.substr(0, info.find('\n', 1) + 1);
  CHECK(owner.find("run=\"\"") == std::string::npos);
  CHECK(metrics.find("\njetcapture_capture_starts 1\n") != std::string::npos);
  // The standby names the same one.
  CHECK(http_get(address, "/metrics").body.find(owner) != std::string::npos);
  CHECK(http_get(address, "/metrics").body.find("\njetcapture_standby 1\n") != std::string::npos);
  CHECK(http_get(address, "/metrics").body.find("jetcapture_consumer_lag_messages") == std::string::npos);
  CHECK(http_get(address, "/readyz").body.find("another host owns this capture") != std::string::npos);
  CHECK(http_get(address, "/readyz").body.find("shows that it lives") != std::string::npos);
  CHECK(http_get(address, "/").body.find("\"phase\":\"standing_by\"") != std::string::npos);
  CHECK(http_get(address, "/healthz").status == 200);

  capture.first.program().signal(SIGSTOP);
  CHECK(eventually(30s, [&] {
    const auto ready = http_get(address, "/readyz");
    return ready.status == 503 && ready.body.find("has shown no sign of life for") != std::string::npos;
  }));
  capture.first.program().signal(SIGCONT);
  CHECK(eventually(30s,
                   [&] { return http_get(address, "/readyz").body.find("shows that it lives") != std::string::npos; }));

  capture.first.program().signal(SIGTERM);
  CHECK_MESSAGE(eventually(30s, [&] { return http_get(address, "/readyz").status == 200; }), second.output());
  CHECK(http_get(address, "/metrics").body.find("delivery=\"ordered\"") != std::string::npos);
  CHECK(http_get(address, "/metrics").body.find("\njetcapture_standby 0\n") != std::string::npos);
  CHECK(http_get(address, "/metrics").body.find("\njetcapture_capture_starts 2\n") != std::string::npos);
  // What an earlier run of another host has stored counts, too.
  CHECK(eventually(30s, [&] {
    return http_get(address, "/metrics").body.find("\njetcapture_safe_sequence{covers=\"all\"} 500\n") !=
           std::string::npos;
  }));
  second.program().signal(SIGTERM);
  CHECK_MESSAGE(second.program().wait(30s) == 0, second.output());
}

TEST_CASE("with --drain drop a stop drops open blocks and the next run has each message once, unless the stream would "
          "lose them") {
  OrderedCapture capture;
  capture.client->publish(500, over_three_subjects);
  const std::vector<std::string> flags = with_delivery(
      Delivery::ordered, {"--drain", "drop", "--max-age", "1m", "--store-opt", "root=" + capture.first.root()});
  WatchedHost host(capture.server);
  std::vector<std::string> watched = flags;
  SUBCASE("which keeps them") {
    host.start_watched(watched);
    REQUIRE(host.has_in_flight(500));
    host.program().signal(SIGTERM);
    CHECK_MESSAGE(host.program().wait(30s) == 0, host.output());
    CHECK(capture.done().empty());
    CHECK_MESSAGE(host.lines_with(" dropped=500 ").size() == 1, host.output());
    watched.push_back("--once");
    CHECK_MESSAGE(host.run(watched) == 0, host.output());
  }
  SUBCASE("which would lose them") {
    capture.client->api("STREAM.UPDATE.S", {{"name", "S"},
                                            {"subjects", {"s.>"}},
                                            {"storage", "file"},
                                            {"num_replicas", 1},
                                            {"max_age", 50'000'000'000},
                                            {"duplicate_window", 10'000'000'000}});
    watched.push_back("--accept-loss");
    host.start_watched(watched);
    REQUIRE(host.has_in_flight(500));
    host.program().signal(SIGTERM);
    CHECK_MESSAGE(host.program().wait(30s) == 0, host.output());
    CHECK_MESSAGE(host.lines_with("blocks are stored at this stop, and not dropped").size() == 1, host.output());
    CHECK_MESSAGE(host.lines_with("(max_age 50s), which is less than twice").size() == 1, host.output());
  }
  CHECK(each_once(capture.done(), 500));
  CHECK(capture.verify() == "");
}

TEST_CASE("with ordered delivery nothing is lost and nothing twice through restarts of the server") {
  OrderedCapture capture;
  capture.client->publish(1000, over_three_subjects);
  capture.first.start(capture.flags());
  REQUIRE(eventually(30s, [&] { return capture.first.sequences().size() > 300; }));
  for (int round = 0; round < 4; round++) {
    capture.client->publish(1000, over_three_subjects);
    capture.client.reset();
    if (round % 2 == 0)
      capture.server.kill();
    else
      capture.server.stop();
    capture.server.start();
    capture.client = std::make_unique<Client>(capture.server.url());
  }
  const auto last = capture.client->api("STREAM.INFO.S")["state"]["last_seq"].get<std::uint64_t>();
  if (eventually(30s, [&] { return capture.first.sequences().size() == last; }))
    capture.first.program().signal(SIGTERM);
  CHECK_MESSAGE(capture.first.program().wait(30s) == 0, capture.first.output());
  CHECK(each_once(capture.first.sequences(), last));
  CHECK(capture.verify() == "");
}

TEST_CASE("with ordered delivery what the stream does not have is recorded as absent, and what a filter leaves out is "
          "not asked for") {
  OrderedCapture capture;
  capture.client->publish(300, over_three_subjects);
  for (const int sequence : {7, 8, 9, 50})
    capture.client->api("STREAM.MSG.DELETE.S", {{"seq", sequence}});
  SUBCASE("without a filter") {
    REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
    CHECK(capture.done().size() == 296);
  }
  SUBCASE("with one") {
    REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once", "--filter-subject", "s.1"})) == 0,
                    capture.first.output());
    CHECK(capture.done().size() == 99); // 7 of them is gone
  }
  CHECK(capture.verify() == "");
}

TEST_CASE("a backup by ordered delivery is compared with the stream, and the stream is purged of what it holds") {
  OrderedCapture capture;
  capture.client->publish(300, over_three_subjects);
  capture.client->api("STREAM.MSG.DELETE.S", {{"seq", 7}});
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  capture.client->publish(50, over_three_subjects); // not captured
  const std::vector<std::string> where = {
      "--server",    capture.server.url(),          "--stream", "S", "--consumer", "C", "--store", "file",
      "--store-opt", "root=" + capture.first.root()};
  std::vector<std::string> against = {"--against-stream", "--server", capture.server.url(), "--stream", "S",
                                      "--consumer",       "C"};
  CHECK(capture.verify(against) == "");
  std::vector<std::string> purge = {JETCAPTURE_BINARY, "purge", "--yes"};
  purge.insert(purge.end(), where.begin(), where.end());
  Program purging(purge, capture.first.folder() / "purge.log");
  CHECK_MESSAGE(purging.wait(30s) == 0, purging.output());
  CHECK(capture.client->api("STREAM.INFO.S")["state"]["first_seq"] == 301);
  CHECK(capture.verify(against) == "");
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  CHECK(capture.done().size() == 349);
}

TEST_CASE("verify and purge say nothing of acks where a backup is by ordered delivery") {
  OrderedCapture capture;
  const auto told = [&](std::vector<std::string> command) {
    command.insert(command.begin(), JETCAPTURE_BINARY);
    command.insert(command.end(), {"--server", capture.server.url(), "--stream", "S", "--consumer", "C", "--store",
                                   "file", "--store-opt", "root=" + capture.first.root()});
    const std::string log = capture.first.folder() / "command.log";
    std::filesystem::remove(log);
    Program program(command, log);
    CHECK_MESSAGE(program.wait(30s) == 0, program.output());
    CHECK_MESSAGE(program.output().find("acked") == std::string::npos, program.output());
    return program.output();
  };
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  CHECK(told({"verify", "--against-stream"}).find("nothing is stored and recorded yet") != std::string::npos);
  capture.client->publish(300, over_three_subjects);
  capture.first.start(capture.flags());
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.done().size() == 300; }), capture.first.output());
  std::string purge;
  CHECK(eventually(30s, [&] {
    purge = told({"purge"});
    return purge.find("up to 300") != std::string::npos;
  }));
  CHECK_MESSAGE(told({"purge", "--json"}).find("the capture C has stored and recorded all up to 300") !=
                    std::string::npos,
                purge);
  capture.first.program().signal(SIGTERM);
  CHECK_MESSAGE(capture.first.program().wait(30s) == 0, capture.first.output());
}

TEST_CASE("a backup that went on with other filters is good against the stream and a purge takes no more than was read "
          "with them") {
  OrderedCapture capture;
  const std::vector<std::string> here = {"--server", capture.server.url(), "--stream", "S", "--consumer", "C"};
  const auto capture_with = [&](std::vector<std::string> more) {
    more.push_back("--once");
    capture.client->publish(300, over_three_subjects);
    REQUIRE_MESSAGE(capture.first.run(capture.flags(more)) == 0, capture.first.output());
  };
  const auto purge = [&] {
    std::vector<std::string> words = {
        JETCAPTURE_BINARY, "purge", "--yes", "--store", "file", "--store-opt", "root=" + capture.first.root()};
    words.insert(words.end(), here.begin(), here.end());
    Program program(words, capture.first.folder() / "purge.log");
    const auto status = program.wait(60s);
    const std::string said = program.output();
    CHECK_MESSAGE((status == 0 || said.find("a server before 2.10 moves consumers") != std::string::npos), said);
    return capture.client->api("STREAM.INFO.S")["state"];
  };
  std::vector<std::string> against = {"--against-stream"};
  against.insert(against.end(), here.begin(), here.end());
  SUBCASE("from one filter to another") {
    capture_with({"--filter-subject", "s.1"});
    capture_with({"--filter-subject", "s.2", "--from-here"});
    CHECK(capture.verify(against) == "");
    CHECK(purge()["messages"] >= 500); // of the first filter alone
  }
  SUBCASE("from all messages to those of a filter") {
    capture_with({});
    capture_with({"--filter-subject", "s.2", "--from-here"});
    CHECK(capture.verify(against) == "");
    CHECK(purge()["first_seq"] == 301);
  }
  SUBCASE("from those of a filter to all messages") {
    capture_with({"--filter-subject", "s.1"});
    capture_with({"--from-here"});
    CHECK(capture.verify(against) == "");
    CHECK(purge()["messages"] >= 500);
  }
  CHECK(capture.verify(against) == "");
}

TEST_CASE("a host with shared delivery is refused beside ordered delivery, and one with other options before it stands "
          "by") {
  OrderedCapture capture;
  capture.client->publish(300, over_three_subjects);
  capture.first.start(capture.flags());
  REQUIRE_MESSAGE(eventually(30s, [&] { return capture.first.sequences().size() > 100; }), capture.first.output());
  const auto shared = capture.host();
  CHECK(shared->run({"--once", "--create-consumer", "--store-opt", "root=" + capture.first.root()}) == 2);
  CHECK_MESSAGE(!shared->lines_with("with ordered delivery in this store").empty(), shared->output());
  const auto other = capture.host();
  CHECK(other->run(capture.flags({"--compression", "gzip"})) == 2);
  CHECK_MESSAGE(!other->lines_with("--from-here").empty(), other->output());
}

TEST_CASE("with ordered delivery another option, and a stream that was recreated, are refused with the fix") {
  OrderedCapture capture;
  capture.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once"})) == 0, capture.first.output());
  CHECK(capture.first.run(capture.flags({"--once", "--compression", "gzip"})) == 2);
  CHECK(!capture.first.lines_with("--from-here").empty());
  capture.client->publish(300, over_three_subjects);
  CHECK_MESSAGE(capture.first.run(capture.flags({"--once", "--compression", "gzip", "--from-here"})) == 0,
                capture.first.output());
  CHECK(each_once(capture.first.sequences(), 600));

  capture.client->api("STREAM.DELETE.S");
  capture.client->make_stream("S", {"s.>"});
  capture.client->publish(700, over_three_subjects);
  CHECK(capture.first.run(capture.flags({"--once", "--compression", "gzip"})) == 2);
  CHECK(!capture.first.lines_with("was recreated").empty());
}

TEST_CASE("with ordered delivery a new capture begins at a sequence or a time, and one that goes on does not") {
  OrderedCapture capture;
  capture.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once", "--start-sequence", "201"})) == 0, capture.first.output());
  CHECK(capture.first.sequences().begin()->first == 201);
  CHECK(capture.first.sequences().size() == 100);
  capture.client->publish(300, over_three_subjects);
  REQUIRE_MESSAGE(capture.first.run(capture.flags({"--once", "--start-sequence", "501"})) == 0, capture.first.output());
  CHECK(capture.first.sequences().size() == 400);
  CHECK(capture.verify() == "");
}

TEST_CASE("ordered delivery refuses what it can't be exactly once with") {
  OrderedCapture capture;
  SUBCASE("a work queue") {
    capture.client->make_stream("W", {"w.>"}, {{"retention", "workqueue"}});
    capture.first.stream = "W";
    CHECK(capture.first.run(capture.flags()) == 2);
    CHECK_MESSAGE(!capture.first.lines_with("--delivery shared").empty(), capture.first.output());
  }
  SUBCASE("no manifests") {
    CHECK(capture.first.run(capture.flags({"--no-ledger"})) == 2);
    CHECK(!capture.first.lines_with("--no-ledger").empty());
  }
  SUBCASE("a manifest that is damaged") {
    capture.client->publish(300, over_three_subjects);
    REQUIRE(capture.first.run(capture.flags({"--once"})) == 0);
    std::string last;
    for (const std::string &file : files_below(capture.first.root()))
      if (file.starts_with("_manifest/"))
        last = std::max(last, file);
    write_file(std::filesystem::path(capture.first.root()) / last, "nonsense");
    CHECK(capture.first.run(capture.flags({"--once"})) == 2);
    CHECK_MESSAGE(!capture.first.lines_with("can't be read").empty(), capture.first.output());
  }
}
