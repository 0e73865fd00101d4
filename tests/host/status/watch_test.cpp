// When the watch thread asks the server.
#include "status/watch.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace std::chrono_literals;

namespace {

Snapshot quiet() {
  Snapshot snapshot;
  snapshot.consumer_known = true;
  return snapshot;
}

} // namespace

TEST_CASE("the server is asked less often only while nothing comes or waits or is on its way") {
  CHECK(pause_before_question(quiet()) == 5s);
  Snapshot busy = quiet();
  SUBCASE("a message came in the last seconds") {
    busy.messages_per_second = 0.2;
  }
  SUBCASE("a message waits in the stream") {
    busy.lag_messages = 1;
  }
  SUBCASE("a message is in flight here") {
    busy.in_flight = 1;
  }
  SUBCASE("a message is not acked, at whichever host") {
    busy.not_acked = 1;
  }
  SUBCASE("an ack is on its way") {
    busy.delivery.acks_outstanding = 1;
  }
  CHECK(pause_before_question(busy) == 2s);
}

TEST_CASE("a server that has not answered is asked again soon") {
  CHECK(pause_before_question(Snapshot()) == 1s);
}
