// `jetcapture verify --adopt` and `jetcapture retire`, killed and stopped at each step.
#include "capture/host.hpp"
#include "support/backup.hpp"
#include "support/program.hpp"
#include "support/sequences.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

using Words = std::vector<std::string>;

bool has(const std::string &text, const std::string &part) {
  return text.find(part) != std::string::npos;
}

// A backup of the stream ORDERS in files, and the commands on it.
struct Backup {
  Server server;
  Client client{server.url()};
  Folder folder;
  BackupChain writer{{"ORDERS", "backup", "host-3f9a"}, into_folder(folder / "root")};
  std::string said; // by the last command

  Backup() {
    client.make_stream("ORDERS", {"orders.>"});
    client.make_consumer("ORDERS", "backup");
    client.publish(100, [](std::size_t i) { return Message{.subject = "orders.x", .data = std::to_string(i)}; });
    writer.header.stream_created = client.api("STREAM.INFO.ORDERS")["created"];
    writer.header.compression.name = "none";
  }
  std::string file(const std::string &name) const { return folder / "root/" + name; }

  std::unique_ptr<Program> start(const Words &command, const std::string &variable = "",
                                 const std::string &point = "") {
    Words words = {variable.empty() ? JETCAPTURE_BINARY : JETCAPTURE_FAULTS_BINARY};
    words.insert(words.end(), command.begin(), command.end());
    words.insert(words.end(), {"--store", "file", "--store-opt", "root=" + (folder / "root"), "--stream", "ORDERS",
                               "--consumer", "backup"});
    if (command.front() == "verify")
      words.insert(words.end(), {"--server", server.url()});
    const std::string log = folder / ("log" + std::to_string(runs_++));
    std::map<std::string, std::string> environment;
    if (!variable.empty())
      environment[variable] = point;
    return std::make_unique<Program>(words, log, environment);
  }
  int run(const Words &command) { return ended(*start(command)); }
  int ended(Program &program) {
    const auto status = program.wait(60s);
    said = program.output();
    REQUIRE(status);
    return *status;
  }
  void killed_at(const Words &command, const std::string &point) {
    CHECK_MESSAGE(ended(*start(command, "JETCAPTURE_FAULT_POINT", point)) == 128 + SIGKILL, point, ": ", said);
  }
  std::unique_ptr<Program> stopped_at(const Words &command, const std::string &point) {
    std::unique_ptr<Program> program = start(command, "JETCAPTURE_STOP_POINT", point);
    REQUIRE_MESSAGE(program->stopped(30s), program->output());
    return program;
  }
  int go_on(Program &program) {
    program.signal(SIGCONT);
    return ended(program);
  }
  nlohmann::json verified() {
    run({"verify", "--json"});
    return nlohmann::json::parse(said);
  }
  void is_good() {
    const int status = run({"verify", "--deep"});
    CHECK_MESSAGE(status == 0, said);
  }

private:
  int runs_ = 0;
};

// Messages 51 to 60 are in an object of a void line alone, and have left the stream.
struct Lost : Backup {
  BlockLine lost;

  Lost() {
    writer.write_and_store({writer.block("eu", from_to(1, 50)), writer.block("eu", from_to(61, 100))});
    lost = writer.block("eu", from_to(49, 60));
    Manifest voiding;
    voiding.voided = {{writer.write(manifest_of({lost})), 0, 0}};
    writer.write(voiding);
    writer.store(lost);
  }
  void vanish() {
    for (std::uint64_t sequence = 51; sequence <= 60; sequence++)
      client.api("STREAM.MSG.DELETE.ORDERS", {{"seq", sequence}});
  }
  void ack() { client.consume("ORDERS", "backup", 100); }
  // The messages are in one block that counts, and once the others are swept no object is left but those that count.
  void is_adopted() {
    nlohmann::json report = verified();
    CHECK_MESSAGE(report["verdict"] == "good", said);
    CHECK(report["messages"] == 100);
    CHECK(report["blocks"]["done"] == 3);
    const int swept = run({"verify", "--sweep", "--yes"});
    CHECK_MESSAGE(swept == 0, said);
    CHECK_FALSE(std::filesystem::exists(file(lost.name)));
    report = verified();
    CHECK_MESSAGE(report["verdict"] == "good", said);
    CHECK(report["objects"] == 3);
    CHECK(report["messages"] == 100);
  }
};

const Words adopt = {"verify", "--adopt", "--yes"};

} // namespace

TEST_CASE("the only copy of messages is adopted with --yes, and swept under its old name afterwards") {
  Lost backup;
  backup.ack();
  backup.vanish();
  CHECK(backup.run({"verify", "--adopt"}) == 1);
  CHECK_MESSAGE(has(backup.said, "would adopt " + backup.lost.name + " (51 to 60)"), backup.said);
  CHECK(backup.run({"verify", "--sweep", "--yes"}) == 1);
  CHECK(std::filesystem::exists(backup.file(backup.lost.name)));
  CHECK_MESSAGE(backup.run(adopt) == 0, backup.said);
  const std::size_t as = backup.said.find("adopted " + backup.lost.name + " as ");
  REQUIRE_MESSAGE(as != std::string::npos, backup.said);
  const std::size_t name = as + ("adopted " + backup.lost.name + " as ").size();
  const std::string copy = backup.said.substr(name, backup.said.find('\n', name) - name);
  CHECK(copy.starts_with("eu/0000/ORDERS-000000000049-000000000060-"));
  CHECK(read_file(backup.file(copy)) == BackupChain::bytes_of(backup.lost));
  CHECK_MESSAGE(backup.run(adopt) == 0, backup.said);
  backup.is_adopted();
}

TEST_CASE("nothing is adopted that the stream still has, that is not acked, or that has other bytes") {
  Lost backup;
  backup.vanish();
  CHECK(backup.run(adopt) == 1);
  CHECK_MESSAGE(has(backup.said, "is not adopted: its messages may come again"), backup.said);
  Lost there;
  there.ack();
  CHECK(there.run(adopt) == 1);
  CHECK_MESSAGE(has(there.said, "is not adopted: its messages may come again, or are still in the stream"), there.said);
  Lost damaged;
  damaged.ack();
  damaged.vanish();
  write_file(damaged.file(damaged.lost.name), std::string(damaged.lost.bytes, 'x'));
  CHECK(damaged.run(adopt) == 1);
  CHECK_MESSAGE(has(damaged.said, "is not adopted: it has other bytes"), damaged.said);
  CHECK(damaged.verified()["chains"] == 1);
}

TEST_CASE("an adoption that is killed at any step is finished by the next run, and each message counts once") {
  for (const char *point : {"after-command-start", "after-adopt-manifest", "after-adopt-copy"}) {
    CAPTURE(point);
    Lost backup;
    backup.ack();
    backup.vanish();
    backup.killed_at(adopt, point);
    // In between a sweep removes nothing that is the only copy.
    backup.run({"verify", "--sweep", "--yes"});
    CHECK_MESSAGE(backup.run(adopt) == 0, backup.said);
    backup.is_adopted();
  }
}

TEST_CASE("of two adoptions at once the later one goes on, and a late copy of the other does not count") {
  // Before its manifest the first one finds nothing left to copy. After its copy, which counts, the second one doesn't.
  for (const char *point : {"after-command-start", "after-adopt-manifest", "after-adopt-copy"}) {
    CAPTURE(point);
    Lost backup;
    backup.ack();
    backup.vanish();
    const std::unique_ptr<Program> first = backup.stopped_at(adopt, point);
    CHECK_MESSAGE(backup.run(adopt) == 0, backup.said);
    const bool overtaken = point == std::string("after-adopt-manifest");
    CHECK_MESSAGE(backup.go_on(*first) == (overtaken ? 3 : 0), backup.said);
    CHECK_MESSAGE(has(backup.said, "another run of verify --adopt or retire goes on") == overtaken, backup.said);
    backup.is_adopted();
  }
}

namespace {

// Blocks of 25 messages, one for each interval of 15 minutes from 2025-11-24T16:00 on, in turn of two keys.
struct Aged : Backup {
  std::vector<BlockLine> lines;
  Aged() {
    for (int i = 0; i < 4; i++)
      lines.push_back(
          writer.block(i % 2 == 0 ? "eu" : "us",
                       from_to(25 * static_cast<std::uint64_t>(i) + 1, 25 * static_cast<std::uint64_t>(i) + 25), i));
    writer.write_and_store(lines);
  }
  bool there(std::size_t i) const { return std::filesystem::exists(file(lines[i].name)); }
  std::size_t objects() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < lines.size(); i++)
      count += there(i) ? 1 : 0;
    return count;
  }
};

const Words retire = {"retire", "--before", "2025-11-24T16:30:00Z", "--yes"};

} // namespace

TEST_CASE("blocks from before a date are retired and removed with --yes alone, and the backup is good afterwards") {
  Aged backup;
  CHECK_MESSAGE(backup.run({"retire", "--before", "2025-11-24T16:30"}) == 0, backup.said);
  CHECK_MESSAGE(has(backup.said, "would remove " + backup.lines[1].name + "\nwould retire 2 blocks"), backup.said);
  CHECK(backup.objects() == 4);
  CHECK(backup.verified()["chains"] == 1);
  CHECK_MESSAGE(backup.run(retire) == 0, backup.said);
  CHECK_MESSAGE(has(backup.said, "retired 2 blocks"), backup.said);
  CHECK_FALSE(backup.there(0));
  CHECK_FALSE(backup.there(1));
  CHECK(backup.objects() == 2);
  nlohmann::json report = backup.verified();
  CHECK(report["verdict"] == "good");
  CHECK(report["blocks"]["retired"] == 2);
  CHECK(report["messages"] == 50);
  backup.run({"ls", "--json"});
  CHECK(nlohmann::json::parse(backup.said)["blocks"].size() == 2);
  backup.run({"ls", "--json", "--retired"});
  CHECK(nlohmann::json::parse(backup.said)["blocks"].size() == 4);
  CHECK(backup.run({"find", "--sequence", "3"}) == 0);
  CHECK(backup.said == "retired  " + backup.lines[0].name + "\n");
  // Again there is nothing to do; a key alone.
  CHECK_MESSAGE(backup.run(retire) == 0, backup.said);
  CHECK_MESSAGE(has(backup.said, "retired 0 blocks"), backup.said);
  CHECK_MESSAGE(backup.run({"retire", "--before", "1h", "--key", "us", "--yes"}) == 0, backup.said);
  CHECK(backup.there(2));
  CHECK_FALSE(backup.there(3));
  // What goes without that is damage.
  std::filesystem::remove(backup.file(backup.lines[2].name));
  report = backup.verified();
  CHECK(report["verdict"] == "wrong");
  CHECK(report["counts"]["object_missing"] == 1);
  CHECK(backup.run({"retire"}) == 2);
  CHECK(has(backup.said, "retire needs to know what: --before DATE"));
}

TEST_CASE("a retire that is killed at any step leaves a good backup, and the next run goes on with it") {
  for (const char *point :
       {"after-command-start", "after-retire-manifest", "after-retire-remove:1", "after-retire-remove:2"}) {
    CAPTURE(point);
    Aged backup;
    backup.killed_at(retire, point);
    backup.is_good();
    CHECK_MESSAGE(backup.run(retire) == 0, backup.said);
    CHECK(backup.objects() == 2);
    backup.is_good();
    CHECK(backup.verified()["blocks"]["retired"] == 2);
  }
}

TEST_CASE("of two retires at once the one that was overtaken lists and removes nothing more") {
  Aged backup;
  const std::unique_ptr<Program> first =
      backup.stopped_at({"retire", "--before", "1h", "--yes"}, "after-command-start");
  CHECK_MESSAGE(backup.run(retire) == 0, backup.said);
  CHECK_MESSAGE(backup.go_on(*first) == 3, backup.said);
  CHECK_MESSAGE(has(backup.said, "another run of verify --adopt or retire goes on"), backup.said);
  CHECK(backup.objects() == 2);
  backup.is_good();
}

TEST_CASE("a block that nothing declares done yet is not retired") {
  Aged backup;
  const BlockLine late = backup.writer.block("eu", {101}, 0);
  backup.writer.write(manifest_of({late}));
  backup.writer.store(late);
  CHECK_MESSAGE(backup.run(retire) == 0, backup.said);
  CHECK_MESSAGE(has(backup.said, "1 blocks of that time are not declared done"), backup.said);
  CHECK(std::filesystem::exists(backup.file(late.name)));
  backup.is_good();
}

TEST_CASE("a retire settles what an adoption that was killed has left") {
  Lost backup;
  backup.ack();
  backup.vanish();
  backup.killed_at(adopt, "after-adopt-manifest");
  CHECK(backup.verified()["blocks"]["pending"] == 1);
  CHECK(backup.run(retire) == 0);
  CHECK(backup.verified()["blocks"]["pending"] == 0);
  CHECK_MESSAGE(backup.run(adopt) == 0, backup.said);
  CHECK_MESSAGE(backup.verified()["verdict"] == "good", backup.said);
}

TEST_CASE("nothing is retired while a manifest is missing") {
  Aged backup;
  backup.writer.write({});
  std::filesystem::remove(backup.file(name_of(backup.writer.header.chain, 2)));
  CHECK(backup.run(retire) == 1);
  CHECK(backup.objects() == 4);
}

TEST_CASE("what was retired is not captured again, though the state is lost and the consumer is recreated") {
  Server server;
  Client client(server.url());
  Host host(server);
  host.state_dir = host.folder() / "state";
  client.make_stream("S", {"s.>"});
  client.make_consumer("S", "C");
  client.publish(300, over_three_subjects);
  const Words flags = {"--once", "--max-age", "1s", "--max-messages", "50"};
  REQUIRE_MESSAGE(host.run(flags) == 0, host.output());
  const auto run = [&](Words words) {
    words.insert(words.begin(), JETCAPTURE_BINARY);
    words.insert(words.end(),
                 {"--store", "file", "--store-opt", "root=" + host.root(), "--stream", "S", "--consumer", "C"});
    Program program(words, host.folder() / "commands.log");
    const auto status = program.wait(60s);
    CHECK_MESSAGE(status == 0, program.output());
  };
  run({"retire", "--before", "0", "--yes"});
  CHECK(host.sequences().empty());
  std::filesystem::remove_all(host.state_dir);
  client.api("CONSUMER.DELETE.S.C");
  client.make_consumer("S", "C");
  client.publish(30, over_three_subjects);
  REQUIRE_MESSAGE(host.run(flags) == 0, host.output());
  CHECK(host.sequences().size() == 30);
  run({"verify", "--deep", "--against-stream", "--server", server.url()});
}
