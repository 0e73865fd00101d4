// A whole capture (the real one, with its threads, its journal and its files) against a fake server and a clock that
// runs at the speed at which the capture gets on, for hours of a busy life.
//
// Each hour: messages of changing keys, some filtered, some of several keys, some that can't be decoded; deleted
// messages; acks that the server forgets; reconnects; a stream that loses its end; messages that are returned; a host's
// clock that steps. In two hours of six the store fails. An hour ends with a few quiet minutes, in which all is stored
// and acked, and then it is measured what the capture has.
#pragma once

#include "support/flatness.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

namespace jetcapture::test {

class SimulatedDay {
public:
  struct Plan {
    unsigned hours = 24;
    std::uint64_t seed = 1;
    std::uint64_t messages_an_hour = 20'000;
    std::filesystem::path folder; // of the state
  };
  explicit SimulatedDay(const Plan &plan);
  ~SimulatedDay();

  // On the calling thread, which is the capture's. Throws std::runtime_error: the capture ended, or does not get on.
  std::vector<Sample> run();

  // What is measured, in the order of Sample::figures.
  static const std::vector<Figure> &figures();

  // What has happened, to see that it has.
  struct Happened {
    std::uint64_t messages = 0;
    std::uint64_t filtered = 0;
    std::uint64_t quarantined = 0;
    std::uint64_t redeliveries = 0;
    std::uint64_t blocks = 0;
    std::uint64_t store_failures = 0;
    std::uint64_t spooled_bytes = 0;
    std::uint64_t generations = 0;
    std::uint64_t unstored = 0; // messages that are not stored and acked in the end
  };
  Happened happened() const;

private:
  class World;
  std::unique_ptr<World> world_;
};

} // namespace jetcapture::test
