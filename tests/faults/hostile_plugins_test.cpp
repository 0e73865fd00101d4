// Plug-ins that break the ABI: the capture ends with a sentence or keeps the message aside, and loses nothing.
#include "faults/scene.hpp"

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

TEST_CASE("a part of a key with a size and no text ends the capture with a sentence") {
  Hostile scene;
  scene.publish({"one", "size without text"});
  CHECK_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 3, scene.host.output());
  CHECK(scene.host.lines_with("a part of a key with a size, and no text").size() >= 1);
  CHECK(scene.host.run(once) == 0);
  CHECK_MESSAGE(scene.host.sequences().contains(2), scene.host.output());
}

TEST_CASE("a decoder that changes the sequence of its message does not change the host's") {
  Hostile scene;
  scene.publish({"one", "sequence", "three"});
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "file"}) == 0, scene.host.output());
  CHECK(each_once(scene.host.sequences(), 3));
  CHECK(scene.consumer()["ack_floor"]["stream_seq"] == 3);
}

TEST_CASE("a message with twenty thousand keys is captured, and acked once") {
  Hostile scene;
  scene.publish({"many keys"});
  REQUIRE_MESSAGE(scene.host.run(once, {"hostile", "ndjson", "hole"}) == 0, scene.host.output());
  CHECK_MESSAGE(scene.host.lines_with("blocks=20000").size() == 1, scene.host.output());
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
      CHECK_MESSAGE(scene.host.lines_with(std::string(where) + "() failed, which it must not: no memory").size() >= 1,
                    scene.host.output());
      CHECK(scene.host.run(once) == 0);
      CHECK_MESSAGE(scene.host.sequences().contains(3), scene.host.output());
    }
  }
}
