// A store that works again after an outage.
#include "faults/scene.hpp"

#include <csignal>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("after an outage of the store all that waits is stored at once") {
  Scene scene(1h);
  // Three blocks fail once, and wait for their next try for ten minutes; then the store works.
  scene.client->publish(300, over_three_subjects);
  scene.host.start_watched({"--max-age", "2s", "--retry-min", "10m", "--retry-max", "10m", "--plugin-dir",
                            JETCAPTURE_HARD_PLUGINS, "--store-opt", "root=" + scene.host.root(), "--store-opt",
                            "failures=3"},
                           {"message", "ndjson", "moody"});
  REQUIRE_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_store_retries_total") == 3; }),
                  scene.host.output());
  scene.client->publish(1, [](std::size_t) { return Message{"s.later", "later"}; });
  CHECK_MESSAGE(eventually(20s, [&] { return scene.consumer()["ack_floor"]["stream_seq"] == 301; }),
                scene.host.output());
  CHECK(scene.host.lines_with("works again").size() == 1);
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 301));
}
