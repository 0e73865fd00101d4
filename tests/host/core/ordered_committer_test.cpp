// Ordered delivery without processes: the floor, and what runs and owners that follow each other leave.
#include "commit/floor.hpp"
#include "host/core/random_runs.hpp"
#include "host/core/random_takeovers.hpp"

#include <doctest/doctest.h>

using namespace jetcapture::host;
using namespace jetcapture::test;

TEST_CASE("the floor is below the first message of each block that is not done") {
  Floor floor(10);
  CHECK(floor.value() == 10);
  floor.begins(1, 11);
  floor.begins(2, 13);
  floor.is_through(20);
  CHECK(floor.value() == 10);
  floor.done(1);
  CHECK(floor.value() == 12);
  floor.done(2);
  CHECK(floor.value() == 20);
}

TEST_CASE("a message that comes into a block behind a later one lowers the floor") {
  Floor floor(0);
  floor.begins(1, 7);
  floor.begins(1, 5);
  floor.is_through(9);
  CHECK(floor.value() == 4);
  floor.done(1);
  CHECK(floor.value() == 9);
}

TEST_CASE("messages in no block hold the floor until they are recorded, also those that come meanwhile") {
  Floor floor(0);
  floor.waits(3);
  floor.is_through(9);
  CHECK(floor.value() == 2);
  floor.begins_to_record();
  CHECK(floor.value() == 2);
  floor.waits(6);
  floor.recorded();
  CHECK(floor.value() == 5);
  floor.begins_to_record();
  floor.recorded();
  CHECK(floor.value() == 9);
}

TEST_CASE("the floor never passes a message with which the capture ended") {
  Floor floor(0);
  floor.stays(4);
  floor.stays(6);
  floor.is_through(9);
  CHECK(floor.value() == 3);
}

TEST_CASE("in any order of takeovers, kills, late puts, lost answers and vanishing messages each part is in one done "
          "line") {
  run_orders([](std::uint64_t seed) { return RandomTakeovers({seed, false}); });
}

TEST_CASE("where the stream loses its end too, what it has then is captured once") {
  run_orders([](std::uint64_t seed) { return RandomTakeovers({seed, true}); });
}

// Each takes longer, since a host that begins reads several chains.
constexpr std::uint64_t orders_in_claims = usual_orders / 10;

TEST_CASE("with claims several hosts work at once, and each part is in one done line") {
  run_orders([](std::uint64_t seed) { return RandomTakeovers({seed, false, 3 + seed % 6}); }, orders_in_claims);
}

TEST_CASE("with claims too, what the stream has once it has lost its end is captured once") {
  run_orders([](std::uint64_t seed) { return RandomTakeovers({seed, true, 3 + seed % 6}); }, orders_in_claims);
}
