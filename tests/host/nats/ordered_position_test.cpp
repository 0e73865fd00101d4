#include "nats/ordered_position.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace jetcapture::host;
using Verdict = OrderedPosition::Verdict;

namespace {

const std::string created = "2026-11-01T00:00:00Z";
constexpr std::int64_t moment = 1'000;

StreamState stream(std::uint64_t first, std::uint64_t last, const std::string &of = created) {
  StreamState state;
  state.created = of;
  state.first_sequence = first;
  state.last_sequence = last;
  return state;
}

} // namespace

TEST_CASE("messages of one consumer are given in their order and counted, gaps of the stream included") {
  OrderedPosition position(10);
  position.begin_consumer();
  CHECK(position.see(1, 11) == Verdict::next);
  CHECK(position.see(2, 12) == Verdict::next);
  CHECK(position.see(3, 40) == Verdict::next);
  CHECK(position.last() == 40);
  CHECK(position.given() == 3);
}

TEST_CASE("a jump in the consumer's own count is a loss, and leaves the position where it was") {
  OrderedPosition position(0);
  position.begin_consumer();
  CHECK(position.see(1, 1) == Verdict::next);
  CHECK(position.see(3, 3) == Verdict::lost);
  CHECK(position.last() == 1);
  position.begin_consumer();
  CHECK(position.see(1, 2) == Verdict::next);
}

TEST_CASE("the first message of a new consumer counts: one that begins later has lost what was before it") {
  OrderedPosition position(0);
  position.begin_consumer();
  CHECK(position.see(2, 2) == Verdict::lost);
}

TEST_CASE("a consumer that begins too early gives what was given already, and that is not given again") {
  OrderedPosition position(5);
  position.begin_consumer();
  CHECK(position.see(1, 4) == Verdict::old);
  CHECK(position.see(2, 5) == Verdict::old);
  CHECK(position.see(3, 6) == Verdict::next);
  CHECK(position.given() == 1);
}

TEST_CASE("a heartbeat that tells of more than has come shows a lost tail") {
  OrderedPosition position(100);
  position.begin_consumer();
  CHECK_FALSE(position.has_lost_tail(std::nullopt));
  CHECK_FALSE(position.has_lost_tail(Delivered{0, 100}));
  CHECK(position.has_lost_tail(Delivered{1, 101}));
  position.see(1, 101);
  CHECK_FALSE(position.has_lost_tail(Delivered{1, 101}));
  // It is older than the last message.
  position.see(2, 102);
  CHECK_FALSE(position.has_lost_tail(Delivered{1, 101}));
}

TEST_CASE("a stream that still has the last message is the same, whatever it says of its creation") {
  CHECK(continuity_of({7, moment}, created, stream(1, 9), moment) == Continuity::same);
  CHECK(continuity_of({7, moment}, created, stream(1, 9, "2026-11-02T00:00:00Z"), moment) == Continuity::same);
}

TEST_CASE("a stream without the last message is the same one where limits or a deletion may have removed it") {
  CHECK(continuity_of({7, moment}, created, stream(8, 9), std::nullopt) == Continuity::same);
  CHECK(continuity_of({7, moment}, created, stream(8, 7), std::nullopt) == Continuity::same); // purged
  CHECK(continuity_of({7, moment}, created, stream(1, 9), std::nullopt) == Continuity::same);
}

TEST_CASE("a stream that ends before the last message, or has another one there, has lost its end") {
  CHECK(continuity_of({7, moment}, created, stream(1, 6), std::nullopt) == Continuity::lost_its_end);
  CHECK(continuity_of({7, 0}, created, stream(1, 6), std::nullopt) == Continuity::lost_its_end);
  CHECK(continuity_of({7, moment}, created, stream(1, 9), moment + 1) == Continuity::lost_its_end);
}

TEST_CASE("a stream that was created at another time and does not have the last message is another one") {
  const std::string later = "2026-11-02T00:00:00Z";
  CHECK(continuity_of({7, moment}, created, stream(1, 9, later), moment + 1) == Continuity::another);
  CHECK(continuity_of({7, moment}, created, stream(1, 6, later), std::nullopt) == Continuity::another);
  CHECK(continuity_of({}, created, stream(1, 9, later), std::nullopt) == Continuity::another);
}

TEST_CASE("nothing is known of a stream of which nothing was read") {
  CHECK(continuity_of({}, created, stream(1, 0), std::nullopt) == Continuity::same);
}

TEST_CASE("a position that is read while messages are given always has its own count") {
  SharedPosition position(5);
  CHECK(position.read().sequence == 5);
  CHECK(position.read().count == 0);
  constexpr std::uint64_t last = 200'000;
  std::thread writer([&] {
    for (std::uint64_t count = 1; count <= last; count++)
      position.publish(3 * count, count);
  });
  std::uint64_t torn = 0;
  for (SharedPosition::Value value; value.count < last;) {
    value = position.read();
    torn += value.count > 0 && value.sequence != 3 * value.count ? 1 : 0;
  }
  writer.join();
  CHECK(torn == 0);
}
