// Threads that can't be started.
#include "capture/host.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::test;

TEST_CASE(
    "a thread that can't be started, whosever it is, ends the host at once with exit status 2 and the limit's name") {
  constexpr int more_than_all = 60;
  Server server;
  Client client(server.url());
  client.make_stream("S", {"s.>"});
  client.publish(5, over_three_subjects);
  Host host(server);
  host.environment["LD_PRELOAD"] = JETCAPTURE_FAILING_THREADS;
  int first = 1;
  for (; first < more_than_all; first++) {
    CAPTURE(first);
    host.environment["JETCAPTURE_THREAD_FAILS"] = std::to_string(first);
    host.consumer = "C" + std::to_string(first);
    host.start({"--create-consumer", "--once", "--pipelines", "2", "--listen", "127.0.0.1:0"});
    const auto status = host.program().wait(std::chrono::seconds(20));
    REQUIRE_MESSAGE(status.has_value(), "the host hangs; it printed: ", host.output());
    if (*status == 0)
      break;
    CHECK(*status == 2);
    CHECK_MESSAGE(host.lines_with("a thread can't be started").size() == 1, host.output());
    CHECK_MESSAGE(host.lines_with("raise the limit of processes").size() == 1, host.output());
  }
  // The host's own and those of the NATS library.
  CHECK(first > 15);
  CHECK(first < more_than_all);
}
