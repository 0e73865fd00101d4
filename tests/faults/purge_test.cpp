// `jetcapture purge` with real captures.
#include "capture/host.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// A stream S with 300 messages over three subjects, which a host has captured.
struct Captured {
  Server server;
  Client client{server.url()};
  Host host{server};

  explicit Captured(const nlohmann::json &consumer = nlohmann::json::object()) {
    client.make_stream("S", {"s.>"});
    client.make_consumer("S", "C", consumer);
    client.publish(300, over_three_subjects);
    capture();
  }
  void capture() {
    REQUIRE_MESSAGE(host.run({"--once", "--max-age", "1s", "--max-messages", "50"}) == 0, host.output());
  }

  std::vector<std::string> command(const std::string &name, const std::vector<std::string> &more,
                                   const std::string &binary = JETCAPTURE_BINARY) const {
    std::vector<std::string> words = {binary,     name, "--store",    "file", "--store-opt", "root=" + host.root(),
                                      "--stream", "S",  "--consumer", "C",    "--server",    server.url()};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  // Its exit status; what it printed is in said.
  int run(const std::string &name, const std::vector<std::string> &more) {
    std::filesystem::remove(host.folder() / "command.log");
    Program program(command(name, more), host.folder() / "command.log");
    const auto status = program.wait(60s);
    said = program.output();
    REQUIRE(status);
    return *status;
  }
  int purge(const std::vector<std::string> &more = {}) { return run("purge", more); }
  void verify() {
    const int status = run("verify", {"--against-stream", "--deep"});
    CHECK_MESSAGE(status == 0, said);
  }
  nlohmann::json state() { return client.api("STREAM.INFO.S").at("state"); }
  std::uint64_t messages() { return state().at("messages"); }

  std::string said;
};

} // namespace

TEST_CASE("a purge removes what is captured only with --yes, and the backup is good against the stream afterwards") {
  Captured stream;
  CHECK_MESSAGE(stream.purge() == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "would remove sequences 1 to 300 of the stream S"), stream.said);
  CHECK_MESSAGE(has(stream.said, "--yes removes them"), stream.said);
  CHECK(stream.messages() == 300);
  CHECK_MESSAGE(stream.purge({"--yes", "--up-to", "120"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "removed 120 messages: sequences 1 to 120"), stream.said);
  CHECK_MESSAGE(has(stream.said, "up to 120: --up-to 120"), stream.said);
  CHECK(stream.state()["first_seq"] == 121);
  stream.verify();
  stream.client.publish(30, over_three_subjects);
  CHECK_MESSAGE(stream.purge({"--yes", "--json"}) == 0, stream.said);
  const nlohmann::json report = nlohmann::json::parse(stream.said);
  CHECK(report["purged"] == 180);
  CHECK(report["last_sequence"] == 300);
  CHECK(report["bounds"][0]["why"] == "the consumer C has acked up to 300");
  CHECK(stream.messages() == 30);
  stream.verify();
  stream.capture();
  CHECK(each_once(stream.host.sequences(), 330));
  CHECK_MESSAGE(stream.purge({"--yes"}) == 0, stream.said);
  CHECK(stream.messages() == 0);
  stream.verify();
  CHECK_MESSAGE(stream.purge({"--yes"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "nothing of the stream S can be removed"), stream.said);
}

TEST_CASE("a purge goes no further than any other consumer of the stream has acked, however many there are") {
  Captured stream;
  stream.client.make_consumer("S", "slow");
  stream.client.consume("S", "slow", 120);
  CHECK_MESSAGE(stream.purge({"--yes"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "up to 120: the consumer slow has acked up to 120"), stream.said);
  CHECK(stream.state()["first_seq"] == 121);
  // More than a page of them; the last one has begun with the stream.
  stream.client.consume("S", "slow", 180);
  for (int i = 0; i < 260; i++)
    stream.client.make_consumer("S", "idle" + std::to_string(i), {{"deliver_policy", "new"}});
  stream.client.make_consumer("S", "zzz");
  CHECK_MESSAGE(stream.purge({"--yes"}) == 0, stream.said);
  CHECK(stream.state()["first_seq"] == 121);
  CHECK_MESSAGE(has(stream.said, "up to 120: the consumer zzz has acked up to 120"), stream.said);
}

TEST_CASE("a purge passes what another consumer's filter leaves out, and nothing that it lets through") {
  Captured stream;
  stream.client.make_consumer("S", "ones", {{"filter_subject", "s.1"}, {"deliver_policy", "all"}});
  stream.client.consume("S", "ones", 100);
  stream.client.publish(1, [](std::size_t) { return Message{"s.1", "x"}; });
  CHECK_MESSAGE(stream.purge({"--yes", "--up-to", "200"}) == 0, stream.said);
  CHECK(stream.state()["first_seq"] == 201);
  stream.client.make_consumer("S", "twos", {{"filter_subject", "s.2"}, {"deliver_policy", "all"}});
  CHECK_MESSAGE(stream.purge({"--yes"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "the consumer twos has not acked sequence "), stream.said);
  CHECK(stream.state()["first_seq"] <= 203);
  stream.verify();
}

TEST_CASE("of a consumer with a filter a purge removes its messages alone, or refuses with what helps") {
  Captured stream(nlohmann::json{{"filter_subject", "s.1"}});
  const int status = stream.purge({"--yes"});
  if (status == 0) {
    CHECK_MESSAGE(has(stream.said, "removed 100 messages"), stream.said);
    CHECK(stream.messages() == 200);
  } else {
    CHECK_MESSAGE(has(stream.said, "a server before 2.10 moves consumers"), stream.said);
    CHECK(stream.messages() == 300);
  }
  stream.verify();
  stream.client.publish(30, over_three_subjects);
  stream.capture();
  CHECK(stream.host.sequences().size() == 110);
}

TEST_CASE("a purge keeps the messages of the last time that --keep says") {
  Captured stream;
  CHECK_MESSAGE(stream.purge({"--yes", "--keep", "1h"}) == 0, stream.said);
  CHECK(stream.messages() == 300);
  CHECK_MESSAGE(stream.purge({"--yes", "--keep", "0"}) == 0, stream.said);
  CHECK(stream.messages() == 0);
}

TEST_CASE("a purge removes nothing while an object in its range is damaged, and says which") {
  Captured stream;
  const std::string file = stream.host.files().front();
  const std::string path = stream.host.root() + "/" + file;
  std::string bytes = read_file(path);
  bytes[bytes.size() / 2] ^= 1;
  write_file(path, bytes);
  CHECK(stream.purge({"--yes"}) == 1);
  CHECK_MESSAGE(has(stream.said, "wrong: " + file + " has other bytes than its manifest says"), stream.said);
  CHECK(stream.messages() == 300);
}

TEST_CASE("a purge ends before what was acked and never stored, and that is wrong") {
  Captured stream;
  stream.client.publish(20, over_three_subjects);
  stream.client.consume("S", "C", 20);
  CHECK(stream.purge({"--yes"}) == 1);
  CHECK_MESSAGE(has(stream.said, "up to 300: sequence 301 is in no block that is proven"), stream.said);
  CHECK(stream.messages() == 20);
}

TEST_CASE("a stream that is recreated between the check and the purge is left as it is") {
  Captured stream;
  std::vector<std::string> command = stream.command("purge", {"--yes"}, JETCAPTURE_FAULTS_BINARY);
  Program purge(command, stream.host.folder() / "purge.log", {{"JETCAPTURE_STOP_POINT", "before-purge:1"}});
  REQUIRE(purge.stopped(30s));
  SUBCASE("with its consumer") {
    stream.client.api("STREAM.DELETE.S");
    stream.client.make_stream("S", {"s.>"});
    stream.client.make_consumer("S", "C");
    stream.client.publish(300, over_three_subjects);
    stream.client.consume("S", "C", 300);
    purge.signal(SIGCONT);
    CHECK(purge.wait(60s) == 3);
    CHECK_MESSAGE(has(purge.output(), "nothing is removed: the stream was recreated"), purge.output());
  }
  SUBCASE("another consumer begins at its first message") {
    stream.client.make_consumer("S", "late");
    purge.signal(SIGCONT);
    CHECK(purge.wait(60s) == 3);
    CHECK_MESSAGE(has(purge.output(), "nothing is removed: the consumer late has acked up to 0 now"), purge.output());
  }
  CHECK(stream.messages() == 300);
}

TEST_CASE("what is captured while a purge is under way stays in the stream, and nothing is lost") {
  Captured stream;
  stream.client.publish(100, over_three_subjects);
  const std::vector<std::string> command = stream.command("purge", {"--yes"}, JETCAPTURE_FAULTS_BINARY);
  Program purge(command, stream.host.folder() / "purge.log", {{"JETCAPTURE_STOP_POINT", "before-purge:1"}});
  REQUIRE(purge.stopped(30s));
  stream.capture();
  purge.signal(SIGCONT);
  CHECK_MESSAGE(purge.wait(60s) == 0, purge.output());
  CHECK_MESSAGE(has(purge.output(), "removed 300 messages"), purge.output());
  CHECK(stream.messages() == 100);
  CHECK(each_once(stream.host.sequences(), 400));
  stream.verify();
}

TEST_CASE("a stream that was recreated since it was captured is not purged by its old backup") {
  Captured stream;
  stream.client.api("STREAM.DELETE.S");
  stream.client.make_stream("S", {"s.>"});
  stream.client.make_consumer("S", "C");
  stream.client.publish(300, over_three_subjects);
  stream.client.consume("S", "C", 300);
  CHECK(stream.purge({"--yes"}) == 1);
  CHECK_MESSAGE(has(stream.said, "sequence 1 is in no block that is proven"), stream.said);
  CHECK(stream.messages() == 300);
}

TEST_CASE("streams that copy the one that is purged are named with --behind, and bound it") {
  Captured stream;
  stream.client.api("STREAM.CREATE.MIRROR", {{"name", "MIRROR"}, {"mirror", {{"name", "S"}}}});
  stream.client.api("STREAM.CREATE.SUM", {{"name", "SUM"}, {"sources", {{{"name", "S"}}}}});
  REQUIRE(eventually(30s, [&] {
    return stream.client.api("STREAM.INFO.MIRROR")["state"]["messages"] == 300 &&
           stream.client.api("STREAM.INFO.SUM")["state"]["messages"] == 300;
  }));
  CHECK(stream.purge({"--behind", "OTHER"}) == 2);
  CHECK_MESSAGE(has(stream.said, "there is no such stream in the account and domain"), stream.said);
  CHECK(stream.purge({"--behind", "S"}) == 2);
  CHECK_MESSAGE(has(stream.said, "is no mirror of S and has it as no source"), stream.said);
  CHECK_MESSAGE(stream.purge({"--behind", "MIRROR", "--behind", "SUM", "--yes"}) == 0, stream.said);
  CHECK(stream.messages() == 0);
  // Its messages are still in the copies.
  CHECK(stream.client.api("STREAM.INFO.MIRROR")["state"]["messages"] == 300);
}

TEST_CASE("a copy that is behind bounds the purge of its origin") {
  Captured stream;
  // They take no more than so many messages.
  const nlohmann::json full = {{"max_msgs", 100}, {"discard", "new"}};
  nlohmann::json mirror = {{"name", "MIRROR"}, {"mirror", {{"name", "S"}}}};
  mirror.update(full);
  stream.client.api("STREAM.CREATE.MIRROR", mirror);
  REQUIRE(eventually(30s, [&] { return stream.client.api("STREAM.INFO.MIRROR")["state"]["messages"] == 100; }));
  CHECK_MESSAGE(stream.purge({"--behind", "MIRROR", "--yes"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "up to 100: the mirror MIRROR has copied up to 100"), stream.said);
  CHECK(stream.state()["first_seq"] == 101);
  nlohmann::json sum = {{"name", "SUM"}, {"sources", {{{"name", "S"}}}}};
  sum.update(full);
  stream.client.api("STREAM.CREATE.SUM", sum);
  REQUIRE(eventually(30s, [&] { return stream.client.api("STREAM.INFO.SUM")["state"]["messages"] == 100; }));
  CHECK_MESSAGE(stream.purge({"--behind", "SUM", "--yes"}) == 0, stream.said);
  CHECK_MESSAGE(has(stream.said, "nothing of the stream S can be removed"), stream.said);
  CHECK(stream.state()["first_seq"] == 101);
}

TEST_CASE("a purge needs the permissions that the README lists, and names one that is missing") {
  const std::vector<std::string> needed = {"$JS.API.STREAM.INFO.S", "$JS.API.CONSUMER.LIST.S",
                                           "$JS.API.STREAM.MSG.GET.S", "$JS.API.STREAM.PURGE.S"};
  const auto users = [](const std::vector<std::string> &publish) {
    return "authorization { users: [ { user: admin, password: pw }, { user: some, password: pw, permissions: { "
           "publish: " +
           nlohmann::json(publish).dump() + ", subscribe: \"_INBOX.>\" } } ] }\n";
  };
  Server server(users(needed));
  const auto as = [&](const std::string &user) {
    return "nats://" + user + ":pw@" + server.url().substr(server.url().find("//") + 2);
  };
  Client client(as("admin"));
  Host host(as("admin"));
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C");
  client.publish(30, over_three_subjects);
  REQUIRE_MESSAGE(host.run({"--once", "--max-age", "1s"}) == 0, host.output());
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {JETCAPTURE_BINARY,     "purge",    "--store",  "file", "--store-opt",
                                      "root=" + host.root(), "--server", as("some"), "--yes"};
    words.insert(words.end(), more.begin(), more.end());
    std::filesystem::remove(host.folder() / "purge.log");
    Program program(words, host.folder() / "purge.log");
    const auto status = program.wait(60s);
    return std::pair(status.value_or(-1), program.output());
  };
  for (const std::string &missing : needed) {
    std::vector<std::string> rest = needed;
    std::erase(rest, missing);
    server.configure(users(rest));
    server.reload();
    const auto [status, said] = run({"--stream", "S", "--consumer", "C"});
    CHECK_MESSAGE(status == 2, said);
    CHECK_MESSAGE(has(said, "there is no permission to publish to " + missing), said);
  }
  CHECK(client.api("STREAM.INFO.S")["state"]["messages"] == 30);
  server.configure(users(needed));
  server.reload();
  auto [status, said] = run({"--stream", "S"});
  CHECK_MESSAGE(status == 2, said);
  std::tie(status, said) = run({"--stream", "S", "--consumer", "NONE"});
  CHECK_MESSAGE(status == 2, said);
  CHECK_MESSAGE(has(said, "has no consumer NONE"), said);
  std::tie(status, said) = run({"--stream", "S", "--consumer", "C"});
  CHECK_MESSAGE(status == 0, said);
  CHECK(client.api("STREAM.INFO.S")["state"]["messages"] == 0);
}
