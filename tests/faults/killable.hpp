// A capture of messages over three subjects by a host that can be killed at a fault point.
#pragma once

#include "capture/host.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstddef>
#include <string>
#include <vector>

namespace jetcapture::test {

struct Killable {
  Server server;
  Client client{server.url()};
  Host host{server};

  explicit Killable(std::size_t messages) {
    client.make_stream("S", {"s.>"});
    make_consumer();
    client.publish(messages, over_three_subjects);
  }
  void make_consumer() { client.make_consumer("S", "C", {{"ack_wait", 4'000'000'000}, {"max_ack_pending", 100000}}); }
  std::vector<std::string> flags() const { return {"--once", "--max-age", "2s", "--max-messages", "100"}; }

  void killed_at(const std::string &point) {
    host.binary = JETCAPTURE_FAULTS_BINARY;
    host.environment["JETCAPTURE_FAULT_POINT"] = point;
    CHECK_MESSAGE(host.run(flags()) == 128 + SIGKILL, point, ": ", host.output());
    host.binary = JETCAPTURE_BINARY;
    host.environment["JETCAPTURE_FAULT_POINT"] = "";
  }
};

} // namespace jetcapture::test
