#include "faults/killable.hpp"
#include "ledger/manifest.hpp"
#include "support/program.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

using namespace jetcapture::host;
using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t count = 1000;

struct Capture : Killable {
  Capture() : Killable(count) { host.state_dir = host.folder() / "state"; }

  void lose_state() const { std::filesystem::remove_all(host.state_dir); }

  // What jetcapture verify says of the store and the stream.
  void verify() const {
    Program verify({JETCAPTURE_BINARY, "verify", "--store", "file", "--store-opt", "root=" + host.root(), "--deep",
                    "--stream", "S", "--consumer", "C", "--against-stream", "--server", server.url()},
                   host.folder() / "verify.log");
    CHECK_MESSAGE(verify.wait(30s) == 0, verify.output());
  }
};

std::size_t manifests(const Host &host) {
  std::size_t number = 0;
  for (const std::string &file : files_below(host.root()))
    number += file.starts_with("_manifest/") ? 1 : 0;
  return number;
}

} // namespace

TEST_CASE("killed at any point and without its state directory, the host has each message once after its next start") {
  for (const char *point :
       {"before-manifest:1", "after-manifest:1", "after-manifest:3", "before-intent:2", "after-intent:1",
        "during-store:4", "after-store:1", "after-store:6", "after-journal:3", "during-acks:150"}) {
    SUBCASE(point) {
      Capture capture;
      capture.killed_at(point);
      capture.lose_state();
      REQUIRE(capture.host.run(capture.flags()) == 0);
      CHECK(each_once(capture.host.sequences(), count));
      capture.verify();
    }
  }
}

TEST_CASE("killed again and again, each time without its state directory, the host has each message once in the end") {
  Capture capture;
  constexpr std::size_t more = 60;
  for (const char *point : {"after-store:3", "after-manifest:1", "during-acks:120", "after-journal:1"}) {
    if (std::string_view(point).starts_with("after-journal"))
      capture.client.publish(more, over_three_subjects); // all before may be stored by then
    capture.killed_at(point);
    capture.lose_state();
  }
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(each_once(capture.host.sequences(), count + more));
  capture.verify();
}

TEST_CASE("a recreated consumer delivers all again, and nothing is stored again, though the state is lost") {
  Capture capture;
  REQUIRE(capture.host.run(capture.flags()) == 0);
  capture.lose_state();
  capture.client.api("CONSUMER.DELETE.S.C");
  capture.make_consumer();
  REQUIRE(capture.host.run(capture.flags()) == 0);
  CHECK(each_once(capture.host.sequences(), count));
  CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
}

TEST_CASE("of two hosts with copies of one state directory the later one goes on, and the other ends with the reason") {
  Capture capture;
  REQUIRE(capture.host.run(capture.flags()) == 0);
  const std::size_t before = manifests(capture.host);
  Host first(capture.server);
  first.state_dir = first.folder() / "state";
  const std::vector<std::string> into_one_root = {"--max-age", "1s", "--store-opt", "root=" + capture.host.root()};
  std::filesystem::copy(capture.host.state_dir, first.state_dir, std::filesystem::copy_options::recursive);
  first.start(into_one_root);
  // Its first manifest is there, and with the next one it comes too late.
  REQUIRE(eventually(20s, [&] { return manifests(capture.host) == before + 1; }));
  capture.host.start({"--max-age", "1s"});
  REQUIRE(eventually(20s, [&] { return manifests(capture.host) == before + 2; }));
  CHECK(eventually(30s, [&] {
    capture.client.publish(10, over_three_subjects);
    return !first.program().running();
  }));
  CHECK(first.program().wait(1s) == 3);
  CHECK_MESSAGE(!first.lines_with("another host goes on with this capture's manifests").empty(), first.output());
  capture.host.program().signal(SIGTERM);
  CHECK_MESSAGE(capture.host.program().wait(30s) == 0, capture.host.output());
}

TEST_CASE("without a ledger nothing but blocks is in the store, and the journal keeps what was stored") {
  Capture capture;
  std::vector<std::string> flags = capture.flags();
  flags.push_back("--no-ledger");
  REQUIRE_MESSAGE(capture.host.run(flags) == 0, capture.host.output());
  CHECK(each_once(capture.host.sequences(), count));
  for (const std::string &file : files_below(capture.host.root()))
    CHECK_FALSE(file.starts_with("_manifest/"));
}

TEST_CASE("a host whose newest manifests were removed with their objects says which, and goes on only when told to") {
  Capture capture;
  REQUIRE(capture.host.run(capture.flags()) == 0);
  std::vector<std::string> names;
  for (const std::string &file : files_below(capture.host.root()))
    if (file.starts_with("_manifest/"))
      names.push_back(file);
  std::sort(names.begin(), names.end());
  const std::uint64_t last = number_in(names.back());
  REQUIRE(last >= 3);
  for (const std::string &name : {names[names.size() - 2], names.back()}) {
    const std::filesystem::path file = std::filesystem::path(capture.host.root()) / name;
    for (const BlockLine &line : decode_manifest(read_file(file.string())).lines)
      std::filesystem::remove(std::filesystem::path(capture.host.root()) / line.name);
    std::filesystem::remove(file);
  }
  Program verify({JETCAPTURE_BINARY, "verify", "--store", "file", "--store-opt", "root=" + capture.host.root(),
                  "--state-dir", capture.host.state_dir},
                 capture.host.folder() / "verify.log");
  CHECK_MESSAGE(verify.wait(30s) == 1, verify.output());

  CHECK_MESSAGE(capture.host.run(capture.flags()) == 2, capture.host.output());
  const std::string which = "manifests " + std::to_string(last - 1) + " to " + std::to_string(last);
  CHECK_MESSAGE(!capture.host.lines_with(which).empty(), capture.host.output());
  std::vector<std::string> flags = capture.flags();
  flags.push_back("--accept-missing-manifests");
  CHECK_MESSAGE(capture.host.run(flags) == 0, capture.host.output());
  for (const std::string &file : files_below(capture.host.root())) {
    CHECK(file != names[names.size() - 2]);
    CHECK(file != names.back());
  }
  CHECK_MESSAGE(capture.host.run(capture.flags()) == 0, capture.host.output());
}

TEST_CASE("a start that acks blocks of an earlier run confirms each ack once, at once, also for a recreated consumer") {
  for (const bool is_recreated : {false, true}) {
    CAPTURE(is_recreated);
    Capture capture;
    capture.killed_at("during-acks:150");
    if (is_recreated) {
      capture.lose_state();
      capture.client.api("CONSUMER.DELETE.S.C");
      capture.make_consumer();
    }
    REQUIRE(capture.host.run(capture.flags()) == 0);
    CHECK(each_once(capture.host.sequences(), count));
    CHECK(capture.client.consumer("S", "C")["num_ack_pending"] == 0);
    CHECK(capture.client.consumer("S", "C")["num_pending"] == 0);
    CHECK_MESSAGE(capture.host.lines_with("acks were not confirmed").empty(), capture.host.output());
    REQUIRE(!capture.host.lines_with("ended").empty());
    CHECK_MESSAGE(capture.host.lines_with("ended").back().find(" acked=1000 ") != std::string::npos,
                  capture.host.output());
  }
}

TEST_CASE("acks of what earlier runs stored never make a recreated consumer leave out messages, and none waits") {
  Capture capture;
  capture.killed_at("after-store:2");
  capture.lose_state();
  capture.client.api("CONSUMER.DELETE.S.C");
  capture.make_consumer();
  std::vector<std::string> flags = capture.flags();
  flags.insert(flags.end(), {"--window-messages", "10"});
  REQUIRE_MESSAGE(capture.host.run(flags) == 0, capture.host.output());
  CHECK(each_once(capture.host.sequences(), count));
  CHECK_MESSAGE(capture.host.lines_with("acks were not confirmed").empty(), capture.host.output());
  REQUIRE(!capture.host.lines_with("ended").empty());
  CHECK_MESSAGE(capture.host.lines_with("ended").back().find(" acked=1000 ") != std::string::npos,
                capture.host.output());
}

TEST_CASE("the manifests of a run tell how the stream and all its consumers are configured") {
  Capture capture;
  capture.client.make_consumer("S", "other", {{"filter_subject", "s.1"}});
  REQUIRE(capture.host.run(capture.flags()) == 0);
  std::vector<std::string> found;
  for (const std::string &file : files_below(capture.host.root())) {
    if (!file.starts_with("_manifest/"))
      continue;
    const Manifest manifest = decode_manifest(read_file(capture.host.root() + "/" + file));
    CHECK(manifest.begins_at == 1);
    for (const ManifestConfiguration &one : manifest.configurations) {
      found.push_back(one.of + " " + one.name);
      CHECK(nlohmann::json::parse(one.json).is_object());
    }
  }
  CHECK(found == std::vector<std::string>{"consumer C", "consumer other", "stream S"});
}
