// A store that works again after an outage.
#include "faults/scene.hpp"

#include <csignal>
#include <deque>

using namespace jetcapture::test;
using namespace std::chrono_literals;

TEST_CASE("after an outage of the store all that waits is stored at once") {
  Scene scene(each_delivery(), 1h);
  // Three blocks fail once, and wait for their next try for ten minutes; then the store works.
  scene.client->publish(300, over_three_subjects);
  const std::vector<std::string> flags =
      scene.flags({"--max-age", "2s", "--retry-min", "10m", "--retry-max", "10m", "--plugin-dir",
                   JETCAPTURE_HARD_PLUGINS, "--store-opt", "root=" + scene.host.root()});
  std::deque<InTheWay> in_the_way;
  if (scene.delivery == Delivery::shared) {
    std::vector<std::string> moody = flags;
    moody.insert(moody.end(), {"--store-opt", "failures=3"});
    scene.host.start_watched(moody, {"message", "ndjson", "moody"});
  } else { // needs a store that keeps manifests
    for (const char *key : {"s.0", "s.1", "s.2"})
      in_the_way.emplace_back(scene.host, key);
    scene.host.start_watched(flags);
  }
  REQUIRE_MESSAGE(eventually(20s, [&] { return scene.host.metric("jetcapture_store_retries_total") == 3; }),
                  scene.host.output());
  in_the_way.clear();
  scene.client->publish(1, [](std::size_t) { return Message{"s.later", "later"}; });
  CHECK_MESSAGE(eventually(20s, [&] { return scene.has_stored(301); }), scene.host.output());
  CHECK(eventually(5s, [&] { return scene.host.lines_with("works again").size() == 1; }));
  scene.host.program().signal(SIGTERM);
  CHECK(scene.host.program().wait(20s) == 0);
  CHECK(each_once(scene.host.sequences(), 301));
}
