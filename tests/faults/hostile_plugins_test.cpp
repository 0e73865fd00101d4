// Plug-ins that break the ABI: the capture ends with a sentence or keeps the message aside, and loses nothing.
#include "faults/scene.hpp"

#include <csignal>
#include <filesystem>

using namespace jetcapture::test;
using namespace std::chrono_literals;

namespace {

const std::vector<std::string> once = {"--once", "--max-age", "1s"};

struct Hostile : Scene {
  Hostile() : Scene(3s) { host.environment["JETCAPTURE_PLUGIN_PATH"] = JETCAPTURE_HOSTILE ":" JETCAPTURE_PLUGINS; }
  void publish(const std::vector<std::string> &texts) {
    client->publish(texts.size(), [&](std::size_t i) { return Message{"s.a", texts[i - 1]}; });
  }
};

} // namespace

TEST_CASE("a writer that moves its cursor to where it may not ends the capture with its function, and no message is "
          "lost") {
  for (const char *how : {"back", "past the end", "elsewhere", "other end", "nowhere, and more"}) {
    SUBCASE(how) {
      Hostile scene;
      scene.publish({"one", "two", how, "four", "five"});
      CHECK_MESSAGE(scene.host.run(once, {"message", "hostile", "file"}) == 3, scene.host.output());
      CHECK_MESSAGE(scene.host.lines_with("the writer's write()").size() >= 1, scene.host.output());
      // It may have spoiled what it wrote before, so nothing of the block is stored.
      CHECK(scene.consumer()["ack_floor"]["stream_seq"] == 0);
      CHECK(scene.host.run(once) == 0);
      CHECK(each_once(scene.host.sequences(), 5));
    }
  }
}

TEST_CASE("a destination key above the limits goes to quarantine, and the capture goes on") {
  Hostile scene;
  scene.publish({"one", "many parts", "large part", "size beyond 32 bits", "five"});
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 0, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("its destination key has more than 64 parts or 65536 bytes").size() == 3,
                scene.host.output());
  CHECK(each_once(scene.host.sequences(), 5));
}

TEST_CASE(
    "an item, a message or a text that breaks the ABI sends its message to quarantine with the decoder's name, and the "
    "capture goes on") {
  Hostile scene;
  const std::vector<std::string> bad = {"size without text",
                                        "no payload",
                                        "no key",
                                        "message of a small size",
                                        "message without data",
                                        "message without headers",
                                        "message with a nameless header"};
  std::vector<std::string> texts = bad;
  texts.insert(texts.end(), {"time at the end", "fail without text", "fail beyond 32 bits", "log without text",
                             "log beyond 32 bits", "the last one"});
  scene.publish(texts);
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 0, scene.host.output());
  CHECK(each_once(scene.host.sequences(), texts.size()));
  CHECK_MESSAGE(scene.host.lines_with("the decoder hostile emitted").size() == bad.size(), scene.host.output());
  CHECK(scene.host.lines_with("quarantined=10").size() == 1);
}

TEST_CASE(
    "a record that breaks the ABI sends its message to quarantine with the decoder's name, and no writer reads it") {
  Hostile scene;
  const std::vector<std::string> texts = {
      "the first one",         "small record",      "no schema",           "no values",     "no message",
      "fewer values",          "small schema",      "no columns",          "small column",  "a column of nothing",
      "nameless column",       "text without data", "text beyond 32 bits", "flag of seven", "other kind",
      "list without elements", "the last one"};
  scene.publish(texts);
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile_records", "ndjson", "file"}) == 0, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("the decoder hostile_records emitted").size() >= 10, scene.host.output());
  const std::string text = scene.host.text();
  for (const std::string &one : texts)
    CHECK_MESSAGE(text.find('"' + one + '"') != std::string::npos, one);
  CHECK(scene.host.lines_with("quarantined=15").size() == 1);
}

TEST_CASE("a location that a store gives without a text, or beyond 32 bits, is left out of the log") {
  Hostile scene;
  scene.publish({"one"});
  CHECK_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "nowhere"}) == 0, scene.host.output());
  CHECK(scene.consumer()["ack_floor"]["stream_seq"] == 1);
}

TEST_CASE("what a decoder has overwritten of its message is whole in the quarantine") {
  Hostile scene;
  scene.client->publish(1, [](std::size_t) { return Message{"s.a", "parsed in place", {{"Name", "value"}}}; });
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 0, scene.host.output());
  const std::string quarantined = scene.host.text();
  for (const char *part : {"parsed in place", "s.a", "Name", "value"})
    CHECK_MESSAGE(quarantined.find(part) != std::string::npos, quarantined);
}

TEST_CASE("a decoder that changes the sequence of its message does not change the host's") {
  Hostile scene;
  scene.publish({"one", "sequence", "three"});
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 0, scene.host.output());
  CHECK(each_once(scene.host.sequences(), 3));
  CHECK(scene.consumer()["ack_floor"]["stream_seq"] == 3);
}

TEST_CASE("a decoder that asks to wait for a file gets its message again until the file is there, and no message is "
          "quarantined") {
  Hostile scene;
  scene.publish({"one", "wait", "three"});
  const std::string file = scene.host.folder() / "awaited";
  const std::vector<std::string> stages = {"hostile", "ndjson", "file"};
  const std::vector<std::string> flags = {"--max-age", "1s", "--decoder-opt", "awaits=" + file};
  scene.host.start_watched(flags, stages);
  const auto waits = [&] {
    return scene.host.ready().dump().find("the decoder hostile asks to wait") != std::string::npos;
  };
  REQUIRE_MESSAGE(eventually(20s, waits), scene.host.output());
  // Longer than ack_wait, and its block is stored and acked meanwhile.
  REQUIRE(eventually(20s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == 1; }));
  CHECK(scene.host.ready().dump().find("the file is not there") != std::string::npos);
  CHECK(http_get(scene.host.address(), "/healthz").status == 200);
  scene.host.program().signal(SIGTERM);
  REQUIRE_MESSAGE(scene.host.program().wait(20s) == 1, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("returned=2").size() == 1, scene.host.output());

  scene.host.start_watched(flags, stages);
  REQUIRE(eventually(20s, waits));
  write_file(file, "");
  REQUIRE(eventually(20s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == 3; }));
  CHECK_MESSAGE(scene.host.lines_with("a stage asks to wait").size() == 1, scene.host.output());
  CHECK(scene.host.lines_with("the message that waited for a stage went its way").size() == 1);
  CHECK(scene.host.lines_with("quarantine").empty());
  CHECK(each_once(scene.host.sequences(), 3));
}

// On a disk the journal's two fsyncs for each block take nearly all of the time: 100,000 blocks are stored in some
// three seconds without.
TEST_CASE("a message with a hundred thousand keys is captured, and acked once") {
  const FoldersInMemory in_memory;
  Hostile scene;
  scene.publish({"many keys"});
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "hole"}) == 0, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("blocks=100000").size() == 1, scene.host.output());
  CHECK(scene.consumer()["ack_floor"]["stream_seq"] == 1);
}

TEST_CASE("a C++ writer whose mark, rollback or pending throws ends the capture with that function's name") {
  for (const char *where : {"mark", "rollback", "pending"}) {
    SUBCASE(where) {
      Hostile scene;
      scene.publish({"one", "bad", "three"});
      CHECK_MESSAGE(scene.host.run({"--once", "--max-age", "1s", "--writer-opt", std::string("where=") + where},
                                   {"message", "throwing", "file"}) == 3,
                    scene.host.output());
      const auto lines = scene.host.lines_with(std::string(where) + "()");
      REQUIRE_MESSAGE(lines.size() >= 1, scene.host.output());
      CHECK_MESSAGE(lines.front().find("no memory for it") != std::string::npos, scene.host.output());
      CHECK(scene.host.run(once) == 0);
      CHECK_MESSAGE(scene.host.sequences().contains(3), scene.host.output());
    }
  }
}
